import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, NestedStack, Stack, Tags } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { RootConstruct } from 'constructs';
import {
  CarbonClusterProps, CarbonProduct, ConfigurationEdit, ConfigurationOverlay, ConfigurationValue, LoadBalancing, Membership, NginxCertificate, testing,
  WellKnownMember,
} from '../../lib';
import { gateway, testApp, testStack } from '../gateway';

const { Discovery, SynthesizedStacks } = testing;

/** A stack with a cluster, in an app of its own: one app refuses what two teams can do to each other. */
function stackWith(id: string, overrides: Partial<CarbonClusterProps> = {}, region = 'eu-west-1'): Stack {
  const stack = testStack(testApp(), id, { account: '111111111111', region });
  gateway(stack, overrides);
  return stack;
}

const IDENTITY = { tagKey: 'cluster', tagValue: 'shared', domain: 'shared', securityGroupName: 'shared' };
const IS = { product: CarbonProduct.identityServer('5.11.0') };
const IS_7 = { product: CarbonProduct.identityServer('7.1.0') };
const names = (found: testing.DescribedInstances[]): string[] => found.map(each => each.name);

const simulate = (...stacks: Stack[]): testing.Discovery => Discovery.simulate(SynthesizedStacks.of(...stacks));

describe('one cluster', () => {
  test('each node finds manager and workers by the filter of its Hazelcast', () => {
    const discovery = simulate(stackWith('A'));
    expect(names(discovery.nodes)).toEqual(['A/Gateway/Manager', 'A/Gateway/Workers']);
    expect(discovery.nodesNamed('Workers')).toMatchObject({
      stackName: 'A', logicalId: 'GatewayWorkersAutoScalingGroupASGEDCA451C', minCount: 2, maxCount: 3,
      product: 'WSO2 API Manager 2.2.0 gateway-worker', domain: 'A-Gateway', scheme: 'aws', hazelcastVersion: '3.5.4',
      filter: 'tag carbon-cluster=A-Gateway, security group A-Gateway, running', firstPort: 5701, lastPort: 5703,
    });
    for (const each of discovery.nodes) expect(names(each.finds)).toEqual(['A/Gateway/Manager', 'A/Gateway/Workers']);
    discovery.assertApart();
    discovery.assertComplete();
    discovery.assertPortsOpen();
  });

  test.each<[string, Partial<CarbonClusterProps>, object]>([
    ['Hazelcast 5 tries the same ports whatever its own is', { ...IS_7, membership: Membership.aws({ localMemberPort: 5703 }) },
      { scheme: 'aws', hazelcastVersion: '5.3.6', firstPort: 5701, lastPort: 5708 }],
    ['members of Hazelcast 3.12 are found by their tag while they start', IS,
      { scheme: 'wka', hazelcastVersion: '3.12.2', firstPort: 4000, lastPort: 4000, filter: 'tag carbon-cluster=A-Gateway, pending or running' }],
    ['3.5 goes on from its own port', { membership: Membership.aws({ localMemberPort: 5750 }) }, { firstPort: 5750, lastPort: 5752 }],
  ])('%s', (_what, overrides, expected) => {
    const discovery = simulate(stackWith('A', overrides));
    expect(discovery.nodes[0]).toMatchObject(expected);
    discovery.assertComplete();
    discovery.assertPortsOpen();
  });

  test('members at addresses are not looked for', () => {
    const membership = Membership.wellKnown({ members: [WellKnownMember.range('10.0.0.4', 5)] });
    const discovery = simulate(stackWith('A', { membership }));
    expect(discovery.nodes).toEqual([]);
    expect(() => discovery.assertComplete()).toThrow('stacks have no node that looks for members, give those with the cluster');
  });

  test('an overlay that breaks the filter is found out', () => {
    const overlay = ConfigurationOverlay.edits('repository/conf/axis2/axis2.xml',
      ConfigurationEdit.text("/axisconfig/clustering/parameter[@name='tagValue']", ConfigurationValue.text('other')));
    expect(() => simulate(stackWith('A', { configurationOverlays: [overlay] })).assertComplete()).toThrow(
      'A/Gateway/Workers does not find A/Gateway/Manager of its own cluster by tag carbon-cluster=other, security group A-Gateway, running');
  });

  test('a product of one\'s own needs its Hazelcast', () => {
    const stack = stackWith('A', { product: CarbonProduct.of({ productName: 'Own Server', version: '1.0', kernelVersion: '4.4.26' }) });
    expect(() => simulate(stack)).toThrow(/^hazelcastVersions: 'Own Server 1\.0 \w+' of A\/Gateway\/\w+ is not in the catalogue/);
    const discovery = Discovery.simulate(SynthesizedStacks.of(stack), { hazelcastVersions: { 'Own Server 1.0': '3.5.4' } });
    expect(discovery.nodes[0].hazelcastVersion).toBe('3.5.4');
    discovery.assertComplete();
  });
});

