/** `carbon-cluster verify` of what was really deployed, and of what somebody broke afterwards, one thing at a time. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as asg from '@aws-sdk/client-auto-scaling';
import * as logs from '@aws-sdk/client-cloudwatch-logs';
import * as ec2 from '@aws-sdk/client-ec2';
import * as classic from '@aws-sdk/client-elastic-load-balancing';
import * as elb from '@aws-sdk/client-elastic-load-balancing-v2';
import * as iam from '@aws-sdk/client-iam';
import * as rds from '@aws-sdk/client-rds';
import { ACTIONS } from '../../bin/commands/verify/actions';
import { DENIED_TO_ALL, DENIED_TO_THE_KEY } from '../../bin/commands/verify/denied-actions';
import { Answer, carbonCluster } from '../bin/command-line';
import { bootstrap, deploy, Deployment } from './cdk';
import { Emulator, LOCAL_FOLDER, PROJECT } from './emulator';
import { gather, NodeReport, Report } from './report';

interface Row { readonly check: string; readonly what: string; readonly state: string; readonly detail: string }

interface Clients {
  readonly asg: asg.AutoScalingClient;
  readonly classic: classic.ElasticLoadBalancingClient;
  readonly ec2: ec2.EC2Client;
  readonly elb: elb.ElasticLoadBalancingV2Client;
  readonly iam: iam.IAMClient;
  readonly logs: logs.CloudWatchLogsClient;
  readonly rds: rds.RDSClient;
}

let emulator: Emulator;
let workFolder: string;
let deployment: Deployment;
let report: Report;
let api: Clients;

beforeAll(async () => {
  fs.mkdirSync(LOCAL_FOLDER, { recursive: true });
  workFolder = fs.mkdtempSync(path.join(LOCAL_FOLDER, 'verify-'));
  emulator = await Emulator.start({ logFile: path.join(workFolder, 'emulator.log') });
  Object.assign(process.env, emulator.variables());
  const settings = { endpoint: emulator.url, region: emulator.region, credentials: { accessKeyId: 'testing', secretAccessKey: 'testing' } };
  api = {
    asg: new asg.AutoScalingClient(settings), classic: new classic.ElasticLoadBalancingClient(settings),
    ec2: new ec2.EC2Client(settings), elb: new elb.ElasticLoadBalancingV2Client(settings), iam: new iam.IAMClient(settings),
    logs: new logs.CloudWatchLogsClient(settings), rds: new rds.RDSClient(settings),
  };
  const options = { env: emulator.environment(), workFolder };
  await bootstrap({ ...options, account: emulator.account, region: emulator.region });
  await deploy({ ...options, app: 'bin/gateway.ts' });
  report = await gather({ url: emulator.url, region: emulator.region });
  await deploy({ ...options, app: 'examples/esb-profile/app.ts' });
  deployment = await deploy({ ...options, app: 'test/emulator/fixture/verify.app.ts' });
});

afterAll(async () => {
  await emulator?.stop();
  fs.rmSync(workFolder, { recursive: true, force: true });
});

async function verify(...args: readonly string[]): Promise<Answer & { readonly rows: readonly Row[]; readonly clusters: readonly any[] }> {
  const answer = await carbonCluster(['verify', ...args, '--json']);
  const clusters = answer.output === '' ? [] : JSON.parse(answer.output).clusters;
  return { ...answer, clusters, rows: clusters.flatMap((each: any) => each.findings) };
}

function inState(rows: readonly Row[], state: string): string[] {
  return rows.filter(each => each.state === state).map(each => `${each.check}: ${each.detail}`);
}

/** What fails of the gateway after somebody has done something, which is undone: what is left of it fails the next test. */
async function failuresAfter(breaking: () => Promise<unknown>, repair: () => Promise<unknown>): Promise<string[]> {
  await breaking();
  const broken = await verify('CarbonGateway');
  await repair();
  expect(broken.code).toBe(broken.rows.some(each => each.state === 'failed') ? 1 : 4);
  return inState(broken.rows, 'failed');
}

