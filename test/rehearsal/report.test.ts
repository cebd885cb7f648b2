import { Check, Ledger } from './authorization/ledger';
import { hintFor, makeReport, reportText } from './report';
import { Rehearsal } from './rehearsal';

test.each([
  ['i-0123456789abcdef0:pack:checksum', /checksum/],
  ['i-0123456789abcdef0:pack:not-a-zip', /no product pack/],
  ['i-0123456789abcdef0:pack:layout', /no product pack/],
  ['i-0123456789abcdef0:pack:forbidden', /does not exist, or the role/],
  ['i-0123456789abcdef0:configuration:not-found', /404/],
  ['i-0123456789abcdef0:databases:late', /bootTimeout/],
  ['i-0123456789abcdef0:pack:jdbc-driver', /jdbcDriver/],
  ['i-0123456789abcdef0:pack:disk-full', /rootVolumeSize/],
  // The cause says more than the phase.
  ['i-0123456789abcdef0:databases:ResourceNotFoundException', /secret/],
  ['i-0123456789abcdef0:databases:refused', /administrator/],
  ['i-0123456789abcdef0:configuration:plan', /carbon-cluster render/],
  ['i-0123456789abcdef0:join:service-failed', /stopped by itself/],
  ['i-0123456789abcdef0:health:service-failed', /stopped by itself/],
  ['i-0123456789abcdef0:join:not-joined', /never became a member/],
  ['i-0123456789abcdef0:health:not-healthy', /health port/],
  ['i-0123456789abcdef0:bootstrap', /could not be fetched/],
])('%s has a hint', (failure, hint) => {
  expect(hintFor(failure)).toMatch(hint);
});

test('a failure that nobody foresaw has no hint', () => {
  expect(hintFor('i-0123456789abcdef0:start:OSError')).toBeUndefined();
});

const NOTHING_JUDGED: Ledger = { principals: [], problems: [], checks: [], documents: {}, granted: [] };

interface Given {
  readonly failure?: string;
  readonly members?: Record<string, string[]>;
  readonly status?: number;
  readonly blocked?: object[];
  readonly strayed?: object[];
  readonly bypassed?: number;
  readonly judged?: Partial<Ledger>;
  /** The address that an interface keeps for the second node. */
  readonly kept?: string;
  /** What is particular about a third node, a load balancer. */
  readonly balancer?: object;
}

/** Two nodes that came up, with what the machine room would say of them. */
function rehearsal(given: Given = {}): Rehearsal {
  const node = (id: string, privateIp: string): object => ({
    id, name: `Gateway/${id}`, privateIp, memberIp: (id === 'i-2' && given.kept) || privateIp, loadBalancer: false, domain: 'G', phases: { boot: 1 }, lastLines: ['last'],
  });
  const nodes = new Map<string, object>([['i-1', { ...node('i-1', '10.0.0.1'), failure: given.failure }], ['i-2', node('i-2', '10.0.0.2')]]);
  if (given.balancer) nodes.set('i-9', { ...node('i-9', '10.0.0.9'), ...given.balancer, loadBalancer: true, domain: '' });
  const both = ['10.0.0.1:5701', '10.0.0.2:5701'];
  const answers: Record<string, unknown> = {
    'wait-healthy': [{ instance: 'i-2', loadBalancer: 'L', targetGroup: 'arn:aws:x/G/1', state: 'healthy' }],
    request: { status: given.status ?? 200, instance: 'i-2' },
    summary: { awsCalls: [{ service: 'ec2', action: 'DescribeInstances', principal: 'Role/i-1', calls: 2, failed: 1, bypassed: given.bypassed ?? 0 }], blocked: given.blocked ?? [],
      strayed: given.strayed ?? [] },
  };
  return {
    nodes, times: { deploy: 1 }, standIn: true, internal: false,
    authorizations: async () => ({ ...NOTHING_JUDGED, ...given.judged }),
    command: async (name: string) => answers[name], memberships: async () => new Map(Object.entries(given.members ?? { 'i-1': both, 'i-2': both })),
  } as unknown as Rehearsal;
}

const PATHS = [{ host: 'am.example.com', path: '/', url: 'https://am.example.com/', internal: false, insecure: false, targetGroups: [] }];

test('all well passes', async () => {
  const report = await makeReport(rehearsal(), PATHS);
  expect([report.passed, report.problems]).toEqual([true, []]);
  expect(report.ec2Calls).toEqual([{ service: 'ec2', action: 'DescribeInstances', principal: 'Role', calls: 2, failed: 1 }]);
  expect(reportText(report)).toMatch(/Passed\.$/);
});

test('a member is where its interface keeps an address for it', async () => {
  const members = ['10.0.0.1:4000', '10.0.0.200:4000'];
  const kept = { kept: '10.0.0.200', members: { 'i-1': members, 'i-2': members } };
  expect((await makeReport(rehearsal(kept), PATHS)).problems).toEqual([]);
  expect((await makeReport(rehearsal({ ...kept, members: undefined }), PATHS)).problems.join()).toContain('sees 2 of 2 members: 10.0.0.1, 10.0.0.2');
});

