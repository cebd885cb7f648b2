/** What `carbon-cluster verify` makes of answers: the parts that need no service. */
import { Instance, IpPermission } from '@aws-sdk/client-ec2';
import { keyProblems } from '../../bin/commands/verify/access-key';
import { Api } from '../../bin/commands/verify/api';
import { ask, Gone, Unanswered } from '../../bin/commands/verify/ask';
import { Cluster } from '../../bin/commands/verify/cluster';
import { discovery, isChosen, serverSideFilters } from '../../bin/commands/verify/discovery';
import { lastSize } from '../../bin/commands/verify/members';
import { readMembership } from '../../bin/commands/verify/membership';
import { metadata } from '../../bin/commands/verify/metadata';
import { excess, lack, Need, noWayOut, openingsOf } from '../../bin/commands/verify/security-rules';
import { parseUserData } from '../../bin/deployed-user-data';
import { filterOf } from '../../lib/testing/discovery-filter';
import { NodeClustering } from '../../lib/testing/node-document';
import { carryingOnly } from '../user-data';

describe('security rules', () => {
  const NEEDS: readonly Need[] = [
    { name: 'Hazelcast', who: 'the members themselves', peers: ['sg-members'], ports: { from: 5701, to: 5703 }, port: 5701 },
    { name: 'the product', who: 'load balancer lb', peers: ['sg-lb'], ports: { from: 9443, to: 9443 }, port: 9443 },
  ];
  const tcp = (from: number, to: number, peer: object): IpPermission => ({ IpProtocol: 'tcp', FromPort: from, ToPort: to, ...peer });
  const group = (id: string): object => ({ UserIdGroupPairs: [{ GroupId: id }] });
  const address = (cidr: string): object => ({ IpRanges: [{ CidrIp: cidr }] });
  const RIGHT = [tcp(5701, 5703, group('sg-members')), tcp(9443, 9443, group('sg-lb'))];

  test('what is needed, and no more, has no problem', () => {
    expect([...excess(openingsOf(RIGHT), NEEDS), ...lack(openingsOf(RIGHT), NEEDS)]).toEqual([]);
  });

  test.each<[string, IpPermission, string, string]>([
    ['a member port for the world', tcp(5702, 5702, address('0.0.0.0/0')), 'failed',
      'port 5702 is open to 0.0.0.0/0, and only the members themselves may reach Hazelcast'],
    ['a product port for the world of IPv6', tcp(9443, 9443, { Ipv6Ranges: [{ CidrIpv6: '::/0' }] }), 'failed',
      'port 9443 is open to ::/0, and only load balancer lb may reach the product'],
    ['a member port for the load balancer', tcp(5701, 5701, group('sg-lb')), 'failed',
      'port 5701 is open to sg-lb, and only the members themselves may reach Hazelcast'],
    ['a product port for the members', tcp(9443, 9443, group('sg-members')), 'failed',
      'port 9443 is open to sg-members, and only load balancer lb may reach the product'],
    ['a member port for a prefix list', tcp(5700, 5710, { PrefixListIds: [{ PrefixListId: 'pl-1' }] }), 'failed',
      'port 5700 to 5710 is open to pl-1, and only the members themselves may reach Hazelcast'],
    ['everything for the world', { IpProtocol: '-1', ...address('0.0.0.0/0') }, 'failed',
      'every port is open to 0.0.0.0/0, and only the members themselves may reach Hazelcast, and only load balancer lb may reach the product'],
    ['SSH for the world', tcp(22, 22, address('0.0.0.0/0')), 'failed', 'port 22 is open to 0.0.0.0/0'],
    ['ICMP for the world', { IpProtocol: 'icmp', FromPort: -1, ToPort: -1, ...address('0.0.0.0/0') }, 'failed', 'protocol icmp is open to 0.0.0.0/0'],
    ['SSH for one group', tcp(22, 22, group('sg-bastion')), 'warning', 'port 22 is open to sg-bastion, which the cluster does not need'],
    ['more member ports than needed', tcp(5701, 5800, group('sg-members')), 'warning',
      'port 5701 to 5800 is open to sg-members, which is wider than Hazelcast needs'],
    ['everything for the members', { IpProtocol: '-1', ...group('sg-members') }, 'warning',
      'every port is open to sg-members, and only load balancer lb may reach the product'],
  ])('%s', (_, rule, state, sentence) => {
    expect(excess(openingsOf([...RIGHT, rule]), NEEDS)).toEqual([{ state, sentence }]);
  });

  describe('a port that two need for the same', () => {
    const database = { name: 'the database', ports: { from: 3306, to: 3306 }, port: 3306 };
    const needs: readonly Need[] = [
      { ...database, who: 'the members', peers: ['sg-members'] },
      { ...database, who: 'the function that prepares it', peers: ['sg-function'] },
    ];
    const both = [tcp(3306, 3306, group('sg-members')), tcp(3306, 3306, group('sg-function'))];

    test('may be open to both', () => {
      expect([...excess(openingsOf(both), needs), ...lack(openingsOf(both), needs)]).toEqual([]);
    });

    test('may be open to nobody else', () => {
      expect(excess(openingsOf([...both, tcp(3306, 3306, group('sg-other'))]), needs)).toEqual([
        { state: 'failed', sentence: 'port 3306 is open to sg-other, and only the members and the function that prepares it may reach the database' },
      ]);
    });

    test('must be open to each of them', () => {
      expect(lack(openingsOf([both[0]]), needs).map(each => each.sentence)).toEqual(['port 3306 (the database) is closed to the function that prepares it']);
      expect(lack(openingsOf([both[1]]), needs).map(each => each.sentence)).toEqual(['port 3306 (the database) is closed to the members']);
    });

    test('is still reserved where something different needs the same port', () => {
      const other: Need = { ...database, name: 'the product', who: 'load balancer lb', peers: ['sg-lb'] };
      expect(excess(openingsOf(both), [...needs, other]).map(each => each.sentence)).toEqual(['sg-members', 'sg-function'].map(id =>
        `port 3306 is open to ${id}, and only load balancer lb may reach the product`));
    });
  });

  test('what is closed to those who need it', () => {
    expect(lack(openingsOf([tcp(5702, 5703, group('sg-members')), tcp(9443, 9443, group('sg-other'))]), NEEDS).map(each => each.sentence))
      .toEqual(['port 5701 (Hazelcast) is closed to the members themselves', 'port 9443 (the product) is closed to load balancer lb']);
    expect(lack(openingsOf([{ IpProtocol: 'udp', FromPort: 5701, ToPort: 5701, ...group('sg-members') }, RIGHT[1]]), NEEDS)).toHaveLength(1);
  });

  test('ways out', () => {
    const out = [{ port: 3306, name: 'the database' }];
    expect(noWayOut(openingsOf([tcp(443, 443, address('0.0.0.0/0'))]), out).map(each => each.sentence))
      .toEqual(['no rule lets it leave to port 3306 (the database)']);
    expect(noWayOut(openingsOf([{ IpProtocol: '-1', ...address('0.0.0.0/0') }]), out)).toEqual([]);
  });
});

