import { Aws } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { carriedTexts } from '../../lib/boot/carried-texts';
import { LateBoundValues } from '../../lib/boot/late-bound-values';
import { packedDocument } from '../../lib/boot/pack';
import { checkUserDataSize, userDataText } from '../../lib/boot/user-data';
import { gateway, testStack, userDataOf } from '../gateway';

test('is a bash script without its comments', () => {
  const text = userDataText(new LateBoundValues(), '{}');
  expect(text.startsWith('#!/bin/bash\n')).toBe(true);
  expect(text.split('\n').filter(line => line.startsWith('#'))).toHaveLength(1);
  const checked = spawnSync('bash', ['-n'], { input: text });
  expect([checked.status, String(checked.stderr)]).toEqual([0, '']);
});

test('carries the document, whatever is in it', () => {
  const document = '{"a":"$& $1 $$ é 漢",\n"b":"CARBON_CLUSTER_NODE"}';
  expect(carriedTexts(userDataText(new LateBoundValues(), document))).toEqual({ values: '', document });
});

test('what carries a document has the same bytes on every machine', () => {
  expect(packedDocument('{"a":1}\n'.repeat(20))).toMatchInlineSnapshot(`"H4sIAAAAAAACA6tWSlSyMqzlGqw0ANfVO3agAAAA"`);
});

test('what only CloudFormation can fill in is refused inside the document', () => {
  expect(() => userDataText(new LateBoundValues(), `{\n"product":"${Aws.REGION}"}`))
    .toThrow('"product":"<${Token[AWS.Region.');
});

test('other user data carries nothing', () => {
  expect(carriedTexts('#!/bin/bash\nyum update -y\n')).toBeUndefined();
});

test('counts what late-bound values may become', () => {
  const ref = { Ref: 'Thing' };
  const text = (count: number): unknown => ({ 'Fn::Base64': { 'Fn::Join': ['', ['x'.repeat(16384 - 222), ...Array(count).fill(ref)]] } });
  expect(checkUserDataSize('Path', text(2))).toEqual([]);
  expect(checkUserDataSize('Path', text(3))).toEqual([expect.stringMatching(/^user data of Path may become 16495 bytes, EC2 takes 16384/)]);
});

test('an address is no longer than an address', () => {
  const text = (count: number): unknown => ({ 'Fn::Join': ['', ['x'.repeat(16384 - 30), ...Array(count).fill({ 'Fn::GetAtt': ['Interface', 'PrimaryPrivateIpAddress'] })]] });
  expect(checkUserDataSize('Path', text(2))).toEqual([]);
  expect(checkUserDataSize('Path', text(3))).toEqual([expect.stringMatching(/list fewer well-known members/)]);
});

test('counts bytes, not characters', () => {
  expect(checkUserDataSize('Path', 'é'.repeat(8193))).toHaveLength(1);
});

test('names every secret by ARN and holds no value of one', () => {
  const stack = testStack();
  gateway(stack);
  const text = userDataOf(Template.fromStack(stack), 'Workers');
  expect(text).not.toMatch(/resolve:secretsmanager|SecretAccessKey|MasterUserPassword/);
  expect(text).toMatch(/^Wso2amDbSecret=<\{"Ref":/m);
});

describe('on a machine whose AWS CLI and metadata are stand-ins', () => {
  let folder: string;
  const python = spawnSync('sh', ['-c', 'command -v python3'], { encoding: 'utf8' }).stdout.trim();

  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'user-data-')); });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** What the user data asked the AWS CLI for, where the stand-in is a bash function's body with the number of the call in $calls. */
  function run(aws: string): { calls: string[]; status: number | null; waited: number } {
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    const values = new LateBoundValues();
    Object.entries({ StackId: 'arn:stack', SignalResource: 'Group', Region: 'eu-west-1', ProgramsBucket: 'assets', ProgramsKey: 'key.zip' })
      .forEach(([name, value]) => values.name(name, value));
    const program = (name: string, body: string): void => writeFileSync(join(bin, name), `#!/bin/bash\n${body}\n`, { mode: 0o755 });
    const calls = join(folder, 'calls');
    writeFileSync(calls, '');
    program('aws', `echo "$*" >> ${calls}\ncalls=$(grep -c '^s3' ${calls})\n${aws}`);
    program('curl', 'echo i-0123');
    // Time goes on while something sleeps only.
    writeFileSync(join(folder, 'uptime'), '100.00 1.00\n');
    program('sleep', `echo "$(($(cut -d. -f1 ${folder}/uptime) + $1)).00 1.00" > ${folder}/uptime.new && mv ${folder}/uptime.new ${folder}/uptime`);
    program('python3', `[ "$1" != -c ] || exec ${python} "$@"`);
    const script = userDataText(values, '{"health":{"seconds":900}}').replace(/\/opt\/carbon-cluster|\/var\/log\/carbon-cluster/g, folder)
      .replaceAll('/proc/uptime', join(folder, 'uptime'));
    const { status } = spawnSync('bash', { input: script, env: { ...process.env, PATH: `${bin}:${process.env.PATH}` } });
    const waited = Number(readFileSync(join(folder, 'uptime'), 'utf8').split('.')[0]) - 100;
    return { calls: readFileSync(calls, 'utf8').split('\n').slice(0, -1), status, waited };
  }

  const signals = (calls: string[]): string[] => calls.filter(each => each.startsWith('cloudformation')).map(each => / --unique-id (\S+)/.exec(each)![1]);

  test('the programs are fetched again when S3 refuses a role that it does not know yet', () => {
    const { calls, status } = run('[ "$calls" -ge 3 ]');
    expect([status, calls.length]).toEqual([0, 3]);
  });

  test('S3 is waited for while it is away, and no longer than the boot may take', () => {
    const away = 'echo "fatal error: Could not connect to the endpoint URL" >&2; exit 1';
    expect(run(`[ "$calls" -ge 20 ] || { ${away}; }`)).toMatchObject({ status: 0, calls: { length: 20 } });
    rmSync(join(folder, 'bin'), { recursive: true });
    const { calls, status, waited } = run(`[ $1 = cloudformation ] || { ${away}; }`);
    expect([status, signals(calls)]).toEqual([1, ['i-0123:bootstrap']]);
    expect(waited).toBeGreaterThan(900 - 60);
    expect(waited).toBeLessThan(900);
  });

  test('an object that S3 refuses, which may not exist, is given up after a minute', () => {
    const { status, waited } = run('[ $1 = cloudformation ] || { echo "fatal error: An error occurred (403) when calling the HeadObject operation: Forbidden" >&2; exit 1; }');
    expect(status).toBe(1);
    expect(waited).toBeLessThan(60);
  });

  test('the boot programs are told when the user data began', () => {
    expect(userDataText(new LateBoundValues(), '{}')).toContain('export CARBON_CLUSTER_BEGAN');
  });

  test('a failure before the programs run is signalled, and once more under the plain instance id where that is refused', () => {
    expect(signals(run('[[ $1 = cloudformation ]]').calls)).toEqual(['i-0123:bootstrap']);
    rmSync(join(folder, 'bin'), { recursive: true });
    const { calls, status } = run('[[ $1 = cloudformation && $* != *:bootstrap* ]]');
    expect([signals(calls), status]).toEqual([['i-0123:bootstrap', 'i-0123'], 1]);
  });
});
