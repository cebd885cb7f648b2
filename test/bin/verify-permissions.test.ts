/**
 * The permissions of `carbon-cluster verify`: the real client against a server that speaks IAM's protocol and simulates by a table.
 * (The emulator has no simulation.) The node is that of the gateway, as synthesized.
 */
import { createServer, IncomingMessage, Server } from 'node:http';
import { AddressInfo } from 'node:net';
import { Template } from 'aws-cdk-lib/assertions';
import { Api } from '../../bin/commands/verify/api';
import { Cluster } from '../../bin/commands/verify/cluster';
import { DENIED_TO_ALL, DENIED_TO_THE_KEY } from '../../bin/commands/verify/denied-actions';
import { readMembership } from '../../bin/commands/verify/membership';
import { groupNeeds, needsOf } from '../../bin/commands/verify/needs';
import { permissions } from '../../bin/commands/verify/permissions';
import { parseUserData } from '../../bin/deployed-user-data';
import { CarbonClusterProps, CarbonProduct } from '../../lib';
import { NodeClustering } from '../../lib/testing/node-document';
import { gateway, packedUserDataOf, testStack } from '../gateway';

interface Call {
  readonly principal: string;
  readonly actions: readonly string[];
  readonly resource: string;
  readonly region: string;
  readonly context: ReadonlyMap<string | null, string | null>;
}
type Judge = (principal: string, action: string, resource: string, region: string) => boolean;

const REGION = 'eu-west-1';
const ROLE = 'arn:aws:iam::111111111111:role/Workers';
const USER = 'arn:aws:iam::111111111111:user/members/Key';
const PAGE = 20;
/** What their policies are to allow; the rest of what they need is by resource. */
const NEEDED = ['secretsmanager:GetSecretValue', 's3:GetObject', 's3:ListBucket', 'cloudformation:SignalResource'];
const RIGHT: Judge = (principal, action, resource, region) => {
  if (action === 'ec2:DescribeInstances') return resource === '*' && region === REGION;
  if (action === 'cloudwatch:PutMetricData') return principal === ROLE;
  return principal === ROLE && resource !== '*' && NEEDED.includes(action);
};

let server: Server;
let calls: Call[];
let judge: Judge;
let refusal: { readonly action: string; readonly code: string; readonly message: string } | undefined;

beforeAll(async () => {
  server = createServer((request, response) => void read(request).then(form => {
    const [status, body] = answer(form);
    response.writeHead(status, { 'Content-Type': 'text/xml' }).end(body);
  }));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, AWS_ACCESS_KEY_ID: 'testing', AWS_SECRET_ACCESS_KEY: 'testing',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  });
});

afterAll(() => new Promise(resolve => server.close(resolve)));

beforeEach(() => { [calls, judge, refusal] = [[], RIGHT, undefined]; });

async function read(request: IncomingMessage): Promise<URLSearchParams> {
  let text = '';
  for await (const part of request) text += part;
  return new URLSearchParams(text);
}

function answer(form: URLSearchParams): [number, string] {
  const action = form.get('Action')!;
  if (refusal?.action === action) {
    return [403, `<ErrorResponse><Error><Type>Sender</Type><Code>${refusal.code}</Code><Message>${refusal.message}</Message></Error></ErrorResponse>`];
  }
  const result = { GetInstanceProfile: profile, GetUser: user, SimulatePrincipalPolicy: simulate }[action]!(form);
  return [200, `<${action}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><${action}Result>${result}</${action}Result></${action}Response>`];
}

function profile(form: URLSearchParams): string {
  expect(form.get('InstanceProfileName')).toBe('workers-profile');
  return `<InstanceProfile><Roles><member><Arn>${ROLE}</Arn><RoleName>Workers</RoleName></member></Roles></InstanceProfile>`;
}

function user(): string {
  return `<User><Arn>${USER}</Arn><UserName>Key</UserName></User>`;
}