describe('the question of each Hazelcast', () => {
  const instance = (state: string, tags: Record<string, string>, ...groups: readonly string[]): Instance => ({
    State: { Name: state as 'running' },
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    SecurityGroups: groups.map(GroupName => ({ GroupName, GroupId: `sg-of-${GroupName}` })),
  });
  const ASKED = { tagKey: 'cluster', tagValue: 'a', securityGroup: 'members' };
  const filter = (hazelcast: string, asked: Record<string, string>) =>
    filterOf(NodeClustering.read(userDataText('', AXIS2({ membershipScheme: 'aws', localMemberPort: '5701', ...asked })))!, hazelcast)!;

  test.each<[string, Instance, Record<string, string>, boolean]>([
    ['tag and group', instance('running', { cluster: 'a' }, 'members'), ASKED, true],
    ['one group of several', instance('running', { cluster: 'a' }, 'others', 'members'), ASKED, true],
    ['another value', instance('running', { cluster: 'b' }, 'members'), ASKED, false],
    ['another group', instance('running', { cluster: 'a' }, 'members2'), ASKED, false],
    ['the id of a group, which is compared with names', instance('running', { cluster: 'a' }, 'members'), { ...ASKED, securityGroup: 'sg-of-members' }, false],
    ['a stopped instance', instance('stopped', { cluster: 'a' }, 'members'), ASKED, false],
    ['one that starts', instance('pending', { cluster: 'a' }, 'members'), ASKED, false],
    ['a key without a value', instance('running', { cluster: 'b' }, 'members'), { tagKey: 'cluster', securityGroup: 'members' }, true],
    ['a value without a key, which is ignored', instance('running', {}, 'members'), { tagValue: 'a', securityGroup: 'members' }, true],
    ['no filter', instance('running', {}), {}, true],
  ])('3.5 and %s', (_, each, asked, chosen) => {
    expect(isChosen(each, filter('3.5.4', asked))).toBe(chosen);
  });

  test.each<[string, Record<string, string>, [string, string][]]>([
    ['3.12.2', ASKED, [['tag:cluster', 'a'], ['instance.group-name', 'members'], ['instance-state-name', 'running']]],
    ['5.3.6', { tagKey: 'cluster' }, [['tag-key', 'cluster'], ['instance-state-name', 'running']]],
    ['5.3.6', { tagValue: 'a' }, [['tag-value', 'a'], ['instance-state-name', 'running']]],
    ['3.12.2', { tagKey: 'a,b', tagValue: '1,2' }, [['tag:a,b', '1,2'], ['instance-state-name', 'running']]],
    ['4.2.6', { tagKey: 'a,b', tagValue: '1' }, [['tag:a', '1'], ['tag-key', 'b'], ['instance-state-name', 'running']]],
    ['5.3.6', {}, [['instance-state-name', 'running']]],
  ])('%s asked for %j', (hazelcast, asked, filters) => {
    expect(serverSideFilters(filter(hazelcast, asked))).toEqual(filters.map(([Name, value]) => ({ Name, Values: [value] })));
  });
});

