import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import { BootPhase, CarbonCluster, Database } from '../../lib';
import { documentOf, gateway, testApp, testStack, userDataOf } from '../gateway';

const stack = testStack();
const cluster: CarbonCluster = gateway(stack);
const template = Template.fromStack(stack);

describe('security group', () => {
  test('has an explicit name and a constant description', () => {
    template.hasResourceProperties('AWS::EC2::SecurityGroup', {
      GroupName: 'Test-Gateway',
      GroupDescription: 'Members of a WSO2 Carbon cluster',
    });
  });

  test('opens the member ports to itself and nobody else', () => {
    const rules = Object.values(template.findResources('AWS::EC2::SecurityGroupIngress')).map(each => each.Properties)
      .filter(each => each.FromPort === 5701);
    expect(rules).toHaveLength(1);
    expect(rules[0]).toMatchObject({ FromPort: 5701, ToPort: 5703, IpProtocol: 'tcp' });
    expect(rules[0].SourceSecurityGroupId).toEqual(rules[0].GroupId);
    expect(rules[0].CidrIp).toBeUndefined();
  });

  test('no group but the load balancer\'s takes an address range, and leaves only by HTTPS', () => {
    const groups = template.findResources('AWS::EC2::SecurityGroup');
    const open = Object.entries(groups).filter(([, group]) => group.Properties.SecurityGroupIngress);
    expect(open.map(([id]) => id)).toEqual([expect.stringContaining('LoadBalancer')]);
    const members = Object.values(groups).find(each => each.Properties.GroupName === 'Test-Gateway')!;
    expect(members.Properties.SecurityGroupEgress).toEqual([expect.objectContaining({ CidrIp: '0.0.0.0/0', FromPort: 443, ToPort: 443 })]);
  });
});

describe('identity', () => {
  test('is derived from the stack and the path', () => {
    expect([cluster.tagKey, cluster.tagValue, cluster.domain]).toEqual(['carbon-cluster', 'Test-Gateway', 'Test-Gateway']);
  });

  test('is on the instances from their launch on', () => {
    for (const group of ['Manager', 'Workers']) {
      const found = Object.entries(template.findResources('AWS::EC2::LaunchTemplate')).find(([id]) => id.includes(group))![1];
      const instance = found.Properties.LaunchTemplateData.TagSpecifications.find((each: any) => each.ResourceType === 'instance');
      expect(instance.Tags).toContainEqual({ Key: 'carbon-cluster', Value: 'Test-Gateway' });
    }
  });

  test('differs between two constructs of one stack', () => {
    const two = testStack();
    const [a, b] = [gateway(two, {}, 'A'), gateway(two, {}, 'B')];
    expect(a.tagValue).not.toBe(b.tagValue);
    expect(a.domain).not.toBe(b.domain);
  });
});

describe('nodes', () => {
  test('have encrypted volumes, no public address, IMDSv2 only and no key pair', () => {
    template.allResourcesProperties('AWS::EC2::LaunchTemplate', Match.objectLike({
      LaunchTemplateData: {
        BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { Encrypted: true, VolumeSize: 30, VolumeType: 'gp3' } }],
        ImageId: 'ami-0123456789abcdef0',
        MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
        NetworkInterfaces: [{ AssociatePublicIpAddress: false, DeviceIndex: 0 }],
        KeyName: Match.absent(),
      },
    }));
  });

  test('are one manager and two workers in auto scaling groups that wait for their signals', () => {
    template.resourceCountIs('AWS::AutoScaling::LaunchConfiguration', 0);
    template.resourceCountIs('AWS::AutoScaling::AutoScalingGroup', 2);
    for (const count of [1, 2]) {
      template.hasResource('AWS::AutoScaling::AutoScalingGroup', {
        Properties: { MinSize: `${count}`, HealthCheckType: 'ELB' },
        CreationPolicy: { ResourceSignal: { Count: count, Timeout: 'PT20M' } },
      });
    }
  });

  test('workers come after the manager', () => {
    const groups = template.findResources('AWS::AutoScaling::AutoScalingGroup');
    const [manager, workers] = [Object.keys(groups).find(id => id.includes('Manager'))!, Object.keys(groups).find(id => id.includes('Workers'))!];
    expect(groups[workers].DependsOn).toContain(manager);
  });

  test('run the profile of their role', () => {
    expect(documentOf(userDataOf(template, 'Manager')).product.arguments).toEqual(['-Dprofile=gateway-manager']);
    expect(documentOf(userDataOf(template, 'Workers')).product.arguments).toEqual(['-Dprofile=gateway-worker']);
  });
});