describe('two clusters', () => {
  test('never meet by default', () => {
    const discovery = simulate(stackWith('A'), stackWith('B'));
    expect(discovery.nodes).toHaveLength(4);
    discovery.assertApart();
    discovery.assertComplete();
  });

  test('that share tag and group name meet, in Hazelcast 3.5', () => {
    expect(() => simulate(stackWith('A', IDENTITY), stackWith('B', IDENTITY)).assertApart()).toThrow([
      'A/Gateway/Manager finds B/Gateway/Manager, which is not of its cluster, by tag cluster=shared, security group shared, running: '
        + 'give each cluster a tagValue of its own, and nothing else that tag',
      'A/Gateway/Manager finds B/Gateway/Workers',
    ].join('\n').slice(0, 240));
  });

  test('a group name of its own keeps 3.5 apart, and not the discovered members of 3.12', () => {
    const others = { ...IDENTITY, securityGroupName: 'others' };
    simulate(stackWith('A', IDENTITY), stackWith('B', others)).assertApart();
    expect(() => simulate(stackWith('A', { ...IDENTITY, ...IS }), stackWith('B', { ...others, ...IS })).assertApart())
      .toThrow(/^A\/Gateway\/\w+ finds B\/Gateway\/\w+/);
  });

  test('in two regions never meet', () => {
    simulate(stackWith('A', IDENTITY), stackWith('B', IDENTITY, 'eu-central-1')).assertApart();
  });

  test('that are asked for in another region meet there', () => {
    const membership = Membership.aws({ region: 'eu-central-1' });
    const discovery = simulate(stackWith('A', { ...IDENTITY, membership }), stackWith('B', IDENTITY, 'eu-central-1'));
    expect(names(discovery.nodes[0].finds)).toEqual(['B/Gateway/Manager', 'B/Gateway/Workers']);
    expect(() => discovery.assertApart()).toThrow(/^A\/Gateway\/Manager finds B/);
    expect(() => discovery.assertComplete()).toThrow(/^A\/Gateway\/Manager does not find A\/Gateway\/Manager/);
  });

  test('whose regions nobody knows may meet', () => {
    const templates = Object.fromEntries(['A', 'B'].map(id => [id, Template.fromStack(stackWith(id, IDENTITY)).toJSON()]));
    expect(() => Discovery.simulate(SynthesizedStacks.fromTemplates(templates)).assertApart()).toThrow(/finds B\/Gateway\/Manager/);
  });
});

describe('instances that are no nodes', () => {
  function withBastion(groups: (stack: Stack) => ec2.ISecurityGroup, tag?: string): Stack {
    const stack = testStack(testApp(), 'A');
    const cluster = gateway(stack);
    const bastion = new ec2.Instance(stack, 'Bastion', {
      vpc: stack.node.findChild('Vpc') as ec2.Vpc,
      instanceType: new ec2.InstanceType('t3.micro'),
      machineImage: ec2.MachineImage.genericLinux({ 'eu-west-1': 'ami-1' }),
      securityGroup: groups(stack),
    });
    if (tag) Tags.of(bastion).add(cluster.tagKey, tag);
    return stack;
  }
  const ofCluster = (stack: Stack): ec2.ISecurityGroup => (stack.node.findChild('Gateway') as ReturnType<typeof gateway>).securityGroup;

  test('are found with the tag, in the group', () => {
    const discovery = simulate(withBastion(ofCluster, 'A-Gateway'));
    expect(discovery.nodes[0].finds.map(each => each.minCount)).toEqual([1, 2, 1]);
    expect(() => discovery.assertApart()).toThrow(/^A\/Gateway\/Manager finds A\/Bastion, which is not of its cluster/);
  });

  test('are not found without one of them', () => {
    simulate(withBastion(ofCluster)).assertApart();
    simulate(withBastion(stack => new ec2.SecurityGroup(stack, 'Own', { vpc: stack.node.findChild('Vpc') as ec2.Vpc }), 'A-Gateway')).assertApart();
  });
});

test.each<[string, Partial<CarbonClusterProps>]>([['3.5', {}], ['3.12', IS], ['5', IS_7]])('NGINX before the nodes is no member of Hazelcast %s', (_version, product) => {
  const certificate = (stack: Stack): NginxCertificate => NginxCertificate.fromSecret(new secretsmanager.Secret(stack, 'Tls'));
  const stack = testStack(testApp(), 'A');
  gateway(stack, { certificates: undefined, loadBalancing: LoadBalancing.nginx({ certificate: certificate(stack) }), ...product });
  const discovery = simulate(stack);
  expect(names(discovery.nodes)).toEqual(['A/Gateway/Manager', 'A/Gateway/Workers']);
  discovery.assertApart();
  discovery.assertComplete();
});