function userDataText(title: string, configuration: object): string {
  return carryingOnly(JSON.stringify({ product: { title }, configuration }));
}

/** A cluster of one group, whose document says what its members look for. */
function clusterOf(title: string, configuration: object, instances: readonly Instance[]): Cluster {
  const text = userDataText(title, configuration);
  const userData = parseUserData(text)!;
  const clustering = NodeClustering.read(text)!;
  const instanceIds = instances.map(each => each.InstanceId!);
  return {
    name: 'Stack/Cluster',
    stack: { name: 'Stack', id: 'arn', status: 'CREATE_COMPLETE', account: '1', region: 'eu-west-1', resources: [] },
    groups: [{
      name: 'Workers', autoScalingGroup: { DesiredCapacity: instances.length } as never, launchTemplate: {}, userData, instanceIds,
      membership: readMembership(clustering, userData),
    }],
    balancers: [],
    resources: [],
    leavingIds: ['i-leaving'],
    instances: async () => instances,
  };
}

const AXIS2 = (parameters: Record<string, string>): object => ({ files: [{ file: 'repository/conf/axis2/axis2.xml', edits: Object.entries(parameters)
  .map(([name, text]) => ({ set: `/axisconfig/clustering/parameter[@name='${name}']`, text })) }] });

function running(id: string, address: string, more: Partial<Instance> = {}): Instance {
  return { InstanceId: id, PrivateIpAddress: address, VpcId: 'vpc-1', State: { Name: 'running' }, ...more };
}

/** EC2 as it would answer if these were its instances, for questions that these tests put. */
function apiOf(...instances: readonly Instance[]): Api {
  return { instances: async () => instances } as unknown as Api;
}

async function rowsOf(cluster: Cluster, api: Api): Promise<string[]> {
  return (await discovery(cluster, api)).map(each => `${each.state}: ${each.detail}`);
}

