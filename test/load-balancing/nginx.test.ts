import { Duration, Size, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import {
  CarbonClusterProps, CarbonProduct, ClusteringPattern, LoadBalancing, NginxCertificate, NginxClientAddress, NginxEdition, NginxHttp,
  NginxLoadBalancingOptions, NginxStickiness, testing,
} from '../../lib';
import { documentOf, gateway, statementsOf, testStack, userDataOf } from '../gateway';
import { balancingOf, openings } from './openings';

expect.addSnapshotSerializer(new testing.TemplateSnapshot());

interface Made { readonly stack: Stack; readonly template: Template; readonly document: any; readonly userData: string }

function nginx(options: Partial<NginxLoadBalancingOptions> = {}, props: Partial<CarbonClusterProps> = {}): Made {
  const stack = testStack();
  const certificate = NginxCertificate.fromSecret(secretsmanager.Secret.fromSecretNameV2(stack, 'Certificate', 'nginx'));
  gateway(stack, {
    certificates: undefined, clients: [ec2.Peer.ipv4('10.9.0.0/16')], loadBalancing: LoadBalancing.nginx({ certificate, ...options }), ...props,
  });
  const template = Template.fromStack(stack);
  const userData = userDataOf(template, 'LoadBalancerInstances');
  return { stack, template, document: documentOf(userData), userData };
}

const made = nginx();

test('the gateway behind NGINX', () => {
  expect(balancingOf(made.template)).toMatchSnapshot();
});

test('two instances, and one where that is enough', () => {
  const sizes = (template: Template): string[] => Object.entries(template.findResources('AWS::AutoScaling::AutoScalingGroup'))
    .filter(([id]) => id.includes('LoadBalancer')).map(([, group]) => group.Properties.MinSize);
  expect(sizes(made.template)).toEqual(['2']);
  expect(sizes(nginx({}, { highAvailability: false }).template)).toEqual(['1']);
  expect(sizes(nginx({ instanceCount: 3 }).template)).toEqual(['3']);
});

test('opens exactly what is served: clients to the balancer, the balancer to NGINX, NGINX to the nodes', () => {
  expect(openings(made.template)).toEqual([
    'Members: 5701-5703 from Members',
    'Members: 8243 from NGINX',
    'Members: 9443 from NGINX',
    'NGINX: 443 from Balancer',
    'NGINX: 80 from Balancer',
    'NGINX: 8081 from Balancer',
    'Balancer: 443 from 10.9.0.0/16',
    'Balancer: 80 from 10.9.0.0/16',
  ].sort());
});

test('opens the ports of what is chosen, and closes the others', () => {
  const wide = openings(nginx({ http: NginxHttp.SERVICE, consolePort: 9444 }).template);
  expect(wide).toEqual(expect.arrayContaining([
    'Members: 8280 from NGINX', 'NGINX: 9444 from Balancer', 'Balancer: 9444 from 10.9.0.0/16',
  ]));
  const narrow = openings(nginx({ http: NginxHttp.CLOSED }).template);
  expect(narrow.filter(each => / 80 /.test(each))).toEqual([]);
});

test('passes TCP on, keeps the client\'s address, and asks NGINX for its health', () => {
  made.template.allResourcesProperties('AWS::ElasticLoadBalancingV2::TargetGroup', {
    Protocol: 'TCP', HealthCheckProtocol: 'HTTP', HealthCheckPath: '/nginx-health', HealthCheckPort: '8081',
    TargetGroupAttributes: Match.arrayWith([{ Key: 'preserve_client_ip.enabled', Value: 'true' }]),
  });
  const ports = Object.values(made.template.findResources('AWS::ElasticLoadBalancingV2::Listener')).map(each => each.Properties.Port);
  expect(ports.sort()).toEqual([443, 80]);
  made.template.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', { Type: 'network', Scheme: 'internal' });
});

test('the PROXY protocol names the client on request', () => {
  const { template, document } = nginx({ clientAddress: NginxClientAddress.PROXY_PROTOCOL });
  template.allResourcesProperties('AWS::ElasticLoadBalancingV2::TargetGroup', {
    TargetGroupAttributes: Match.arrayWith([{ Key: 'proxy_protocol_v2.enabled', Value: 'true' }, { Key: 'preserve_client_ip.enabled', Value: 'false' }]),
  });
  expect([made.document.proxyProtocol, document.proxyProtocol]).toEqual([false, true]);
});

describe('the document', () => {
  test('names each host with its nodes, ports and health check', () => {
    expect(made.document.service).toEqual({
      purpose: 'service', name: 'am.example.com', role: 'worker', https: 8243, health: 'https://:8243/services/Version',
    });
    expect(made.document.console).toEqual({
      purpose: 'console', name: 'mgt.am.example.com', role: 'manager', https: 9443, health: 'https://:9443/carbon/admin/login.jsp', sessionCookie: 'JSESSIONID',
    });
  });

  test('finds the nodes by the cluster\'s tag and their role', () => {
    expect(made.document.discovery).toEqual({ tag: 'carbon-cluster', value: 'Test-Gateway', roleTag: 'carbon-cluster-role', seconds: 30 });
    expect(tagsOf(made.template, 'Workers')).toMatchObject({ 'carbon-cluster': 'Test-Gateway', 'carbon-cluster-role': 'worker' });
  });

  test('knows one host where one name serves all', () => {
    const alike = {
      product: CarbonProduct.identityServer('7.1.0'), clusteringPattern: ClusteringPattern.NON_WORKER_MANAGER, managementHostName: undefined,
    };
    const { document } = nginx({}, alike);
    expect(document.console).toBeUndefined();
    expect(document.service).toMatchObject({ role: 'node', https: 9443, sessionCookie: 'JSESSIONID' });
  });

  test('says what was chosen', () => {
    const { document } = nginx({
      http: NginxHttp.SERVICE, consolePort: 9444, proxyTimeout: Duration.minutes(2), maxBodySize: Size.mebibytes(5), edition: NginxEdition.community('1.30.0'),
    }, { portOffset: 1 });
    expect(document).toMatchObject({
      http: 'service', limits: { timeoutSeconds: 120, bodyBytes: 5242880 }, edition: { plus: false, version: '1.30.0' }, stickiness: 'cookie',
      service: { http: 8281, https: 8244 }, console: { https: 9444, port: 9444 },
    });
  });

  test('keeps sessions by what the edition can do', () => {
    const chosen = (options: Partial<NginxLoadBalancingOptions>): string => nginx(options).document.stickiness;
    expect(made.document.stickiness).toBe('route-cookie');
    expect(chosen({ edition: NginxEdition.community('1.28.3') })).toBe('route-cookie');
    expect(chosen({ edition: NginxEdition.community('1.29.6') })).toBe('cookie');
    expect(chosen({ edition: NginxEdition.community('1.30') })).toBe('cookie');
    expect(chosen({ edition: NginxEdition.plus() })).toBe('cookie');
    expect(chosen({ edition: NginxEdition.plus(), stickiness: NginxStickiness.STICKY_LEARN, instanceCount: 1 })).toBe('learn');
    expect(chosen({ edition: NginxEdition.community('1.30.0'), stickiness: NginxStickiness.ROUTE_COOKIE })).toBe('route-cookie');
  });
});

test('its instances are no members: neither the tag nor the group that members are found by', () => {
  const tags = tagsOf(made.template, 'LoadBalancerInstances');
  expect(tags).toMatchObject({ 'carbon-cluster-role': 'load-balancer', 'carbon-cluster-load-balancer': 'Test-Gateway' });
  expect(tags).not.toHaveProperty('carbon-cluster');
});

test('its role lists instances, reads the certificate, and nothing else of the cluster', () => {
  const [role] = Object.keys(made.template.findResources('AWS::IAM::Role')).filter(id => id.includes('LoadBalancerInstances'));
  const actions = statementsOf(made.template, role).flatMap(each => each.Action);
  expect(actions.sort()).toEqual([
    'cloudformation:SignalResource', 'cloudwatch:PutMetricData', 'ec2:DescribeInstances', 'logs:CreateLogStream', 'logs:PutLogEvents', 's3:GetObject', 'secretsmanager:GetSecretValue',
    'ssm:UpdateInstanceInformation', 'ssmmessages:CreateControlChannel', 'ssmmessages:CreateDataChannel', 'ssmmessages:OpenControlChannel', 'ssmmessages:OpenDataChannel',
  ]);
});

describe('the certificate', () => {
  test('comes from a secret, whose value is nowhere', () => {
    expect(made.document.certificate).toEqual({ secret: 'NginxCertificate' });
    expect(made.userData).toMatch(/^NginxCertificate=.*:secret:nginx$/m);
    expect(JSON.stringify(made.template.toJSON())).not.toContain('resolve:secretsmanager:arn:aws:secretsmanager:eu-west-1:111111111111:secret:nginx');
  });

  test('signed by itself is for both host names, and warned about', () => {
    const { stack, document } = nginx({ certificate: NginxCertificate.selfSigned() });
    expect(document.certificate).toEqual({ selfSigned: ['am.example.com', 'mgt.am.example.com'] });
    Annotations.fromStack(stack).hasWarning('*', Match.stringLikeRegexp('signed by itself.*cdk-wso2-cluster:selfSignedCertificate'));
    Annotations.fromStack(made.stack).hasNoWarning('*', Match.stringLikeRegexp('selfSignedCertificate'));
  });
});

test('nodes of the ARM architecture have NGINX of the same', () => {
  const { template } = nginx({}, { instanceType: new ec2.InstanceType('m7g.large'), machineImage: ec2.MachineImage.genericLinux({ 'eu-west-1': 'ami-1' }) });
  const types = Object.values(template.findResources('AWS::EC2::LaunchTemplate')).map(each => each.Properties.LaunchTemplateData.InstanceType);
  expect(types.sort()).toEqual(['m7g.large', 'm7g.large', 't4g.small']);
});

test('an image of its own', () => {
  const { template } = nginx({ machineImage: ec2.MachineImage.genericLinux({ 'eu-west-1': 'ami-nginx' }), rootDeviceName: '/dev/sda1' });
  const [, balancer] = Object.entries(template.findResources('AWS::EC2::LaunchTemplate')).find(([id]) => id.includes('LoadBalancer'))!;
  expect(balancer.Properties.LaunchTemplateData).toMatchObject({ ImageId: 'ami-nginx', BlockDeviceMappings: [{ DeviceName: '/dev/sda1' }] });
});

function tagsOf(template: Template, id: string): Record<string, string> {
  const [, launchTemplate] = Object.entries(template.findResources('AWS::EC2::LaunchTemplate')).find(([each]) => each.includes(id))!;
  const specification = launchTemplate.Properties.LaunchTemplateData.TagSpecifications.find((each: any) => each.ResourceType === 'instance');
  return Object.fromEntries(specification.Tags.map((tag: any) => [tag.Key, tag.Value]));
}