function nodes(group: string): NodeReport[] {
  return report.nodes.filter(each => each.name === `CarbonGateway/Gateway/${group}`);
}

async function memberGroup(): Promise<string> {
  const [instance] = (await api.ec2.send(new ec2.DescribeInstancesCommand({ InstanceIds: [nodes('Manager')[0].instanceId] }))).Reservations![0].Instances!;
  return instance.SecurityGroups![0].GroupId!;
}

/** Where the stack's own load balancer is. */
async function classicNetwork(): Promise<{ Subnets: string[]; SecurityGroups: string[] }> {
  const balancers = (await api.elb.send(new elb.DescribeLoadBalancersCommand({}))).LoadBalancers!;
  const own = balancers.find(each => each.LoadBalancerName!.startsWith('CarbonGateway-'))!;
  return { Subnets: own.AvailabilityZones!.map(each => each.SubnetId!), SecurityGroups: own.SecurityGroups! };
}

async function groupNamed(part: string): Promise<string> {
  const groups = (await api.ec2.send(new ec2.DescribeSecurityGroupsCommand({}))).SecurityGroups!;
  return groups.find(each => each.GroupName!.startsWith('CarbonGateway-') && each.GroupName!.includes(part))!.GroupId!;
}

function opened(group: string, rule: ec2.IpPermission): Promise<string[]> {
  const request = { GroupId: group, IpPermissions: [rule] };
  return failuresAfter(() => api.ec2.send(new ec2.AuthorizeSecurityGroupIngressCommand(request)),
    () => api.ec2.send(new ec2.RevokeSecurityGroupIngressCommand(request)));
}

function tcp(port: number, address: string): ec2.IpPermission {
  return { IpProtocol: 'tcp', FromPort: port, ToPort: port, IpRanges: [{ CidrIp: address }] };
}