/** In pages, as IAM answers. */
function simulate(form: URLSearchParams): string {
  const all = (prefix: string): string[] => [...form].filter(([name]) => new RegExp(`^${prefix}\\.member\\.\\d+$`).test(name)).map(([, value]) => value);
  const [actions, resources] = [all('ActionNames'), all('ResourceArns')];
  const context = new Map([1, 2].map((number): [string | null, string | null] => [
    form.get(`ContextEntries.member.${number}.ContextKeyName`), form.get(`ContextEntries.member.${number}.ContextKeyValues.member.1`),
  ]));
  expect([form.get('ContextEntries.member.1.ContextKeyType'), resources.length]).toEqual(['string', 1]);
  const call = { principal: form.get('PolicySourceArn')!, actions, resource: resources[0], region: context.get('aws:RequestedRegion')!, context };
  const from = Number(form.get('Marker') ?? 0);
  if (from === 0) calls.push(call);
  const results = actions.slice(from, from + PAGE).map(action => `<member><EvalActionName>${action}</EvalActionName><EvalResourceName>${call.resource}</EvalResourceName>`
    + `<EvalDecision>${judge(call.principal, action, call.resource, call.region) ? 'allowed' : 'implicitDeny'}</EvalDecision></member>`);
  const more = from + PAGE < actions.length;
  return `<EvaluationResults>${results.join('')}</EvaluationResults><IsTruncated>${more}</IsTruncated>${more ? `<Marker>${from + PAGE}</Marker>` : ''}`;
}

/** One group and, where there is a key, its user; late-bound values are named after what CloudFormation fills in. */
function clusterOf(props: Partial<CarbonClusterProps> = {}, users: readonly string[] = ['Key']): Cluster {
  const stack = testStack();
  gateway(stack, props);
  const [[, workers]] = Object.entries(Template.fromStack(stack).findResources('AWS::EC2::LaunchTemplate')).filter(([id]) => id.includes('Workers'));
  const text = packedUserDataOf(workers).replace(/<(\{.*?\})>/g, (_, intrinsic: string) => intrinsic.replace(/[^A-Za-z0-9]+/g, '-'));
  const userData = parseUserData(text)!;
  return {
    name: 'Test/Gateway',
    stack: { name: 'Test', id: 'arn', status: 'CREATE_COMPLETE', account: '111111111111', region: REGION, resources: [] },
    groups: [{
      name: 'Workers', autoScalingGroup: {} as never, launchTemplate: { IamInstanceProfile: { Arn: 'arn:aws:iam::111111111111:instance-profile/workers-profile' } },
      userData, instanceIds: [], membership: readMembership(NodeClustering.read(text)!, userData),
    }],
    balancers: [],
    resources: users.map(each => ({ type: 'AWS::IAM::User', logicalId: each, physicalId: each, path: 'Test/Gateway/Membership/Credentials/User/Resource' })),
    leavingIds: [],
    instances: async () => [],
  };
}

const GATEWAY = clusterOf();
const WITHOUT_KEY = clusterOf({ product: CarbonProduct.identityServer('7.1.0') }, []);

async function rows(cluster: Cluster): Promise<string[]> {
  return (await permissions(cluster, new Api(REGION))).map(each => `${each.what} | ${each.state} | ${each.detail}`);
}

const simulated = (action: string): string[] => calls.filter(each => each.actions.includes(action) && each.resource !== '*').map(each => each.resource);

