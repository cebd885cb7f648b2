import { ACTIONS } from '../../bin/commands/verify/actions';
import { DENIED_TO_ALL, DENIED_TO_THE_KEY } from '../../bin/commands/verify/denied-actions';
import { State } from '../../bin/commands/verify/finding';
import { Verification } from '../../bin/commands/verify/verify';
import { verify } from '../../bin/commands/with-aws';
import { carbonCluster, folderWith } from './command-line';

jest.mock('../../bin/commands/with-aws', () => ({ verify: jest.fn() }));

const verification = jest.mocked(verify);

function answer(...states: readonly State[]): void {
  verification.mockResolvedValue({
    stack: { name: 'Gateway', id: 'arn:aws:cloudformation:eu-west-1:111111111111:stack/Gateway/1', status: 'CREATE_COMPLETE', account: '111111111111', region: 'eu-west-1' },
    clusters: [{
      name: 'Gateway/Cluster',
      groups: [{ name: 'Workers', title: 'WSO2 API Manager 2.2.0 gateway-worker', hazelcast: '3.5.4', membershipScheme: 'aws', instances: ['i-1', 'i-2'] }],
      findings: states.map((state, index) => ({ check: 'targets', what: `group ${index}`, state, detail: `why ${state}` })),
    }],
  });
}

beforeEach(() => verification.mockReset());

test.each<[string, readonly State[], number]>([
  ['everything passed', ['passed', 'passed'], 0],
  ['a warning is no failure', ['passed', 'warning'], 0],
  ['something failed', ['passed', 'failed'], 1],
  ['what failed goes before what was not answered', ['not answered', 'failed'], 1],
  ['what was not answered has not passed', ['passed', 'warning', 'not answered'], 4],
])('exit code: %s', async (_, states, code) => {
  answer(...states);
  expect((await carbonCluster(['verify', 'Gateway'])).code).toBe(code);
  expect((await carbonCluster(['verify', 'Gateway', '--json'])).code).toBe(code);
});

test('the table has check, thing, state and detail', async () => {
  answer('passed', 'not answered', 'failed');
  expect((await carbonCluster(['verify', 'Gateway'])).output).toBe([
    'Gateway in eu-west-1 of account 111111111111: CREATE_COMPLETE',
    '',
    'Gateway/Cluster: Workers 2 x WSO2 API Manager 2.2.0 gateway-worker (Hazelcast 3.5.4)',
    'targets  group 0  passed        why passed',
    'targets  group 1  not answered  why not answered',
    'targets  group 2  failed        why failed',
    '',
    '1 passed, 1 failed, 0 warning, 1 not answered',
    '',
  ].join('\n'));
});

test('text of a service cannot talk to the terminal', async () => {
  answer('failed');
  const { stack, clusters: [cluster] } = await verification({} as never) as Verification;
  const finding = { check: 'discovery', what: 'x', state: 'failed' as const, detail: 'i-1 (\u001b[31mstray) is found' };
  verification.mockResolvedValue({ stack, clusters: [{ ...cluster, findings: [finding] }] });
  expect((await carbonCluster(['verify', 'Gateway'])).output).toContain('i-1 (\\x1b[31mstray) is found');
});

test('JSON is for programs, with a summary', async () => {
  answer('passed', 'not answered');
  expect(JSON.parse((await carbonCluster(['verify', 'Gateway', '--json'])).output)).toMatchObject({
    stack: { name: 'Gateway', region: 'eu-west-1' },
    clusters: [{ name: 'Gateway/Cluster', findings: [{ check: 'targets', what: 'group 0', state: 'passed', detail: 'why passed' }, { state: 'not answered' }] }],
    summary: { passed: 1, failed: 0, warning: 0, 'not answered': 1 },
  });
});

test.each<[string, readonly string[], NodeJS.ProcessEnv, object]>([
  ['every option', ['--cluster', 'Gateway/Cluster', '--region', 'eu-west-1'], { AWS_REGION: 'us-east-1' }, { cluster: 'Gateway/Cluster', region: 'eu-west-1' }],
  ['the region of the environment', [], { AWS_REGION: 'us-east-2', AWS_DEFAULT_REGION: 'us-east-1' }, { region: 'us-east-2' }],
  ['the region that other tools read', [], { AWS_DEFAULT_REGION: 'us-east-1' }, { region: 'us-east-1' }],
  ['no region, which the profile may say', [], {}, { region: undefined }],
])('hands over %s', async (_, options, environment, request) => {
  answer('passed');
  await carbonCluster(['verify', 'Gateway', ...options], { environment });
  expect(verification).toHaveBeenCalledWith(expect.objectContaining({ stack: 'Gateway', ...request }));
});