test('the load balancer sends each host name to its role, over TLS', () => {
  template.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', {
    Port: 443, Protocol: 'HTTPS', SslPolicy: 'ELBSecurityPolicy-TLS13-1-2-Res-2021-06',
    DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } }],
  });
  const targetOf = (host: string): any => {
    const rule = Object.values(template.findResources('AWS::ElasticLoadBalancingV2::ListenerRule'))
      .find(each => each.Properties.Conditions[0].HostHeaderConfig.Values.includes(host))!;
    return template.findResources('AWS::ElasticLoadBalancingV2::TargetGroup')[rule.Properties.Actions[0].TargetGroupArn.Ref].Properties;
  };
  const workers = targetOf('am.example.com');
  const manager = targetOf('mgt.am.example.com');
  expect(workers).toMatchObject({ Port: 8243, Protocol: 'HTTPS', HealthCheckPath: '/services/Version', HealthCheckPort: '8243' });
  expect(manager).toMatchObject({ Port: 9443, Protocol: 'HTTPS', HealthCheckPath: '/carbon/admin/login.jsp', HealthCheckPort: '9443' });
  const attribute = (group: any, key: string): string => group.TargetGroupAttributes.find((each: any) => each.Key === key)?.Value;
  expect(attribute(manager, 'stickiness.enabled')).toBe('true');
  expect(attribute(manager, 'stickiness.app_cookie.cookie_name')).toBe('JSESSIONID');
  expect(attribute(workers, 'stickiness.enabled')).toBe('false');
});

test('the database is encrypted, backed up and takes TLS only', () => {
  template.hasResource('AWS::RDS::DBInstance', {
    Properties: {
      Engine: 'mysql', EngineVersion: '8.4.11', StorageEncrypted: true, BackupRetentionPeriod: 7,
      MultiAZ: true, PubliclyAccessible: false,
    },
  });
  template.hasResourceProperties('AWS::RDS::DBParameterGroup', { Parameters: { require_secure_transport: '1' } });
});

test('overrides reach the template', () => {
  const other = testStack();
  const vpc = new ec2.Vpc(other, 'Vpc', { maxAzs: 2 });
  gateway(other, {
    vpc, workerCount: 4, instanceType: new ec2.InstanceType('c7g.xlarge'), rootDeviceName: '/dev/sda1', rootVolumeSize: Size.gibibytes(50),
    machineImage: ec2.MachineImage.genericLinux({ 'eu-west-1': 'ami-9' }), internetFacing: true, deletionProtection: false,
    removalPolicy: RemovalPolicy.DESTROY, database: Database.rdsMySql({ backupRetention: Duration.days(30) }), highAvailability: false, tagKey: 'k', tagValue: 'v',
    domain: 'd', securityGroupName: 'members', bootTimeout: Duration.minutes(40), clients: [ec2.Peer.ipv4('192.0.2.0/24')],
  });
  const changed = Template.fromStack(other);
  changed.hasResourceProperties('AWS::EC2::LaunchTemplate', {
    LaunchTemplateData: { InstanceType: 'c7g.xlarge', ImageId: 'ami-9', BlockDeviceMappings: [{ DeviceName: '/dev/sda1', Ebs: { VolumeSize: 50 } }] },
  });
  changed.hasResource('AWS::AutoScaling::AutoScalingGroup', { Properties: { MinSize: '4' }, CreationPolicy: { ResourceSignal: { Timeout: 'PT40M' } } });
  changed.hasResource('AWS::RDS::DBInstance', {
    Properties: { MultiAZ: false, BackupRetentionPeriod: 30 }, DeletionPolicy: 'Delete',
  });
  changed.hasResourceProperties('Custom::DeletionProtection', { Enabled: 'false' });
  changed.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', { Scheme: 'internet-facing' });
  changed.hasResourceProperties('AWS::EC2::SecurityGroup', { SecurityGroupIngress: [Match.objectLike({ CidrIp: '192.0.2.0/24', FromPort: 443 })] });
  const text = userDataOf(changed, 'Workers');
  expect(text).toContain(`parameter[@name='tagKey']","text":"k"`);
  expect(text).toContain(`parameter[@name='tagValue']","text":"v"`);
  expect(text).toContain(`parameter[@name='securityGroup']","text":"members"`);
  expect(text).toContain(`parameter[@name='domain']","text":"d"`);
});

test('scripts of the user travel in their place', () => {
  const other = testStack();
  gateway(other).workers.addScriptBefore(BootPhase.START, 'echo "it\'s <here>"');
  const changed = Template.fromStack(other);
  expect(documentOf(userDataOf(changed, 'Workers')).scripts).toEqual({ 'before-start': ['echo "it\'s <here>"'] });
  expect(documentOf(userDataOf(changed, 'Manager')).scripts).toBeUndefined();
});

describe('warnings', () => {
  test('none with the default image', () => {
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });

  test('one, to be acknowledged, where the image floats', () => {
    const agnostic = testStack(testApp(), 'Agnostic', {});
    gateway(agnostic);
    Annotations.fromStack(agnostic).hasWarning('/Agnostic/Gateway', Match.stringLikeRegexp('floatingImage'));
  });
});