test('no members are expected of a load balancer, nor is it one', async () => {
  const report = await makeReport(rehearsal({ balancer: {} }), PATHS);
  expect(report.problems).toEqual([]);
  const text = reportText(report);
  expect(text.slice(text.indexOf('Members'), text.indexOf('Calls'))).not.toContain('i-9');
  expect(text.slice(0, text.indexOf('Members'))).toContain('Gateway/i-9');
});

test('a load balancer may be a member, as WSO2\'s is', async () => {
  const members = ['10.0.0.1:4000', '10.0.0.2:4000', '10.0.0.9:4500'];
  const given = { members: { 'i-1': members, 'i-2': members } };
  expect((await makeReport(rehearsal({ ...given, balancer: {} }), PATHS)).problems).toEqual([]);
  expect((await makeReport(rehearsal(given), PATHS)).problems.join()).toContain('sees 3 of 2');
});

test('a load balancer that fails does not pass', async () => {
  const report = await makeReport(rehearsal({ balancer: { failure: 'i-9:user-data' } }), PATHS);
  expect(report.problems.join()).toContain('Gateway/i-9 10.0.0.9 failed');
});

const problem = (outcome: 'denied' | 'unjudged'): Ledger['problems'][number] =>
  ({ principal: 'role R', outcome, what: 's3:GetObject on arn:aws:s3:::b/k', reason: 'because no policy allows it', times: 2 });
const WRONG: Check = {
  principal: 'role R', arn: 'arn:aws:iam::123456789012:role/R', session: null, service: null, action: 's3:GetObject', resource: 'arn:aws:s3:::b/k',
  context: {}, identity: [], boundary: [], resourcePolicy: null, ofKey: false, allowed: true, reason: '', calls: 1,
};

test.each([
  ['a node that sees itself only', { members: { 'i-1': ['10.0.0.1:5701'], 'i-2': ['10.0.0.1:5701', '10.0.0.2:5701'] } }, /10\.0\.0\.1 sees 1 of 2 members/],
  ['a stranger among the members', { members: { 'i-1': ['10.0.0.1:5701', '10.0.0.2:5701', '10.0.0.9:5701'], 'i-2': ['10.0.0.1:5701', '10.0.0.2:5701'] } }, /sees 3 of 2/],
  ['a request that is not answered with 200', { status: 503 }, /answered 503/],
  ['a security group that is too narrow', { blocked: [{ from: 'i-1', to: 'i-2', port: 5701 }] }, /kept i-1 from i-2:5701/],
  ['packets that a network drops', { strayed: [{ at: 'i-1', address: '10.0.0.200' }] }, /i-1 sent packets from 10\.0\.0\.200 by another interface/],
  ['a denied call', { judged: { problems: [problem('denied')] } }, /role R was denied s3:GetObject on arn:aws:s3:::b\/k 2 times, because no policy/],
  ['a call that nobody can judge', { judged: { problems: [problem('unjudged')] } }, /nobody can say whether AWS allows role R s3:GetObject on arn:aws:s3:::b\/k 2 times: because/],
  ['a check that another evaluator decides differently', { judged: { checks: [WRONG], documents: {} } }, /s3:GetObject on arn:aws:s3:::b\/k by role R was allowed; iam-simulate says Denied/],
  ['a check of an action that AWS does not have', { judged: { checks: [{ ...WRONG, action: 's3:ReadObject' }] } }, /iam-simulate says an error: .*invalid\.action/],
  ['a call that reached the emulator past the judge', { bypassed: 3 }, /3 calls of ec2:DescribeInstances were not judged/],
  ['a failed node', { failure: 'i-1:pack:checksum', members: { 'i-2': ['10.0.0.2:5701'] } }, /would show i-1:pack:checksum: the checksum beside/],
])('%s does not pass', async (_, given, problem) => {
  const report = await makeReport(rehearsal(given), PATHS);
  expect(report.passed).toBe(false);
  expect(report.problems.join('\n')).toMatch(problem);
});

test('the last lines are of failed nodes only', async () => {
  const text = reportText(await makeReport(rehearsal({ failure: 'i-1:pack:checksum', members: { 'i-2': ['10.0.0.2:5701'] } }), PATHS));
  expect(text).toContain('Last lines of Gateway/i-1 10.0.0.1\n  last');
  expect(text).not.toContain('Last lines of Gateway/i-2');
});

test('what was granted and not used is shown statement by statement, a policy of AWS by the number of its actions', async () => {
  const grant = { principal: 'role R', statement: 1, resources: ['arn:aws:s3:::b/*'], used: ['s3:GetObject'], unusedResources: [] };
  const granted = [{ ...grant, policy: 'Own', byAws: false, unused: ['s3:List*', 's3:GetBucket*'] }, { ...grant, policy: 'Managed', byAws: true, unused: ['a:B', 'a:C'] },
    { ...grant, policy: 'Used', byAws: false, unused: [] }, { ...grant, policy: 'Wide', byAws: false, unused: [], unusedResources: ['arn:aws:s3:::other/*'] }];
  const text = reportText(await makeReport(rehearsal({ judged: { granted } }), PATHS));
  expect(text).toMatch(/role R +Own 1 +s3:List\*, s3:GetBucket\* +s3 b\/\*/);
  expect(text).toMatch(/role R +Managed 1 +2 of 3 actions/);
  expect(text).toMatch(/role R +Wide 1 +s3:GetObject +s3 other\/\*/);
  expect(text).not.toContain('Used 1');
});
