import { Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import {
  CarbonCluster, CarbonClusterProps, CarbonProduct, ClassicHealthCheckProtocol, ClassicListener, ClassicLoadBalancingOptions, ClusteringPattern, LoadBalancing,
  testing, TlsPolicy,
} from '../../lib';
import { documentOf, gateway, testStack, userDataOf } from '../gateway';
import { balancingOf, openings } from './openings';

expect.addSnapshotSerializer(new testing.TemplateSnapshot());

interface Made { readonly stack: Stack; readonly cluster: CarbonCluster; readonly template: Template }

function classic(options: ClassicLoadBalancingOptions = {}, props: Partial<CarbonClusterProps> | ((stack: Stack) => Partial<CarbonClusterProps>) = {}): Made {
  const stack = testStack();
  const cluster = gateway(stack, {
    clients: [ec2.Peer.ipv4('10.9.0.0/16')], loadBalancing: LoadBalancing.classic(options), ...typeof props === 'function' ? props(stack) : props,
  });
  return { stack, cluster, template: Template.fromStack(stack) };
}

function balancer(template: Template, id: string): any {
  const [, found] = Object.entries(template.findResources('AWS::ElasticLoadBalancing::LoadBalancer')).find(([each]) => each.includes(id))!;
  return found.Properties;
}

const made = classic();
const TCP = [ClassicListener.tcp()];

test('the gateway behind Classic load balancers', () => {
  expect(balancingOf(made.template)).toMatchSnapshot();
});

test('one for the services and one for the console, each with its nodes', () => {
  made.template.resourceCountIs('AWS::ElasticLoadBalancing::LoadBalancer', 2);
  const namesOf = (id: string): string => {
    const [, group] = Object.entries(made.template.findResources('AWS::AutoScaling::AutoScalingGroup')).find(([each]) => each.includes(id))!;
    return group.Properties.LoadBalancerNames.map((each: any) => each.Ref);
  };
  expect(namesOf('Workers')).toEqual([expect.stringContaining('LoadBalancerService')]);
  expect(namesOf('Manager')).toEqual([expect.stringContaining('LoadBalancerConsole')]);
  const { loadBalancer } = made.cluster;
  expect(loadBalancer!.serviceDnsName).not.toBe(loadBalancer!.managementDnsName);
  expect(loadBalancer!.classicLoadBalancers).toHaveLength(2);
});

test('nodes that are alike are behind both, and behind one where one name serves all', () => {
  const alike = { clusteringPattern: ClusteringPattern.NON_WORKER_MANAGER };
  const two = classic({}, { ...alike, product: CarbonProduct.enterpriseIntegrator('6.4.0') }).template;
  const [group] = Object.values(two.findResources('AWS::AutoScaling::AutoScalingGroup'));
  expect(group.Properties.LoadBalancerNames).toHaveLength(2);
  expect([balancer(two, 'Service').Listeners[0].InstancePort, balancer(two, 'Console').Listeners[0].InstancePort]).toEqual(['8243', '9443']);
  const one = classic({}, { ...alike, product: CarbonProduct.identityServer('5.10.0'), managementHostName: undefined }).template;
  one.resourceCountIs('AWS::ElasticLoadBalancing::LoadBalancer', 1);
});

test('a named TLS policy, a cookie for sessions, draining, all zones', () => {
  const { Listeners, Policies, AppCookieStickinessPolicy, ConnectionDrainingPolicy, CrossZone } = balancer(made.template, 'Console');
  expect(Listeners).toEqual([expect.objectContaining({
    LoadBalancerPort: '443', Protocol: 'HTTPS', InstancePort: '9443', InstanceProtocol: 'HTTPS',
    PolicyNames: ['ELBSecurityPolicy-TLS-1-2-2017-01', 'JSESSIONID'], SSLCertificateId: 'arn:aws:acm:eu-west-1:111111111111:certificate/1',
  })]);
  expect(Policies).toEqual([{
    PolicyName: 'ELBSecurityPolicy-TLS-1-2-2017-01', PolicyType: 'SSLNegotiationPolicyType',
    Attributes: [{ Name: 'Reference-Security-Policy', Value: 'ELBSecurityPolicy-TLS-1-2-2017-01' }],
  }]);
  expect(AppCookieStickinessPolicy).toEqual([{ PolicyName: 'JSESSIONID', CookieName: 'JSESSIONID' }]);
  expect([ConnectionDrainingPolicy, CrossZone]).toEqual([{ Enabled: true, Timeout: 60 }, true]);
  // The workers of a gateway have no sessions.
  expect(balancer(made.template, 'Service').AppCookieStickinessPolicy).toBeUndefined();
});

test('every protocol', () => {
  const serviceListeners = [ClassicListener.ssl(), ClassicListener.http(), ClassicListener.tcp(8243)];
  const { template } = classic({ serviceListeners });
  const listeners = balancer(template, 'Service').Listeners.map((each: any) =>
    [each.LoadBalancerPort, each.Protocol, each.InstancePort, each.InstanceProtocol, each.SSLCertificateId !== undefined, each.PolicyNames ?? []]);
  expect(listeners).toEqual([
    ['443', 'SSL', '8243', 'SSL', true, ['ELBSecurityPolicy-TLS-1-2-2017-01']], ['80', 'HTTP', '8280', 'HTTP', false, []], ['8243', 'TCP', '8243', 'TCP', false, []],
  ]);
});

test('opens exactly what is served: clients to the listeners, each load balancer to its nodes and their health', () => {
  expect(openings(made.template)).toEqual([
    'Members: 5701-5703 from Members',
    'Members: 8243 from Service balancer',
    'Members: 9443 from Console balancer',
    'Service balancer: 443 from 10.9.0.0/16',
    'Console balancer: 443 from 10.9.0.0/16',
  ].sort());
  const more = openings(classic({ serviceListeners: [ClassicListener.https(), ClassicListener.http()] }, { portOffset: 1 }).template);
  expect(more).toEqual(expect.arrayContaining([
    'Members: 8244 from Service balancer', 'Members: 8281 from Service balancer', 'Service balancer: 80 from 10.9.0.0/16',
  ]));
});

test('a health check at another port than the service is let in', () => {
  const { template } = classic({}, { clusteringPattern: ClusteringPattern.NON_WORKER_MANAGER, product: CarbonProduct.enterpriseIntegrator('6.4.0') });
  expect(balancer(template, 'Service').HealthCheck.Target).toBe('HTTPS:9443/carbon/admin/login.jsp');
  expect(openings(template)).toContain('Members: 9443 from Service balancer');
});

describe('the health check', () => {
  const target = (options: ClassicLoadBalancingOptions, props: Partial<CarbonClusterProps> = {}): string =>
    balancer(classic(options, props).template, 'Service').HealthCheck.Target;

  test('is the profile\'s where Java has RSA key exchange on, and TCP where it may not', () => {
    expect(balancer(made.template, 'Service').HealthCheck.Target).toBe('HTTPS:8243/services/Version');
    const alike = { clusteringPattern: ClusteringPattern.NON_WORKER_MANAGER, managementHostName: undefined };
    expect(target({}, { ...alike, product: CarbonProduct.identityServer('7.1.0') })).toBe('TCP:9443');
    expect(target({}, { ...alike, product: CarbonProduct.identityServer('5.10.0'), javaVersion: 8 })).toBe('HTTPS:9443/carbon/admin/login.jsp');
    expect(target({}, { product: CarbonProduct.apiManager('2.2.0', { profile: 'traffic-manager' }) })).toBe('TCP:9611');
  });

  test('can be chosen', () => {
    expect(target({ healthCheckProtocol: ClassicHealthCheckProtocol.SSL })).toBe('SSL:8243');
    expect(target({ healthCheckProtocol: ClassicHealthCheckProtocol.TCP })).toBe('TCP:8243');
  });
});

test('timeouts', () => {
  const { template } = classic({ idleTimeout: Duration.minutes(5), connectionDrainingTimeout: Duration.minutes(2) });
  expect(balancer(template, 'Service')).toMatchObject({ ConnectionSettings: { IdleTimeout: 300 }, ConnectionDrainingPolicy: { Timeout: 120 } });
  expect(balancer(made.template, 'Service').ConnectionSettings).toBeUndefined();
});

test('a certificate for each', () => {
  const { template } = classic({}, stack => ({
    certificates: ['a', 'b'].map(id => acm.Certificate.fromCertificateArn(stack, id, `arn:aws:acm:eu-west-1:1:certificate/${id}`)),
  }));
  const of = (id: string): string => balancer(template, id).Listeners[0].SSLCertificateId;
  expect([of('Service'), of('Console')]).toEqual(['arn:aws:acm:eu-west-1:1:certificate/a', 'arn:aws:acm:eu-west-1:1:certificate/b']);
});

test('listeners that see no cookies are warned about where sessions need one node', () => {
  const alike = { clusteringPattern: ClusteringPattern.NON_WORKER_MANAGER, product: CarbonProduct.enterpriseIntegrator('6.4.0'), certificates: undefined };
  const blind = classic({ serviceListeners: TCP, consoleListeners: TCP }, alike);
  Annotations.fromStack(blind.stack).hasWarning('*', Match.stringLikeRegexp('listener TCP 443 .* sees no cookies.*cdk-wso2-cluster:noStickiness'));
  expect(balancer(blind.template, 'Console').AppCookieStickinessPolicy).toBeUndefined();
  // A single manager, and workers without sessions, need no stickiness.
  const separated = classic({ serviceListeners: TCP, consoleListeners: TCP }, { certificates: undefined });
  Annotations.fromStack(separated.stack).hasNoWarning('*', Match.stringLikeRegexp('noStickiness'));
});

/** Suites and protocols of the manager's HTTPS connector. */
function connectorOf(template: Template): { suites: string[]; protocols: string } {
  const catalina = documentOf(userDataOf(template, 'Manager')).configuration.files.find((each: any) => each.file.endsWith('catalina-server.xml'));
  const { ciphers, sslEnabledProtocols } = catalina.edits.at(-1).attributes;
  return { suites: ciphers.split(','), protocols: sslEnabledProtocols };
}

test('nodes have what a Classic load balancer is known, and likely, to offer', () => {
  expect(connectorOf(made.template).suites).toEqual(expect.arrayContaining([
    'TLS_RSA_WITH_AES_128_GCM_SHA256', 'TLS_DHE_RSA_WITH_AES_128_GCM_SHA256', 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  ]));
});

test('nodes whose clients meet their TLS have what the policy has', () => {
  const props = { certificates: undefined, tlsPolicy: TlsPolicy.FS_1_2_RES_2020_10 };
  const { template } = classic({ serviceListeners: TCP, consoleListeners: TCP }, props);
  expect(connectorOf(template)).toEqual({
    suites: ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384'], protocols: 'TLSv1.2',
  });
  expect(balancer(template, 'Service').HealthCheck.Target).toBe('TCP:8243');
  // A load balancer that asks by HTTPS is another client, with less to offer.
  const { HTTPS } = ClassicHealthCheckProtocol;
  const asked = classic({ serviceListeners: TCP, consoleListeners: TCP, healthCheckProtocol: HTTPS }, { certificates: undefined });
  expect(connectorOf(asked.template).suites).toContain('TLS_RSA_WITH_AES_128_GCM_SHA256');
});

test('a policy of the user\'s, with a reason where it is weak', () => {
  const tlsPolicy = TlsPolicy.of('ELBSecurityPolicy-2016-08', { allowWeak: 'the last clients with TLS 1.0 leave in May' });
  const { template } = classic({}, { tlsPolicy });
  expect(balancer(template, 'Service').Listeners[0].PolicyNames).toEqual(['ELBSecurityPolicy-2016-08']);
  expect(balancer(template, 'Service').Policies[0].Attributes).toEqual([{ Name: 'Reference-Security-Policy', Value: 'ELBSecurityPolicy-2016-08' }]);
});

test('nodes are told the port at which clients connect', () => {
  const { template } = classic({ serviceListeners: [ClassicListener.https(8443), ClassicListener.http(8080)], consoleListeners: [ClassicListener.https(8443)] });
  const catalina = documentOf(userDataOf(template, 'Manager')).configuration.files.find((each: any) => each.file.endsWith('catalina-server.xml'));
  const ports = catalina.edits.map((each: any) => each.attributes.proxyPort);
  expect(ports).toEqual(['8080', '8443']);
});