describe('the gateway', () => {
  test('as deployed, nothing fails, and what the emulator cannot answer has not passed', async () => {
    const { code, rows, clusters } = await verify('CarbonGateway');
    expect(code).toBe(4);
    expect(inState(rows, 'failed')).toEqual([]);
    expect(inState(rows, 'warning')).toEqual([]);
    expect(inState(rows, 'not answered')).toEqual([
      ...Array.from({ length: 3 }, () => 'permissions: iam:SimulatePrincipalPolicy was not answered (HTTP 500): what came back cannot be read'),
      ...Array.from({ length: 3 }, () => expect.stringMatching(/^members: no list of members in a log stream with its id in .*CarbonLog/)),
    ]);
    expect(inState(rows, 'passed')).toEqual(expect.arrayContaining([
      'discovery: 3 found as Hazelcast 3.5.4 asks (tag carbon-cluster=CarbonGateway-Gateway, security group CarbonGateway-Gateway, running): the instances of the cluster',
      'security groups: port 5701 to 5703, port 8243, port 9443: each is open to who needs it only',
      'targets: 2 of 2 targets are healthy',
      'database: require_secure_transport is 1',
      'security groups: port 3306 is open only to the members and the function that prepares it',
    ]));
    expect(rows).toContainEqual({
      check: 'security groups', what: expect.stringMatching(/^other: sg-\w+ \(.*DatabasePreparation.*\)$/), state: 'passed', detail: 'nothing is open to 0.0.0.0/0',
    });
    expect(clusters).toEqual([expect.objectContaining({ name: 'CarbonGateway/Gateway', groups: [
      { name: 'Manager', title: 'WSO2 API Manager 2.2.0 gateway-manager', hazelcast: '3.5.4', membershipScheme: 'aws', instances: [nodes('Manager')[0].instanceId] },
      { name: 'Workers', title: 'WSO2 API Manager 2.2.0 gateway-worker', hazelcast: '3.5.4', membershipScheme: 'aws',
        instances: expect.arrayContaining(nodes('Workers').map(each => each.instanceId)) },
    ] })]);
  });

  test('as text, for a reader', async () => {
    const { output, code } = await carbonCluster(['verify', 'CarbonGateway']);
    const lines = output.split('\n');
    expect(code).toBe(4);
    expect(lines[0]).toBe('CarbonGateway in us-east-1 of account 123456789012: CREATE_COMPLETE');
    expect(lines).toContainEqual(expect.stringMatching(/^database +Database\/Instance: backups +passed +kept for 7 days$/));
    expect(lines.at(-2)).toBe('17 passed, 0 failed, 0 warning, 6 not answered');
  });

  test('a member port open to the world', async () => {
    const group = await memberGroup();
    expect(await opened(group, tcp(5701, '0.0.0.0/0')))
      .toEqual(['security groups: port 5701 is open to 0.0.0.0/0, and only the members themselves may reach Hazelcast']);
  });

  test('a product port open to the whole network, by the address', async () => {
    expect(await opened(await memberGroup(), tcp(9443, '10.0.0.0/16')))
      .toEqual([expect.stringMatching(/^security groups: port 9443 is open to 10\.0\.0\.0\/16, and only load balancer CarbonGateway-Gatew-\w+ may reach the product$/)]);
  });

  test('another protocol open to the world', async () => {
    expect(await opened(await memberGroup(), { IpProtocol: 'udp', FromPort: 53, ToPort: 53, Ipv6Ranges: [{ CidrIpv6: '::/0' }] }))
      .toEqual(['security groups: protocol udp is open to ::/0']);
  });

  test('the database open to the whole network', async () => {
    expect(await opened(await groupNamed('DatabaseInstance'), tcp(3306, '10.0.0.0/16')))
      .toEqual(['security groups: port 3306 is open to 10.0.0.0/16, and only the members and the function that prepares it may reach the database']);
  });

  test('the internal load balancer open to the world', async () => {
    expect(await opened(await groupNamed('LoadBalancer'), tcp(443, '0.0.0.0/0')))
      .toEqual(['security groups: port 443 is open to 0.0.0.0/0, and the load balancer is internal']);
  });

  test('members that cannot reach each other', async () => {
    const group = await memberGroup();
    const description = 'Hazelcast members of this cluster';
    const rule = { IpProtocol: 'tcp', FromPort: 5701, ToPort: 5703, UserIdGroupPairs: [{ GroupId: group, UserId: emulator.account, Description: description }] };
    const request = { GroupId: group, IpPermissions: [rule] };
    expect(await failuresAfter(() => api.ec2.send(new ec2.RevokeSecurityGroupIngressCommand(request)),
      () => api.ec2.send(new ec2.AuthorizeSecurityGroupIngressCommand(request))))
      .toEqual(['security groups: port 5701 (Hazelcast) is closed to the members themselves']);
    expect(await failuresAfter(() => api.ec2.send(new ec2.RevokeSecurityGroupEgressCommand(request)),
      () => api.ec2.send(new ec2.AuthorizeSecurityGroupEgressCommand(request))))
      .toEqual(['security groups: no rule lets it leave to port 5701 (Hazelcast)']);
  });

  test('a stopped instance: neither found nor a target any more', async () => {
    const [{ instanceId }] = nodes('Workers');
    expect(await failuresAfter(() => api.ec2.send(new ec2.StopInstancesCommand({ InstanceIds: [instanceId] })),
      () => api.ec2.send(new ec2.StartInstancesCommand({ InstanceIds: [instanceId] })))).toEqual([
      `discovery: ${instanceId} of Workers is not found: it is stopped`,
      `targets: ${instanceId} of Workers is unused (Target is in the stopped state)`,
    ]);
  });

  test('a node without its tag', async () => {
    const request = { Resources: [nodes('Manager')[0].instanceId], Tags: [{ Key: 'carbon-cluster', Value: 'CarbonGateway-Gateway' }] };
    expect(await failuresAfter(() => api.ec2.send(new ec2.DeleteTagsCommand(request)), () => api.ec2.send(new ec2.CreateTagsCommand(request))))
      .toEqual([`discovery: ${request.Resources[0]} of Manager is not found: it runs, but lacks the tag or the group`]);
  });

  test('an instance of somebody else that Hazelcast 3.5 would take for a member, and one that it would not', async () => {
    const run = async (group: string): Promise<string> => {
      const [node] = (await api.ec2.send(new ec2.DescribeInstancesCommand({ InstanceIds: [nodes('Manager')[0].instanceId] }))).Reservations![0].Instances!;
      const tags = [{ Key: 'carbon-cluster', Value: 'CarbonGateway-Gateway' }, { Key: 'Name', Value: 'stray' }];
      const answer = await api.ec2.send(new ec2.RunInstancesCommand({
        ImageId: node.ImageId, MinCount: 1, MaxCount: 1, SubnetId: node.SubnetId, SecurityGroupIds: [group],
        TagSpecifications: [{ ResourceType: 'instance', Tags: tags }],
      }));
      return answer.Instances![0].InstanceId!;
    };
    let stray = '';
    const end = (): Promise<unknown> => api.ec2.send(new ec2.TerminateInstancesCommand({ InstanceIds: [stray] }));
    const group = await memberGroup();
    const found = await failuresAfter(async () => { stray = await run(group); }, end);
    expect(found).toEqual([`discovery: ${stray} (stray) is found, and is in none of the cluster's auto scaling groups`]);
    const other = await groupNamed('LoadBalancer');
    expect(await failuresAfter(async () => { stray = await run(other); }, end)).toEqual([]);
  });

  test('a node that answers for its metadata without a token, or over two hops', async () => {
    const [{ instanceId }] = nodes('Workers');
    const set = (tokens: ec2.HttpTokensState, hops: number) => () => api.ec2.send(new ec2.ModifyInstanceMetadataOptionsCommand({
      InstanceId: instanceId, HttpTokens: tokens, HttpPutResponseHopLimit: hops,
    }));
    expect(await failuresAfter(set('optional', 1), set('required', 1)))
      .toEqual([`instance metadata: ${instanceId} of Workers answers without a token (IMDSv1), which nothing on it needs`]);
    expect(await failuresAfter(set('required', 2), set('required', 1)))
      .toEqual([`instance metadata: ${instanceId} of Workers answers over 2 hops, so that a container or a proxy on it reads the role's credentials`]);
  });

  test('a node that is no target any more', async () => {
    const [{ instanceId }] = nodes('Workers');
    const groups = (await api.elb.send(new elb.DescribeTargetGroupsCommand({}))).TargetGroups!.filter(each => each.Port === 8243);
    const health = await Promise.all(groups.map(each => api.elb.send(new elb.DescribeTargetHealthCommand({ TargetGroupArn: each.TargetGroupArn }))));
    const own = groups[health.findIndex(each => each.TargetHealthDescriptions!.some(one => one.Target!.Id === instanceId))];
    const request = { TargetGroupArn: own.TargetGroupArn, Targets: [{ Id: instanceId, Port: 8243 }] };
    expect(await failuresAfter(() => api.elb.send(new elb.DeregisterTargetsCommand(request)), () => api.elb.send(new elb.RegisterTargetsCommand(request))))
      .toEqual([`targets: ${instanceId} of Workers is not registered, so that no request reaches it`]);
  });

  test('a Classic load balancer in front of the workers, and one of them out of it', async () => {
    const LoadBalancerNames = ['gateway-classic'];
    const [{ instanceId, autoScalingGroup }] = nodes('Workers');
    const { Subnets, SecurityGroups } = await classicNetwork();
    const listener = { Protocol: 'TCP', LoadBalancerPort: 443, InstanceProtocol: 'TCP', InstancePort: 8243 };
    await api.classic.send(new classic.CreateLoadBalancerCommand({
      LoadBalancerName: LoadBalancerNames[0], Subnets, SecurityGroups, Scheme: 'internal', Listeners: [listener],
    }));
    const AutoScalingGroupName = autoScalingGroup!;
    await api.asg.send(new asg.AttachLoadBalancersCommand({ AutoScalingGroupName, LoadBalancerNames }));
    const attached = await verify('CarbonGateway');
    expect(inState(attached.rows, 'failed')).toEqual([]);
    expect(inState(attached.rows, 'passed')).toContain('targets: 2 of 2 instances are in service');
    expect(attached.rows.map(each => each.what)).toContain('load balancer: gateway-classic');
    expect(await failuresAfter(() => api.ec2.send(new ec2.StopInstancesCommand({ InstanceIds: [instanceId] })), async () => {
      await api.ec2.send(new ec2.StartInstancesCommand({ InstanceIds: [instanceId] }));
      await api.asg.send(new asg.DetachLoadBalancersCommand({ AutoScalingGroupName, LoadBalancerNames }));
      await api.classic.send(new classic.DeleteLoadBalancerCommand({ LoadBalancerName: LoadBalancerNames[0] }));
    })).toContain(`targets: ${instanceId} of Workers is OutOfService`);
  });

  test('a database that is easier to reach or to lose', async () => {
    const { name, parameterGroup } = report.databases[0];
    const modify = (change: object) => () => api.rds.send(new rds.ModifyDBInstanceCommand({ DBInstanceIdentifier: name, ApplyImmediately: true, ...change }));
    const setTls = (value: string) => () => api.rds.send(new rds.ModifyDBParameterGroupCommand({
      DBParameterGroupName: parameterGroup, Parameters: [{ ParameterName: 'require_secure_transport', ParameterValue: value, ApplyMethod: 'immediate' }],
    }));
    expect(await failuresAfter(modify({ PubliclyAccessible: true }), modify({ PubliclyAccessible: false })))
      .toEqual(['database: it is publicly accessible']);
    expect(await failuresAfter(modify({ BackupRetentionPeriod: 0 }), modify({ BackupRetentionPeriod: 7 })))
      .toEqual(['database: there are no automatic backups: the retention is 0 days']);
    expect(await failuresAfter(modify({ DeletionProtection: false }), modify({ DeletionProtection: true })))
      .toEqual(['database: deletion protection is off']);
    expect(await failuresAfter(setTls('0'), setTls('1')))
      .toEqual(['database: require_secure_transport is 0, so that passwords and rows may travel in the clear: set it to 1']);
  });

  test('a key that nobody can use, and one too many', async () => {
    const user = (await api.iam.send(new iam.ListUsersCommand({}))).Users!.find(each => each.UserName!.startsWith('CarbonGateway-'))!.UserName!;
    const [{ AccessKeyId: key }] = (await api.iam.send(new iam.ListAccessKeysCommand({ UserName: user }))).AccessKeyMetadata!;
    const set = (status: iam.StatusType) => () => api.iam.send(new iam.UpdateAccessKeyCommand({ UserName: user, AccessKeyId: key, Status: status }));
    expect(await failuresAfter(set('Inactive'), set('Active')))
      .toEqual(['access key: it has no active access key, so no member can ask EC2 for the others']);
    const second = (await api.iam.send(new iam.CreateAccessKeyCommand({ UserName: user }))).AccessKey!.AccessKeyId!;
    const { code, rows } = await verify('CarbonGateway');
    await api.iam.send(new iam.DeleteAccessKeyCommand({ UserName: user, AccessKeyId: second }));
    expect([code, inState(rows, 'failed'), inState(rows, 'warning')])
      .toEqual([4, [], [`access key: ${key} and ${second} are both active: deactivate the one that no node uses any more`]]);
  });
});

