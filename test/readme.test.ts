/** What the README claims of tests and warnings, beside what there is. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..');
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');

function section(heading: string): string {
  const from = readme.indexOf(`## ${heading}\n`);
  return readme.slice(from, readme.indexOf('\n## ', from + 1));
}

/** A title as sources write it: of a test, of a row of a table of tests, or of a method of Python. */
function names(source: string, title: string): boolean {
  const escaped = title.replace(/'/g, "\\'");
  return [`'${escaped}'`, `"${title}"`, `def ${title}(self)`].some(each => source.includes(each));
}

describe('the review', () => {
  const rows = [...section('What reviews of others find').matchAll(/^\| (.+?) \| (.+?) \| \[(\S+)\]\((\S+)\): (.+?) \|$/gm)];

  test('has a row for each weakness', () => {
    const lines = section('What reviews of others find').split('\n').filter(each => each.startsWith('| ')).length - 1;
    expect(rows.length).toBe(lines);
    expect(rows.length).toBeGreaterThan(10);
  });

  test.each(rows.map(([, weakness, , shown, link, title]) => [weakness, shown, link, title]))('%s: %s', (_weakness, shown, link, title) => {
    expect(link).toBe(shown);
    expect(existsSync(join(ROOT, link))).toBe(true);
    expect(names(readFileSync(join(ROOT, link), 'utf8'), title)).toBe(true);
  });

  test('a title that no test has would be found out', () => {
    expect(names(readFileSync(join(__dirname, 'readme.test.ts'), 'utf8'), ['no test', 'of this name'].join(' '))).toBe(false);
  });
});

test('every warning has a row with its id, and no other id has one', () => {
  const sources = readdirSync(join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' }).filter(each => each.endsWith('.ts'))
    .map(each => readFileSync(join(ROOT, 'lib', each), 'utf8'));
  const warnings = new Set(sources.flatMap(each => [...each.matchAll(/'cdk-wso2-cluster:(\w+)'/g)].map(match => match[1])));
  const told = [...section('Choices').matchAll(/^\| `(\w+)` \| /gm)].map(match => match[1]);
  expect(warnings.size).toBeGreaterThan(5);
  expect(told.filter(each => each !== 'id').sort()).toEqual([...warnings].sort());
});