test('the gateway with its right policies: all needed allowed, nothing more', async () => {
  expect(await rows(GATEWAY)).toEqual([
    'role of Workers: what it needs | passed | 16 of 16 allowed',
    `role of Workers: nothing more | passed | ${DENIED_TO_ALL.length} other actions denied on any resource`,
    'user Membership/Credentials/User: what it needs | passed | 1 of 1 allowed',
    `user Membership/Credentials/User: nothing more | passed | ${DENIED_TO_THE_KEY.length} other actions denied on any resource`,
  ]);
  expect(simulated('s3:GetObject')).toEqual([
    expect.stringMatching(/^arn:aws:s3:::cdk-hnb659fds-assets-111111111111-eu-west-1\/[0-9a-f]{64}\.zip$/),
    'arn:aws:s3:::packs/wso2am-2.2.0.zip', 'arn:aws:s3:::packs/wso2am-2.2.0.zip.sha256',
  ]);
  const listed = calls.filter(each => each.actions.includes('s3:ListBucket') && each.resource !== '*').map(each => [each.resource, each.context.get('s3:prefix')]);
  expect(listed).toEqual(['wso2am-2.2.0.zip', 'wso2am-2.2.0.zip.sha256'].map(key => ['arn:aws:s3:::packs', key]));
  // The key of the members, the key store, the product's administrator, the group password, the user of the start, and a user for each of three databases.
  expect(new Set(simulated('secretsmanager:GetSecretValue')).size).toBe(8);
  expect(simulated('cloudformation:SignalResource')).toEqual(['-Ref-AWS-StackId-']);
  const asked = calls.filter(each => each.actions.includes('ec2:DescribeInstances')).map(each => [each.principal, each.resource, each.region]);
  // The role asks for its turn to start, Hazelcast with the key.
  expect(asked.sort()).toEqual([[ROLE, '*', REGION], [ROLE, '*', 'us-east-1'], [USER, '*', REGION], [USER, '*', 'us-east-1']]);
  const sampled = calls.filter(each => each.principal === ROLE && each.resource === '*' && each.actions.length > 1).flatMap(each => each.actions);
  expect(sampled).toEqual(DENIED_TO_ALL);
});

test('what is missing is named with its resource', async () => {
  judge = (principal, action, resource, region) => !resource.endsWith('.sha256')
    && !(principal === USER && action === 'ec2:DescribeInstances') && RIGHT(principal, action, resource, region);
  expect((await rows(GATEWAY)).filter(each => each.includes('failed'))).toEqual([
    'role of Workers: what it needs | failed | s3:GetObject on arn:aws:s3:::packs/wso2am-2.2.0.zip.sha256 is not allowed (implicitDeny)',
    'user Membership/Credentials/User: what it needs | failed | ec2:DescribeInstances on * is not allowed (implicitDeny)',
  ]);
});

test('what is too much is named, from the last page of the answer too', async () => {
  const last = DENIED_TO_ALL.at(-1)!;
  judge = (principal, action, resource, region) => (principal === ROLE && ['ec2:RunInstances', last].includes(action)) || RIGHT(principal, action, resource, region);
  expect((await rows(GATEWAY)).filter(each => each.includes('failed')))
    .toEqual([`role of Workers: nothing more | failed | it may also do on any resource: ec2:RunInstances, ${last}`]);
});

test('a membership policy that lost its region is too wide', async () => {
  judge = (principal, action, resource, region) => (principal === USER && action === 'ec2:DescribeInstances') || RIGHT(principal, action, resource, region);
  expect((await rows(GATEWAY)).filter(each => each.includes('failed')))
    .toEqual([`user Membership/Credentials/User: nothing more | failed | ec2:DescribeInstances is allowed in other regions than ${REGION} too`]);
});

test('without a key, the role itself must be allowed to list instances', async () => {
  judge = (principal, action, resource, region) => action !== 'ec2:DescribeInstances' && RIGHT(principal, action, resource, region);
  expect((await rows(WITHOUT_KEY)).filter(each => each.includes('failed')))
    .toEqual(['role of Workers: what it needs | failed | ec2:DescribeInstances on * is not allowed (implicitDeny)']);
  judge = RIGHT;
  expect((await rows(WITHOUT_KEY)).filter(each => each.includes('passed'))).toHaveLength(2);
});

