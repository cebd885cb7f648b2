/** The facts end, and the library uses what they say. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { EXAMPLES, example, ROOT } from '../examples/example';
import { gateway } from '../gateway';

const FACTS = JSON.parse(readFileSync(join(ROOT, 'lib/facts/aws-facts.json'), 'utf8'));
const used = (id: string): any => FACTS.used.find((each: any) => each.id === id);
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

function check(...args: string[]): { code: number | null; lines: string[] } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'tools/check-facts.js'), ...args], { encoding: 'utf8' });
  return { code: status, lines: `${stdout}${stderr}`.trim().split('\n') };
}

const about = (lines: string[], id: string): string[] => lines.filter(each => each.includes(`: ${id} (`)).map(each => each.split(':')[0]);

/** The day that is so many days after another. */
function later(day: string, days: number): string {
  return new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);
}

test.each<[string, any]>(FACTS.used.map((each: any) => [each.id, each]))('%s expires with a warning sixty days before, and fails afterwards', (id, { expires }) => {
  expect(about(check('--today', later(expires, -61)).lines, id)).toEqual([]);
  expect(about(check('--today', later(expires, -60)).lines, id)).toEqual(['expires in 60 days']);
  expect(about(check('--today', expires).lines, id)).toEqual(['expires in 0 days']);
  const after = check('--today', later(expires, 1));
  expect(about(after.lines, id)).toEqual(['expired']);
  expect(after.code).toBe(1);
});

test('a warning is no failure', () => {
  const first = FACTS.used.map((each: any) => each.expires).sort()[0];
  expect(check('--today', first)).toMatchObject({ code: 0, lines: expect.arrayContaining([expect.stringMatching(/^expires in 0 days: /)]) });
  expect(check('--today', '2026-11-30')).toEqual({ code: 0, lines: ['no fact expires within 60 days of 2026-11-30'] });
});

test('facts that nobody has checked for long are named', () => {
  expect(check('--today', '2028-01-01').lines).toContainEqual(expect.stringMatching(/^not checked since \d{4}-\d\d-\d\d: generated\. Source: cfn-lint/));
});

test.each(['soon', '2027-13-01', '2027-8-1'])('--today %s is wrong usage', today => {
  expect(check('--today', today)).toEqual({ code: 2, lines: [`--today must be a date such as 2027-08-01, got ${today}`] });
});

test('each fact has a source, a date, and what to do about it', () => {
  for (const fact of FACTS.used) {
    expect(fact).toEqual({
      id: expect.stringMatching(/^[a-z0-9-]+$/), value: expect.stringMatching(/./), what: expect.stringMatching(/./), source: expect.stringMatching(/^https:\/\//),
      then: expect.stringMatching(/./), checked: expect.stringMatching(/^\d{4}-\d\d-\d\d$/), expires: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
    });
  }
  for (const key of ['mysqlMinorEnds', 'parameterValues', 'generated']) {
    expect(FACTS[key]).toMatchObject({ source: expect.stringMatching(/./), checked: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) });
  }
});

describe('the library uses what the facts say', () => {
  const template = Template.fromStack(Stack.of(gateway()));

  test('the default version of the database is the newest of its major version, and ends when the table of versions says', () => {
    const [{ Properties }] = Object.values(template.findResources('AWS::RDS::DBInstance'));
    const { value, expires } = used('rds-mysql-default');
    const major = used('rds-mysql-major').value;
    expect(Properties.EngineVersion).toBe(value);
    expect(FACTS.generated.mysqlVersions.filter((each: string) => each.startsWith(`${major}.`)).pop()).toBe(value);
    expect(FACTS.mysqlMinorEnds.ends[value]).toBe(expires);
    expect(expires < used('rds-mysql-major').expires).toBe(true);
  });

  test('the runtime of the rotation', () => {
    const runtimes = Object.values(template.findResources('AWS::Lambda::Function')).map(each => each.Properties.Runtime);
    expect(runtimes.filter(each => /^nodejs/.test(each))).toContain(used('lambda-runtime').value);
  });

  test('the client of the database', () => {
    expect(read('lib/boot/programs/node_packages.py')).toContain(`"${used('mysql-client-al2023').value}"`);
  });

  test('the versions of Node.js that are supported', () => {
    expect(read('docs/upgrading.md')).toContain(`| Node.js | ${used('nodejs').value} and later`);
  });
});

test.each(EXAMPLES)('every database parameter of %s has a value that RDS lists for its family', name => {
  const groups = Object.values(example(name).template.findResources('AWS::RDS::DBParameterGroup'));
  expect(groups.length).toBe(1);
  for (const { Properties: { Family, Parameters } } of groups) {
    for (const [parameter, value] of Object.entries(Parameters)) {
      const allowed = FACTS.parameterValues.families[Family]?.[parameter];
      expect({ parameter, allowed: allowed?.split(',') }).toEqual({ parameter, allowed: expect.arrayContaining([value]) });
    }
  }
});