describe('discovery', () => {
  const ONE = running('i-1', '10.0.0.1', { Tags: [{ Key: 'cluster', Value: 'a' }] });

  test('of a product that is not in the catalogue is told where every Hazelcast finds the same', async () => {
    const cluster = clusterOf('Somebody\'s Server 1.0 default', AXIS2({ membershipScheme: 'aws', tagKey: 'cluster', tagValue: 'a', localMemberPort: '5701' }), [ONE]);
    expect(cluster.groups[0].membership).toMatchObject({ hazelcast: undefined, memberPorts: { from: 5701, to: 5708 } });
    expect(await rowsOf(cluster, apiOf(ONE))).toEqual(['passed: 1 of 1',
      'passed: 1 found as the Hazelcast of Somebody\'s Server 1.0 default asks (tag cluster=a, running): the instances of the cluster']);
    // What EC2 would filter by now, 3.5 would not take.
    expect(await rowsOf(cluster, apiOf(ONE, running('i-2', '10.0.0.2')))).toEqual(['passed: 1 of 1',
      'not answered: the Hazelcast of Somebody\'s Server 1.0 default: Hazelcast 3.5 would find i-1, a later one i-1, i-2']);
  });

  test('leaves instances alone that leave their group, and waits for those that start', async () => {
    const starting = running('i-2', '10.0.0.2', { State: { Name: 'pending' } });
    const cluster = clusterOf('WSO2 API Manager 2.2.0 gateway-worker', AXIS2({ membershipScheme: 'aws', tagKey: 'cluster' }), [ONE, starting]);
    expect(await rowsOf(cluster, apiOf(ONE, running('i-leaving', '10.0.0.9', { Tags: ONE.Tags }), starting)))
      .toEqual(['passed: 2 of 2', 'warning: i-2 of Workers is not found yet: it is pending']);
  });

  test('of nobody has not passed', async () => {
    const cluster = clusterOf('WSO2 API Manager 2.2.0 gateway-worker', AXIS2({ membershipScheme: 'aws', tagKey: 'cluster' }), []);
    expect(await rowsOf(cluster, apiOf())).toEqual(['passed: 0 of 0', 'failed: the cluster has no instances that could be found']);
    const missing = { ...cluster, groups: [{ ...cluster.groups[0], autoScalingGroup: { DesiredCapacity: 2 } as never }] };
    expect(await rowsOf(missing, apiOf())).toContain('failed: it has 0 of the 2 instances that it wants');
  });

  test('at well-known addresses, of which a second interface may have one', async () => {
    const hosts = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'].map(host => ({ host, port: '4000' }));
    const second = running('i-2', '10.0.9.9', { NetworkInterfaces: [{ PrivateIpAddress: '10.0.0.2' }] });
    const cluster = clusterOf('WSO2 Application Server 5.3.0 default', { members: { hosts }, ...AXIS2({ membershipScheme: 'wka' }) }, [ONE, second]);
    const stranger = running('i-9', '10.0.0.3', { Tags: [{ Key: 'Name', Value: 'elsewhere' }] });
    expect(await rowsOf(cluster, apiOf(ONE, second, stranger))).toEqual(['passed: 2 of 2', 'failed: '
      + '10.0.0.3 is the address of i-9 (elsewhere), which is in none of the cluster\'s auto scaling groups; '
      + 'no running instance has the address 10.0.0.4 of a well-known member']);
  });

  test('at addresses that only a node knows', async () => {
    const members = { hosts: [{ host: { metadata: 'local-ipv4' }, port: '4000' }] };
    expect(await rowsOf(clusterOf('WSO2 Application Server 5.3.0 default', { members, ...AXIS2({ membershipScheme: 'wka' }) }, [ONE]), apiOf(ONE)))
      .toContain('not answered: what is at {"metadata":"local-ipv4"} only a node knows');
  });

  test('that the user data does not tell is not guessed', async () => {
    expect(await rowsOf(clusterOf('WSO2 API Manager 2.2.0 default', AXIS2({ membershipScheme: 'wka' }), [ONE]), apiOf(ONE)))
      .toContain('not answered: the user data does not say how the members find each other');
  });
});

describe('instance metadata', () => {
  const options = (HttpTokens: 'required' | 'optional', more: object = {}): Instance =>
    running('i-1', '10.0.0.1', { MetadataOptions: { HttpTokens, HttpPutResponseHopLimit: 1, HttpEndpoint: 'enabled', ...more } });

  test.each<[string, string, Instance, string]>([
    ['WSO2 API Manager 2.2.0 default', 'aws', options('required'), 'passed: tokens are required, hop limit 1, on 1 instances'],
    ['WSO2 Identity Server 5.11.0 default', 'aws', options('optional'), 'passed: IMDSv1 is allowed, which Hazelcast 3.12.2 needs, hop limit 1, on 1 instances'],
    ['WSO2 Identity Server 5.11.0 default', 'aws', options('required'), 'failed: i-1 of Workers requires tokens (IMDSv2), which Hazelcast 3.12.2 does not send'],
    ['WSO2 Identity Server 5.11.0 default', 'wka', options('optional'), 'failed: i-1 of Workers answers without a token (IMDSv1), which nothing on it needs'],
    ['WSO2 Identity Server 7.1.0 default', 'aws', options('optional'), 'failed: i-1 of Workers answers without a token (IMDSv1), which nothing on it needs'],
    ['WSO2 API Manager 2.2.0 default', 'aws', options('required', { HttpEndpoint: 'disabled' }), 'failed: i-1 of Workers has no instance metadata, which its boot program reads'],
    ['Somebody\'s Server 1.0', 'aws', options('required'), 'not answered: whether the Hazelcast of Somebody\'s Server 1.0 needs IMDSv1 is not known'],
  ])('%s in the %s scheme', async (title, scheme, instance, row) => {
    const rows = await metadata(clusterOf(title, AXIS2({ membershipScheme: scheme }), [instance]));
    expect(rows.map(each => `${each.state}: ${each.detail}`)).toEqual([row]);
  });
});