test.each([
  ['SimulatePrincipalPolicy', 'AccessDenied', 'not answered', 'the caller may not iam:SimulatePrincipalPolicy: it is refused'],
  ['GetInstanceProfile', 'NoSuchEntity', 'failed', 'it does not exist any more: it is refused'],
  ['GetUser', 'ServiceFailure', 'not answered', 'iam:GetUser was not answered (HTTP 403): it is refused'],
])('%s refused with %s is %s, and nothing has passed by it', async (action, code, state, detail) => {
  refusal = { action, code, message: 'it is refused' };
  const all = await rows(GATEWAY);
  const said = all.filter(each => each.endsWith(`| ${state} | ${detail}`));
  expect(said.length).toBe(action === 'SimulatePrincipalPolicy' ? 2 : 1);
  expect(all.filter(each => each.includes('passed'))).toHaveLength(action === 'SimulatePrincipalPolicy' ? 0 : 2);
});

describe('what other machines need', () => {
  const PLACE = { partition: 'aws-cn', region: 'cn-north-1', account: '111111111111' };
  const START = { cluster: 'd', tag: 'carbon-cluster', value: { env: 'Mine' }, ports: [4000] };
  const needs = (document: object, values: Record<string, string> = {}): string[] => needsOf({ document, values: { Mine: 'me', ...values } }, PLACE, [])
    .filter(each => !each.action.startsWith('s3:'))
    .map(each => [each.action, each.resource, ...Object.entries(each.context ?? {}).flat()].join(' '));

  test('a shared file system, through the access point', () => {
    expect(needs({ artifacts: { fileSystem: { env: 'Files' }, accessPoint: 'fsap-1', folders: [] } }, { Files: 'fs-1' })).toEqual([
      'elasticfilesystem:ClientMount arn:aws-cn:elasticfilesystem:cn-north-1:111111111111:file-system/fs-1 '
        + 'elasticfilesystem:AccessPointArn arn:aws-cn:elasticfilesystem:cn-north-1:111111111111:access-point/fsap-1',
      'elasticfilesystem:ClientWrite arn:aws-cn:elasticfilesystem:cn-north-1:111111111111:file-system/fs-1 '
        + 'elasticfilesystem:AccessPointArn arn:aws-cn:elasticfilesystem:cn-north-1:111111111111:access-point/fsap-1',
    ]);
  });

  test('an interface of its own, to an instance of its cluster', () => {
    expect(needs({ start: START, interface: { id: 'eni-1', address: '10.0.0.1' } })).toEqual([
      'ec2:DescribeInstances *',
      'ec2:AttachNetworkInterface arn:aws-cn:ec2:cn-north-1:111111111111:network-interface/eni-1',
      'ec2:AttachNetworkInterface arn:aws-cn:ec2:cn-north-1:111111111111:instance/i-00000000000000000 aws:ResourceTag/carbon-cluster me',
      'ec2:DescribeNetworkInterfaces *',
    ]);
  });

  test('artifacts in a bucket, which only the manager writes', () => {
    const artifacts = { bucket: { env: 'Bucket' }, prefix: 'p', folders: ['a/b'], seconds: 60 };
    // The programs of this document have no bucket.
    const of = (document: object): string[] => needsOf({ document, values: { Bucket: 'mine' } }, PLACE, []).filter(each => !each.resource.includes('undefined'))
      .map(each => [each.action, each.resource, ...Object.values(each.context ?? {})].join(' '));
    const object = 'arn:aws-cn:s3:::mine/p/a/b/artifact';
    const listing = 's3:ListBucket arn:aws-cn:s3:::mine p/a/b/';
    expect(of({ artifacts })).toEqual([`s3:GetObject ${object}`, listing]);
    expect(of({ artifacts: { ...artifacts, publishes: true } }))
      .toEqual([`s3:GetObject ${object}`, `s3:PutObject ${object}`, `s3:DeleteObject ${object}`, listing]);
  });

  test('metrics under the namespace that the machine is told', () => {
    expect(needs({ logs: { stream: 'x', files: [], metrics: { namespace: 'CarbonCluster/a' } } }, {})).toEqual(['cloudwatch:PutMetricData * cloudwatch:namespace CarbonCluster/a']);
  });

  test('NGINX: its certificate, and which nodes there are', () => {
    const discovery = { tag: 'carbon-cluster', value: 'me', roleTag: 'carbon-cluster-role', seconds: 30 };
    const document = { kind: 'nginx', discovery, certificate: { secret: 'Certificate' }, signal: { stack: 'arn:stack', resource: 'x' } };
    // By its partial ARN, and by its name: policies have the suffix, so the simulation needs one.
    for (const id of ['arn:aws-cn:secretsmanager:cn-north-1:111111111111:secret:certificate', 'certificate']) {
      expect(needs(document, { Certificate: id })).toEqual(['ec2:DescribeInstances *',
        'secretsmanager:GetSecretValue arn:aws-cn:secretsmanager:cn-north-1:111111111111:secret:certificate-AbCdEf', 'cloudformation:SignalResource arn:stack']);
    }
  });

  test('what a node says to its own group, where it has a cluster to leave', () => {
    const told = (document: object, arn?: string): string[] => groupNeeds({ document, values: {} }, arn, PLACE.region).map(each => `${each.action} ${each.resource}`);
    expect(told({ leaving: { hook: 'leave-cluster' } }, 'arn:group')).toEqual([
      'autoscaling:CompleteLifecycleAction arn:group', 'autoscaling:SetInstanceHealth arn:group', 'autoscaling:DescribeAutoScalingInstances *',
    ]);
    expect([told({}, 'arn:group'), told({ leaving: { hook: 'leave-cluster' } })]).toEqual([[], []]);
  });
});