describe('other clusters', () => {
  test('of one stack, each by itself and both together', async () => {
    const both = await verify('Clusters');
    expect(both.clusters.map(each => each.name)).toEqual(['Clusters/Discovered', 'Clusters/Newest']);
    expect(inState(both.rows, 'failed')).toEqual([]);
    expect(inState(both.rows, 'warning')).toEqual([]);
    const discovery = (rows: readonly Row[]): string[] => rows.filter(each => each.check === 'discovery' && each.what.endsWith('scheme')).map(each => each.detail);
    expect(discovery(both.rows)).toEqual([
      '2 found as the node\'s program asks (tag carbon-cluster=Clusters-Discovered, pending or running): the instances of the cluster',
      '2 found as Hazelcast 5.3.6 asks (tag carbon-cluster=Clusters-Newest, security group Clusters-Newest, running): the instances of the cluster',
    ]);
    const one = await verify('Clusters', '--cluster', 'newest');
    expect(one.clusters).toEqual([both.clusters[1]]);
    expect(inState(one.rows, 'passed')).toContain('access key: the members need no access key');
  });

  test('members in the logs: one that sees the others, one that does not, one that says nothing', async () => {
    const ids = (await verify('Clusters', '--cluster', 'Discovered')).clusters[0].groups.flatMap((each: any) => each.instances) as string[];
    const group = (await api.logs.send(new logs.DescribeLogGroupsCommand({}))).logGroups!.find(each => /Discovered.*CarbonLog/.test(each.logGroupName!))!.logGroupName!;
    const put = async (id: string, ...messages: string[]): Promise<void> => {
      await api.logs.send(new logs.CreateLogStreamCommand({ logGroupName: group, logStreamName: `Nodes/${id}` })).catch(() => {});
      const timestamp = Date.now();
      await api.logs.send(new logs.PutLogEventsCommand({
        logGroupName: group, logStreamName: `Nodes/${id}`, logEvents: messages.map((message, index) => ({ message, timestamp: timestamp + index })),
      }));
    };
    const members = async (): Promise<[string, string][]> => {
      const { rows } = await verify('Clusters', '--cluster', 'Discovered');
      return rows.filter(each => each.check === 'members').map((each): [string, string] => [each.state, each.detail]);
    };
    await put(ids[0], 'INFO Members {size:1, ver:1} [', 'INFO Elected this member [5ab1] as the Coordinator node', 'INFO Member joined [77c2]: /10.0.0.5:4000',
      'INFO Members {size:2, ver:2} [');
    expect(await members()).toEqual([
      ['not answered', expect.stringContaining(group)],
      ['passed', 'it last saw all 2 members; "Member joined" 1 times, elected coordinator 1 times'],
    ]);
    await put(ids[1], 'INFO Members {size:1, ver:1} [');
    expect(await members()).toContainEqual(['failed', 'it last saw 1 members, and the cluster has 2 instances']);
    await put(ids[1], 'INFO Members {size:2, ver:2} [');
    expect((await members()).map(([state]) => state)).toEqual(['passed', 'passed']);
  });

  test('of well-known members behind NGINX: the addresses that nodes take when they boot, and the tags that NGINX looks for', async () => {
    const failures = async (): Promise<string[]> => inState((await verify('CarbonEsb')).rows, 'failed');
    const interfaces = (await api.ec2.send(new ec2.DescribeNetworkInterfacesCommand({ Filters: [{ Name: 'status', Values: ['available'] }] }))).NetworkInterfaces!;
    const known = ['Node1', 'Node2'].map(name => interfaces.find(each => each.Description === `CarbonEsb/Esb ${name}`)!);
    // Nothing boots in the emulator, so no node has attached its interface.
    expect(await failures()).toEqual([
      `discovery: ${known.map(each => `no running instance has the address ${each.PrivateIpAddress} of a well-known member`).join('; ')}`,
    ]);
    const [{ groups: [node1, node2] }] = (await verify('CarbonEsb')).clusters;
    const instances: string[] = [...node1.instances, ...node2.instances];
    for (const [index, { NetworkInterfaceId }] of known.entries()) {
      await api.ec2.send(new ec2.AttachNetworkInterfaceCommand({ InstanceId: instances[index], NetworkInterfaceId, DeviceIndex: 1 }));
    }
    const { rows } = await verify('CarbonEsb');
    expect(inState(rows, 'failed')).toEqual([]);
    expect(inState(rows, 'warning')).toEqual([]);
    expect(inState(rows, 'passed')).toEqual(expect.arrayContaining([
      'discovery: each of the 2 addresses is a running instance\'s',
      'discovery: 2 found as NGINX asks (tag carbon-cluster=CarbonEsb-Esb, carbon-cluster-role): the instances of the cluster',
      'security groups: port 4100, port 8243, port 8280, port 9443: each is open to who needs it only',
      'security groups: port 80, port 443, port 8081: each is open to the load balancer only',
    ]));
    await api.ec2.send(new ec2.DeleteTagsCommand({ Resources: [instances[0]], Tags: [{ Key: 'carbon-cluster-role', Value: 'node' }] }));
    expect(await failures()).toEqual([`discovery: ${instances[0]} of Node1 is not found: it runs, but lacks the tag or the group`]);
  });

  test('without construct paths the Hazelcast domain tells clusters apart, and the cloud assembly gives the paths', async () => {
    const bare = await verify('WithoutPaths');
    expect(bare.clusters.map(each => each.name)).toEqual(['WithoutPaths-Hidden']);
    expect(inState(bare.rows, 'failed')).toEqual([]);
    const helped = await verify('WithoutPaths', '--assembly', deployment.assembly);
    expect(helped.clusters.map(each => each.name)).toEqual(['WithoutPaths/Hidden']);
    expect(helped.rows.map(each => each.what)).toContain('Database/Instance: backups');
  });
});