describe('ports', () => {
  function altered(change: (rule: Record<string, any>) => void, direction: 'Ingress' | 'Egress' = 'Ingress'): testing.Discovery {
    const template = Template.fromStack(stackWith('A')).toJSON();
    for (const [id, resource] of Object.entries<any>(template.Resources)) {
      if (resource.Type === `AWS::EC2::SecurityGroup${direction}` && resource.Properties.FromPort === 5701) change({ id, template, ...resource.Properties, resource });
    }
    return Discovery.simulate(SynthesizedStacks.fromTemplates({ A: template }));
  }

  test('a rule that is missing, on either side', () => {
    const sentence = 'A/Gateway/Manager cannot reach A/Gateway/Workers at TCP 5701, 5702, 5703, which Hazelcast 3.5.4 tries: open 5701 to 5703 between the members';
    for (const direction of ['Ingress', 'Egress'] as const) {
      const discovery = altered(({ id, template }) => { delete template.Resources[id]; }, direction);
      expect(() => discovery.assertPortsOpen()).toThrow(sentence);
    }
  });

  test('a range that is too short', () => {
    expect(() => altered(({ resource }) => { resource.Properties.ToPort = 5702; }).assertPortsOpen()).toThrow('at TCP 5703, which');
  });

  test('a rule for another protocol or another group does not count', () => {
    expect(() => altered(({ resource }) => { resource.Properties.IpProtocol = 'udp'; }).assertPortsOpen()).toThrow('at TCP 5701');
    expect(() => altered(({ resource }) => { resource.Properties.SourceSecurityGroupId = 'sg-1'; }).assertPortsOpen()).toThrow('at TCP 5701');
  });

  test.each([['all protocols', { IpProtocol: '-1', FromPort: undefined, ToPort: undefined }], ['everywhere', { SourceSecurityGroupId: undefined, CidrIp: '0.0.0.0/0' }],
    ['the whole network', { SourceSecurityGroupId: undefined, CidrIp: { 'Fn::GetAtt': ['Vpc8378EB38', 'CidrBlock'] } }]])('a rule for %s counts', (_what, properties) => {
    altered(({ resource }) => Object.assign(resource.Properties, properties)).assertPortsOpen();
  });
});

describe('where stacks come from', () => {
  test('a cluster in a nested stack, its network outside', () => {
    const stack = testStack(testApp(), 'Parent');
    const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 2 });
    const nested = new NestedStack(stack, 'Nested');
    gateway(nested, { vpc });
    const stacks = SynthesizedStacks.of(stack);
    expect(stacks.stackNames).toEqual(['Parent', expect.stringMatching(/^Parent\/Nested/)]);
    const discovery = Discovery.simulate(stacks);
    expect(discovery.nodes).toHaveLength(2);
    discovery.assertComplete();
    discovery.assertPortsOpen();
    expect(simulate(nested).nodes).toHaveLength(2);
  });

  test('an instance of another stack in the cluster\'s group, through an export', () => {
    const app = testApp();
    const [one, two] = [testStack(app, 'One'), testStack(app, 'Two')];
    const cluster = gateway(one);
    const other = new ec2.CfnInstance(two, 'Other', { securityGroupIds: [cluster.securityGroup.securityGroupId] });
    Tags.of(other).add(cluster.tagKey, cluster.tagValue);
    expect(() => simulate(one, two).assertApart()).toThrow(/^One\/Gateway\/Manager finds Two\/Other/);
  });

  test('a cloud assembly, also when it has moved', () => {
    const app = new App({ outdir: mkdtempSync(join(tmpdir(), 'carbon-assembly-')), context: testApp().node.getAllContext(), analyticsReporting: false });
    gateway(testStack(app, 'A'));
    const { directory } = app.synth();
    const copy = mkdtempSync(join(tmpdir(), 'carbon-assembly-'));
    cpSync(directory, copy, { recursive: true });
    rmSync(directory, { recursive: true });
    expect(names(Discovery.simulate(SynthesizedStacks.fromAssembly(copy)).nodes)).toEqual(['A/Gateway/Manager', 'A/Gateway/Workers']);
    rmSync(copy, { recursive: true });
  });

  test.each<[string, () => unknown, string]>([
    ['no stacks', () => SynthesizedStacks.of(), 'stacks are none, give at least one'],
    ['no template', () => SynthesizedStacks.fromTemplates({ A: {} }), "template 'A' has no Resources, give the parsed JSON of a template"],
    ['a stack outside an app', () => SynthesizedStacks.of(new Stack(new RootConstruct(), 'Alone')), "stack 'Alone' is in no app, make it below an App"],
    ['a name of nothing', () => simulate(stackWith('A')).nodesNamed('Store'), "nodes 'Store' are 0 groups, name one of A/Gateway/Manager, A/Gateway/Workers"],
  ])('%s', (_what, action, message) => {
    expect(action).toThrow(message);
  });
});