describe('secrets of the cluster, and parameters', () => {
  const arn = (name: string): string => `arn:aws:secretsmanager:${REGION}:111111111111:secret:${name}-AbCdEf`;
  const OTHERS = { 'Database/Instance/Secret': arn('Administrator'), 'Keystore/Secret': arn('Keystore') };
  const cluster: Cluster = { ...WITHOUT_KEY, resources: Object.entries(OTHERS).map(([path, physicalId]) => (
    { type: 'AWS::SecretsManager::Secret', logicalId: path, physicalId, path: `Test/Gateway/${path}/Resource` })) };
  const failing = async (extra: Judge): Promise<string> => {
    judge = (...asked) => extra(...asked) || (RIGHT(...asked) && !Object.values(OTHERS).includes(asked[2]));
    return (await rows(cluster)).find(each => each.includes('nothing more'))!;
  };

  test('a role that reads none but its own, and writes none, has no more than it needs', async () => {
    expect(await failing(() => false)).toContain('| passed |');
  });

  test('a role that may read the secret of the database\'s administrator', async () => {
    expect(await failing((_, action, resource) => action === 'secretsmanager:GetSecretValue' && resource === OTHERS['Database/Instance/Secret']))
      .toContain('| failed | secretsmanager:GetSecretValue on the secret Database/Instance/Secret is allowed, and nothing on the node needs it');
  });

  test('a role that may write the key pair', async () => {
    expect(await failing((_, action, resource) => action === 'secretsmanager:PutSecretValue' && resource === OTHERS['Keystore/Secret']))
      .toContain('| failed | secretsmanager:PutSecretValue on the secret Keystore/Secret is allowed, and nothing on the node needs it');
  });

  test('a role that may read every parameter, as with AmazonSSMManagedInstanceCore', async () => {
    expect(await failing((_, action) => ['ssm:GetParameter', 'ssm:GetParameters'].includes(action)))
      .toContain('| failed | it may also do on any resource: ssm:GetParameter, ssm:GetParameters');
  });
});