describe('the caller', () => {
  /** A key of a user who may do these actions and no others, while policies are enforced. */
  async function verifyAs(actions: readonly string[]): Promise<Answer & { readonly rows: readonly Row[] }> {
    const name = `caller-${actions.length}`;
    await api.iam.send(new iam.CreateUserCommand({ UserName: name }));
    await api.iam.send(new iam.PutUserPolicyCommand({ UserName: name, PolicyName: 'verify', PolicyDocument: JSON.stringify({
      Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }],
    }) }));
    const key = (await api.iam.send(new iam.CreateAccessKeyCommand({ UserName: name }))).AccessKey!;
    await emulator.enforceIam();
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: key.AccessKeyId, AWS_SECRET_ACCESS_KEY: key.SecretAccessKey });
    try {
      return await verify('CarbonGateway');
    } finally {
      Object.assign(process.env, emulator.variables());
      await emulator.relaxIam();
    }
  }

  test('needs the actions that --help names, and no others', async () => {
    const { output } = await carbonCluster(['verify', '--help']);
    for (const action of ACTIONS) expect(output).toContain(`  ${action}\n`);
    const { rows, code } = await verifyAs(ACTIONS);
    expect(code).toBe(4);
    expect(inState(rows, 'not answered').filter(each => each.includes('may not'))).toEqual([]);
    expect(inState(rows, 'failed')).toEqual([]);
  });

  test('reads parameters among what nobody needs, and nothing else of what AWS\'s policy gives every instance', async () => {
    const policy = await api.iam.send(new iam.GetPolicyCommand({ PolicyArn: 'arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore' }));
    const version = await api.iam.send(new iam.GetPolicyVersionCommand({ PolicyArn: policy.Policy!.Arn, VersionId: policy.Policy!.DefaultVersionId }));
    const given: string[] = JSON.parse(decodeURIComponent(version.PolicyVersion!.Document!)).Statement.flatMap((each: any) => each.Action);
    expect(given.length).toBeGreaterThan(20);
    expect(DENIED_TO_ALL.filter(each => given.includes(each))).toEqual(['ssm:GetParameter', 'ssm:GetParameters']);
    expect(DENIED_TO_THE_KEY.filter(each => given.includes(each)).length).toBeGreaterThan(2);
  });

  test('is told what it may not, and the rest is checked all the same', async () => {
    const { rows, code } = await verifyAs(ACTIONS.filter(each => !each.startsWith('rds:')));
    expect(code).toBe(4);
    expect(rows.filter(each => each.detail.includes('the caller may not')).map(each => `${each.check}: ${each.what}`))
      .toEqual(['security groups: security groups', 'database: Database/Instance', 'database: other databases']);
    expect(inState(rows, 'passed')).toContain('targets: 2 of 2 targets are healthy');
  });

  test('who may not even read the stack gets an answer without checks', async () => {
    expect(await verifyAs(['ec2:DescribeInstances']))
      .toMatchObject({ code: 4, output: '', errors: expect.stringContaining('stack CarbonGateway: the caller may not cloudformation:DescribeStacks') });
  });

  test.each([
    ['no region', ['AWS_REGION', 'AWS_DEFAULT_REGION'], 'the caller is not known: Region is missing'],
    ['no credentials', ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'], 'the caller is not known: Could not load credentials from any providers'],
  ])('with %s is told how to give it', async (_, variables, sentence) => {
    for (const each of variables) delete process.env[each];
    const answer = await carbonCluster(['verify', 'CarbonGateway'], { environment: process.env });
    Object.assign(process.env, emulator.variables());
    expect(answer).toMatchObject({ code: 2, output: '', errors: expect.stringContaining(`carbon-cluster: ${sentence}`) });
    expect(answer.errors).toContain('give --region or AWS_REGION, and AWS_PROFILE');
  });

  test.each([
    ['a stack that is not there', ['Nowhere'], 2, 'there is no stack Nowhere in us-east-1: name one that is deployed there, or give --region'],
    ['a cluster that is not there', ['CarbonGateway', '--cluster', 'Portal'], 2, '--cluster Portal is no cluster of the stack, name one of'],
    ['two clusters of one name', ['Clusters', '--cluster', 'Clusters'], 2, '--cluster Clusters is 2 clusters of the stack, name one of'],
    ['a stack without nodes', ['CDKToolkit'], 1, 'stack CDKToolkit has no auto scaling group with nodes of a Carbon cluster'],
    ['an assembly of another app', ['CarbonGateway', '--assembly', 'cdk.out.of.nobody'], 2, 'cdk.out.of.nobody is no folder'],
  ])('is told of %s', async (_, args, code, sentence) => {
    expect(await verify(...args)).toMatchObject({ code, output: '', errors: expect.stringContaining(`carbon-cluster: ${sentence}`) });
  });
});

test('the bundle says the same, from the modules that it is made of', async () => {
  const folder = path.join(workFolder, 'dist');
  execFileSync(process.execPath, [path.join(PROJECT, 'bin', 'build.js'), folder]);
  const program = path.join(folder, 'carbon-cluster.js');
  const run = (): string => execFileSync(process.execPath, [program, 'verify', 'CarbonGateway', '--json'], { env: emulator.environment(), stdio: 'pipe' }).toString();
  // It exits with 4: not all is answered by the emulator.
  let said = '';
  try {
    said = run();
  } catch (error) {
    const { status, stdout, stderr } = error as { status: number; stdout: Buffer; stderr: Buffer };
    expect([status, stderr.toString()]).toEqual([4, '']);
    said = stdout.toString();
  }
  const { clusters, rows } = await verify('CarbonGateway');
  expect(inState(rows, 'failed')).toEqual([]);
  expect(JSON.parse(said).clusters).toEqual(clusters);
});
