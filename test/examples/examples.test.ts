import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { testing } from '../../lib';
import { example, EXAMPLES, ROOT } from './example';

expect.addSnapshotSerializer(new testing.TemplateSnapshot());

/** Every line of a guide, in the table of an example's README: what it asks for, how it is done here, and what shows it. */
const CHECKLIST = /^\| ?[^|]*\|[^|]*\| ?(.*?) ?\|$/gm;

describe.each(EXAMPLES)('%s', name => {
  const folder = join(ROOT, 'examples', name);
  const readme = existsSync(join(folder, 'README.md')) ? readFileSync(join(folder, 'README.md'), 'utf8') : '';

  test('is an app of at most 40 lines', () => {
    const lines = readFileSync(join(folder, 'app.ts'), 'utf8').trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(40);
  });

  test('has a README: what it creates, what costs money, what to change', () => {
    for (const part of ['**Creates**', '**Costs money**', '**Change**']) expect(readme).toContain(part);
  });

  test('has a checklist whose every line names a test that there is', () => {
    const shown = [...readme.matchAll(CHECKLIST)].map(match => match[1]).filter(text => text !== 'shown by' && !/^-+$/.test(text));
    expect(shown.length).toBeGreaterThan(0);
    const tests = readFileSync(join(ROOT, 'test', 'examples', `${name}.test.ts`), 'utf8');
    const names = [...tests.matchAll(/^test\('(.*)', \(\) => /gm)].map(match => match[1].replace(/\\'/g, "'"));
    const missing = shown.filter(text => text !== 'rehearsal' && !names.includes(text));
    expect(missing).toEqual([]);
  });

  test('synthesizes to what was reviewed', () => {
    const { templates } = example(name);
    expect(Object.keys(templates).length).toBeGreaterThan(0);
    for (const [file, template] of Object.entries(templates)) expect(template).toMatchSnapshot(file);
  });
});
