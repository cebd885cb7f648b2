import { Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { AwsMembershipCredentials, Membership, WellKnownMember } from '../../lib';
import { LateBoundValues } from '../../lib/boot/late-bound-values';
import { MembershipConfig, NodeMembership } from '../../lib/membership/membership-host';
import { awsParameters } from '../../lib/membership/parameter-names';
import { ProductVersion } from '../../lib/products/product-version';
import { testApp, testStack } from '../gateway';

const IDENTITY = { tagKey: 'carbon-cluster', tagValue: 'mine', domain: 'd', securityGroupName: 'members' };

/** Kernel and Hazelcast of the generations (carbon.md, section 2). */
const KERNELS = {
  'AS 5.3.0': ['4.4.1', '3.5.0'],
  'APIM 2.2.0': ['4.4.26', '3.5.4'],
  'EI 6.6.0': ['4.5.3', '3.12.2'],
  'IS 5.11': ['4.6.1', '3.12.2'],
  'IS 6.0': ['4.7.1', '4.2.5'],
  'APIM 4.6': ['4.9.33', '4.2.6'],
  'APIM 4.7': ['4.11.18', '4.2.6'],
  'IS 7.1': ['4.10.42', '5.3.6'],
} as const;
type Kernel = keyof typeof KERNELS;

interface Bound { stack: Stack; config: MembershipConfig; node: NodeMembership; template: Template }

function bind(kernel: Kernel, membership: Membership, region?: string): Bound {
  const stack = testStack(testApp(), 'Test', { account: '111111111111', region: region ?? 'eu-west-1' });
  const [version, hazelcast] = KERNELS[kernel];
  const product = { kernel: version, hazelcast, title: 'Product', version: '1' } as unknown as ProductVersion;
  const config = membership._bind(new Construct(stack, 'Membership'), { product, identity: IDENTITY, roles: ['manager', 'worker'] });
  const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
  const node = config.bindNode(role, new LateBoundValues(), { role: 'manager', wellKnown: [] });
  return { stack, config, node, template: Template.fromStack(stack) };
}

const names = (node: NodeMembership): string[] => node.parameters.map(each => each.name);

describe('aws, by kernel', () => {
  test.each<[Kernel, boolean, boolean]>([
    ['AS 5.3.0', true, false], ['APIM 2.2.0', true, false], ['EI 6.6.0', false, true], ['IS 5.11', false, true],
    ['IS 6.0', false, true], ['APIM 4.6', false, true], ['APIM 4.7', false, true], ['IS 7.1', false, false],
  ])('%s: access key %s, IMDSv1 %s', (kernel, accessKey, imdsV1) => {
    const { config, node, template, stack } = bind(kernel, Membership.aws());
    template.resourceCountIs('AWS::IAM::AccessKey', accessKey ? 1 : 0);
    expect(names(node).includes('accessKey')).toBe(accessKey);
    expect(config.needsImdsV1).toBe(imdsV1);
    // Hazelcast 3.5 with a key asks for none, every other asks at least for its zone.
    expect(config.needsMetadata).toBe(!accessKey);
    if (imdsV1) Annotations.fromStack(stack).hasWarning('*', Match.stringLikeRegexp('HttpTokensEnforced.*membershipImdsV1'));
    else Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });

  test.each<[Kernel]>([['EI 6.6.0'], ['APIM 4.6']])('%s: a key does not spare IMDSv1', kernel => {
    const { config, node } = bind(kernel, Membership.aws({ credentials: AwsMembershipCredentials.accessKey() }));
    expect(names(node)).toContain('secretKey');
    expect(config.needsImdsV1).toBe(true);
  });

  test.each<[Kernel, string]>([['APIM 2.2.0', 'aws'], ['IS 5.11', 'wka'], ['APIM 4.6', 'wka'], ['IS 7.1', 'aws']])('%s: %s without a choice, and never IMDSv1',
    (kernel, scheme) => {
      const membership = Membership._default({ hazelcast: KERNELS[kernel][1] } as unknown as ProductVersion);
      const { config, stack } = bind(kernel, membership);
      expect(config).toMatchObject({ scheme, needsImdsV1: false });
      Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
    });

  test('the role is refused where it cannot work', () => {
    expect(() => bind('APIM 2.2.0', Membership.aws({ credentials: AwsMembershipCredentials.instanceRole() })))
      .toThrow(/^credentials instanceRole does not work with Hazelcast 3\.5\.4 of Product 1, use .*Membership\.discovered\(\)$/);
  });

  test('names are camelCase up to 4.5 and in both spellings from 4.6 on', () => {
    const camelCase = ['accessKey', 'secretKey', 'region', 'securityGroup', 'tagKey', 'tagValue'];
    const withKey = Membership.aws({ credentials: AwsMembershipCredentials.accessKey() });
    expect(names(bind('APIM 2.2.0', withKey).node)).toEqual([...camelCase, 'connTimeout']);
    expect(names(bind('EI 6.6.0', withKey).node)).toEqual(camelCase);
    for (const kernel of ['IS 5.11', 'IS 6.0', 'APIM 4.6', 'APIM 4.7'] as const) {
      expect(names(bind(kernel, withKey).node)).toEqual([...camelCase, 'access-key', 'secret-key', 'security-group-name', 'tag-key', 'tag-value']);
    }
  });

  test('no parameter is ever empty', () => {
    expect(awsParameters('4.4.26', { region: 'eu-west-1', tagKey: undefined })).toEqual([{ name: 'region', value: 'eu-west-1' }]);
  });

  test('3.5.0 needs a host header, later ones none', () => {
    const host = bind('AS 5.3.0', Membership.aws()).node.parameters.find(each => each.name === 'hostHeader');
    expect(host?.value).toEqual({ join: ['ec2.', 'eu-west-1', '.amazonaws.com'] });
    expect(names(bind('APIM 2.2.0', Membership.aws()).node)).not.toContain('hostHeader');
  });

  test('China is out of reach of 3.5', () => {
    expect(() => bind('APIM 2.2.0', Membership.aws(), 'cn-north-1')).toThrow(/^region 'cn-north-1' cannot be reached by Hazelcast 3\.5\.4/);
    expect(() => bind('IS 7.1', Membership.aws(), 'cn-north-1')).not.toThrow();
  });

  test('ports are those that are probed', () => {
    expect(bind('APIM 2.2.0', Membership.aws({ localMemberPort: 5750 })).config.memberPorts).toEqual([{ from: 5750, to: 5752 }]);
    expect(bind('IS 7.1', Membership.aws()).config.memberPorts).toEqual([{ from: 5701, to: 5708 }]);
    expect(() => bind('IS 7.1', Membership.aws({ localMemberPort: 5750 }))).toThrow(/^localMemberPort 5750 is never probed by Hazelcast 5\.3\.6/);
  });

  test('the connection timeout is that of a busy machine where it decides who founds a cluster, and is left alone elsewhere', () => {
    const timeouts = (kernel: Kernel, connTimeout?: number): unknown[] =>
      bind(kernel, Membership.aws({ connTimeout })).node.parameters.filter(each => /timeout/i.test(each.name)).map(each => each.value);
    expect(timeouts('APIM 2.2.0')).toEqual(['60']);
    expect(timeouts('APIM 2.2.0', 90)).toEqual(['90']);
    expect(() => timeouts('APIM 2.2.0', 29)).toThrow(/^connTimeout must be an integer of at least 30, got 29: /);
    expect(timeouts('IS 7.1')).toEqual([]);
    expect(timeouts('IS 7.1', 5)).toEqual(['5', '5']);
  });

  test('a secret of one\'s own makes no user', () => {
    const stack = testStack();
    const secret = secretsmanager.Secret.fromSecretCompleteArn(stack, 'Own', 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:own-abcdef');
    const { template, node } = bind('APIM 2.2.0', Membership.aws({ credentials: AwsMembershipCredentials.fromSecret(secret) }));
    template.resourceCountIs('AWS::IAM::User', 0);
    expect(names(node)).toContain('secretKey');
  });
});

describe('wka', () => {
  test('addresses and ranges, each with its port', () => {
    const { config, node } = bind('APIM 2.2.0', Membership.wellKnown({
      members: [WellKnownMember.address('10.0.1.5', 4100), WellKnownMember.range('10.0.1.10', 12)], localMemberPort: 4200,
    }));
    expect(config.scheme).toBe('wka');
    expect(node.members).toEqual({
      hosts: [['10.0.1.5', '4100'], ['10.0.1.10', '4200'], ['10.0.1.11', '4200'], ['10.0.1.12', '4200']].map(([host, port]) => ({ host, port })),
    });
    expect(config.memberPorts).toEqual([{ from: 4100, to: 4100 }, { from: 4200, to: 4200 }]);
  });

  test.each([
    ['wellKnown', (connTimeout?: number) => Membership.wellKnown({ members: [WellKnownMember.range('10.0.1.5', 6)], connTimeout })],
    ['wellKnownNodes', (connTimeout?: number) => Membership.wellKnownNodes({ connTimeout })],
    ['discovered', (connTimeout?: number) => Membership.discovered({ connTimeout })],
  ])('%s has a connection timeout of at least half a minute, on every kernel', (_name, make) => {
    for (const kernel of ['AS 5.3.0', 'EI 6.6.0', 'IS 7.1'] as const) {
      expect(bind(kernel, make()).node.parameters).toEqual([{ name: 'connTimeout', value: '60' }]);
      expect(bind(kernel, make(30)).node.parameters).toEqual([{ name: 'connTimeout', value: '30' }]);
      expect(() => bind(kernel, make(5))).toThrow(/^connTimeout must be an integer of at least 30, got 5: /);
      expect(() => bind(kernel, make(30.5))).toThrow(/^connTimeout must be an integer of at least 30, got 30.5: /);
    }
  });

  test('one member is a warning, two are none', () => {
    const one = bind('APIM 2.2.0', Membership.wellKnown({ members: [WellKnownMember.address('10.0.1.5')] }));
    Annotations.fromStack(one.stack).hasWarning('*', Match.stringLikeRegexp('fewWellKnownMembers'));
    const two = bind('APIM 2.2.0', Membership.wellKnown({ members: [WellKnownMember.range('10.0.1.5', 6)] }));
    Annotations.fromStack(two.stack).hasNoWarning('*', Match.anyValue());
  });

  test.each([
    ['a name', () => WellKnownMember.address('manager.local'), "member 'manager.local' is no IPv4 address"],
    ['an octet too large', () => WellKnownMember.address('10.0.1.256'), "member '10.0.1.256' is no IPv4 address"],
    ['a range backwards', () => WellKnownMember.range('10.0.1.10', 9), "member range '10.0.1.10' to '9' is none, give a last octet from 10 to 255"],
    ['a port for root', () => WellKnownMember.address('10.0.1.5', 80), 'port 80 is no port that a service user may open'],
  ])('%s is refused', (_what, make, message) => {
    expect(make).toThrow(message);
  });

  test('discovered members need no key anywhere, on the oldest kernel', () => {
    const { node, template, config } = bind('AS 5.3.0', Membership.discovered());
    expect(node).toEqual({ parameters: [{ name: 'connTimeout', value: '60' }], members: { tag: 'carbon-cluster', value: 'mine', port: '4000' } });
    template.resourceCountIs('AWS::IAM::AccessKey', 0);
    template.resourceCountIs('AWS::SecretsManager::Secret', 0);
    template.hasResourceProperties('AWS::IAM::Role', { ManagedPolicyArns: [{ Ref: Match.stringLikeRegexp('MembershipPolicy') }] });
    expect(config.memberPorts).toEqual([{ from: 4000, to: 4000 }]);
  });
});