test('reads construct paths from a cloud assembly where the stack was deployed without', async () => {
  answer('passed');
  const assembly = folderWith({
    'G.template.json': JSON.stringify({ Resources: { Template1: {}, Twice: {} } }),
    'GNested.nested.template.json': JSON.stringify({ Resources: { Once: {}, Twice: {} } }),
    'manifest.json': JSON.stringify({ artifacts: { G: {
      type: 'aws:cloudformation:stack',
      properties: { templateFile: 'G.template.json', stackName: 'Gateway' },
      metadata: {
        '/G/Cluster/Workers/LaunchTemplate/Resource': [{ type: 'aws:cdk:logicalId', data: 'Template1' }],
        '/G/Other': [{ type: 'aws:cdk:logicalId', data: 'Twice' }],
        '/G/Nested/A': [{ type: 'aws:cdk:logicalId', data: 'Once' }],
        '/G/Nested/B': [{ type: 'aws:cdk:logicalId', data: 'Twice' }],
      },
    } } }),
  });
  await carbonCluster(['verify', 'Gateway', '--assembly', assembly]);
  const { pathOf } = verification.mock.calls[0][0];
  expect(['Template1', 'Once', 'Twice', 'Other'].map(pathOf)).toEqual(['G/Cluster/Workers/LaunchTemplate/Resource', 'G/Nested/A', undefined, undefined]);
  expect(await carbonCluster(['verify', 'Gateway', '--assembly', 'nowhere'])).toMatchObject({ code: 2, errors: expect.stringContaining('nowhere is no folder') });
  expect(await carbonCluster(['verify', 'Portal', '--assembly', assembly]))
    .toMatchObject({ code: 2, errors: `carbon-cluster: ${assembly} has no stack Portal: name the cloud assembly that it was deployed from\n` });
});

test.each([2, 4])('a refusal ends with its sentence and the code %d', async exitCode => {
  verification.mockResolvedValue({ refusal: 'there is no stack Gateway', exitCode });
  expect(await carbonCluster(['verify', 'Gateway'])).toEqual({ code: exitCode, output: '', errors: 'carbon-cluster: there is no stack Gateway\n' });
});

test('a stack must be named', async () => {
  expect(await carbonCluster(['verify'])).toMatchObject({ code: 2, output: '', errors: expect.stringContaining("missing required argument 'stack'") });
  expect(verification).not.toHaveBeenCalled();
});

test('the calls only read, no value of a secret is among them, and the help names each', async () => {
  expect(ACTIONS.filter(each => !/^[a-z0-9]+:(Describe|List|Get|Filter|Simulate)[A-Za-z]+$/.test(each))).toEqual([]);
  expect(ACTIONS.filter(each => /Secret|Decrypt|Parameter$/.test(each))).toEqual([]);
  const { output } = await carbonCluster(['verify', '--help']);
  for (const action of ACTIONS) expect(output).toContain(`\n  ${action}\n`);
  for (const code of [0, 1, 2, 4]) expect(output).toMatch(new RegExp(`^  ${code}  `, 'm'));
  expect((await carbonCluster(['--help'])).output).toMatch(/verify .*what is deployed, against what a cluster needs/);
});

test('what nobody of the cluster may do is a wide sample', () => {
  const services = new Set(DENIED_TO_ALL.map(each => each.split(':')[0]));
  expect(DENIED_TO_ALL.length).toBeGreaterThanOrEqual(60);
  expect(services.size).toBeGreaterThanOrEqual(15);
  expect(new Set(DENIED_TO_THE_KEY).size).toBe(DENIED_TO_THE_KEY.length);
  expect(DENIED_TO_THE_KEY.filter(each => !/^[a-z0-9-]+:[A-Z][A-Za-z]+$/.test(each))).toEqual([]);
  expect(DENIED_TO_THE_KEY).not.toContain('ec2:DescribeInstances');
});