describe('access keys', () => {
  const NOW = new Date('2026-06-30T00:00:00Z');
  const key = (id: string, created: string, status: 'Active' | 'Inactive' = 'Active') => ({ AccessKeyId: id, CreateDate: new Date(created), Status: status });

  test.each([
    ['young', [key('AKIA1', '2026-04-01T00:00:00Z')], []],
    ['old', [key('AKIA1', '2026-03-31T00:00:00Z')], ['warning: AKIA1 is 91 days old, more than 90: rotate it']],
    ['old, and inactive beside a new one', [key('AKIA1', '2020-01-01T00:00:00Z', 'Inactive'), key('AKIA2', '2026-06-29T00:00:00Z')], []],
    ['none', [], ['failed: it has no active access key, so no member can ask EC2 for the others']],
    ['in rotation', [key('AKIA1', '2026-06-01T00:00:00Z'), key('AKIA2', '2026-06-29T00:00:00Z')],
      ['warning: AKIA1 and AKIA2 are both active: deactivate the one that no node uses any more']],
  ])('%s', (_, keys, problems) => {
    expect(keyProblems(keys, NOW).map(each => `${each.state}: ${each.sentence}`)).toEqual(problems);
  });
});

test.each<[string, readonly string[], number | undefined]>([
  ['3.5', ['x', 'INFO [10.0.0.1]:5701 [d] [3.5.4] Members [1] {', 'Members [3] {'], 3],
  ['3.9 and later', ['Members {size:2, ver:2} [', 'Members {size:4, ver:4} ['], 4],
  ['no list', ['Member joined [a]: /10.0.0.1:5701', 'Members of the board'], undefined],
])('the last list of members in a log of %s', (_, messages, size) => {
  expect(lastSize(messages)).toBe(size);
});

describe('what a service says instead of an answer', () => {
  const saying = (name: string, message: string, httpStatusCode?: number): Error => Object.assign(new Error(message), { name, $metadata: { httpStatusCode } });

  test.each<[Error, typeof Unanswered | typeof Gone, string]>([
    [saying('AccessDenied', 'User: x is not authorized', 403), Unanswered, 'the caller may not iam:GetUser: User: x is not authorized'],
    [saying('UnauthorizedOperation', 'You are not authorized', 403), Unanswered, 'the caller may not iam:GetUser: You are not authorized'],
    [saying('NoSuchEntityException', 'The user with name x cannot be found.', 404), Gone, 'it does not exist any more: The user with name x cannot be found.'],
    [saying('InvalidGroup.NotFound', 'The group sg-1 does not exist', 400), Gone, 'it does not exist any more: The group sg-1 does not exist'],
    [saying('Throttling', 'Rate exceeded', 400), Unanswered, 'iam:GetUser was not answered (HTTP 400): Rate exceeded'],
    [saying('Error', 'XML parse error.\n  Deserialization error: see $response', 500), Unanswered, 'iam:GetUser was not answered (HTTP 500): what came back cannot be read'],
    [Object.assign(new Error(''), { name: 'TimeoutError' }), Unanswered, 'iam:GetUser was not answered: TimeoutError'],
  ])('%s', async (error, kind, sentence) => {
    const asked = ask('iam:GetUser', async () => { throw error; });
    await expect(asked).rejects.toThrow(kind);
    await expect(asked).rejects.toThrow(sentence);
  });
});
