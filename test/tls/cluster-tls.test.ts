import { Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { CarbonClusterProps, CarbonProduct, ClusteringPattern, LoadBalancing, NginxCertificate, TlsPolicy } from '../../lib';
import { documentOf, gateway, testStack, userDataOf } from '../gateway';
import { outOfMemoryOptions } from '../../lib/boot/out-of-memory';

const GCM = ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384'];
const SHA2 = [...GCM, 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256', 'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384'];

function synthesized(overrides: Partial<CarbonClusterProps> = {}): { stack: Stack; template: Template } {
  const stack = testStack();
  gateway(stack, overrides);
  return { stack, template: Template.fromStack(stack) };
}

/** Protocols and suites of the servlet and of the pass-through transport, as the worker will be configured. */
function nodeTls(template: Template): Record<string, unknown> {
  const edits = documentOf(userDataOf(template, 'Workers')).configuration.files.flatMap((file: any) => file.edits);
  const text = (parameter: string): string => edits.find((edit: any) => edit.set?.includes(parameter))?.text;
  const connector = edits.find((edit: any) => edit.set?.includes('9443'))?.attributes;
  const toml = edits.find((edit: any) => edit.table === 'transport.https.sslHostConfig.properties')?.values;
  const passThrough = edits.find((edit: any) => edit.table === 'transport.passthru_https.listener.parameters')?.values;
  return {
    servlet: [connector?.sslEnabledProtocols ?? toml.protocols, connector?.ciphers ?? toml.ciphers],
    passThrough: [text('HttpsProtocols') ?? passThrough.HttpsProtocols, text('PreferredCiphers') ?? passThrough.PreferredCiphers],
  };
}

test('listener and nodes have the policy by default that has been there', () => {
  const { template } = synthesized();
  template.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', { SslPolicy: 'ELBSecurityPolicy-TLS13-1-2-Res-2021-06' });
  const expected = ['TLSv1.2', SHA2.join(',')];
  expect(nodeTls(template)).toEqual({ servlet: expected, passThrough: expected });
});

test('the listener has the policy that is given, and the nodes what that leads to', () => {
  const { template } = synthesized({ tlsPolicy: TlsPolicy.TLS13_1_3_FIPS_2023_04 });
  template.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', { SslPolicy: 'ELBSecurityPolicy-TLS13-1-3-FIPS-2023-04' });
  expect(nodeTls(template).servlet).toEqual(['TLSv1.2', SHA2.join(',')]);
});

test('both transports have the suites that are given, and the protocols that carry them', () => {
  const cipherSuites = ['TLS_AES_128_GCM_SHA256', GCM[0]];
  const { template } = synthesized({ product: CarbonProduct.apiManager('4.2.0'), cipherSuites });
  expect(nodeTls(template)).toEqual({
    servlet: ['+TLSv1.2,+TLSv1.3', cipherSuites.join(',')],
    passThrough: ['TLSv1.2,TLSv1.3', cipherSuites.join(',')],
  });
});

test('without a load balancer the policy is the nodes own', () => {
  const own = synthesized({ loadBalancing: LoadBalancing.none(), certificates: undefined });
  expect(nodeTls(own.template).servlet).toEqual(['TLSv1.2', ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256',
    'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384'].join(',')]);
  const given = synthesized({ loadBalancing: LoadBalancing.none(), certificates: undefined, tlsPolicy: TlsPolicy.TLS13_1_2_RES_2021_06,
    product: CarbonProduct.apiManager('4.2.0') });
  expect(nodeTls(given.template).servlet).toEqual(['+TLSv1.2,+TLSv1.3',
    ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', ...GCM].join(',')]);
});

test('NGINX has the policy that is given in its own words', () => {
  const tls = (tlsPolicy: TlsPolicy): { protocols: string; ciphers: string } => {
    const stack = testStack();
    const certificate = NginxCertificate.fromSecret(secretsmanager.Secret.fromSecretNameV2(stack, 'Certificate', 'nginx'));
    gateway(stack, { certificates: undefined, loadBalancing: LoadBalancing.nginx({ certificate }), tlsPolicy });
    return documentOf(userDataOf(Template.fromStack(stack), 'LoadBalancerInstances')).tls;
  };
  expect(tls(TlsPolicy.FS_1_2_RES_2020_10)).toEqual({ protocols: 'TLSv1.2',
    ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384' });
  expect(tls(TlsPolicy.TLS13_1_3_2021_06).protocols).toBe('TLSv1.3');
  expect(tls(TlsPolicy.TLS13_1_3_2021_06).ciphers).not.toBe('');
  expect(() => tls(TlsPolicy.of('ELBSecurityPolicy-2016-08'))).toThrow("tlsPolicy 'ELBSecurityPolicy-2016-08' is weak, it offers TLSv1, TLSv1.1 to clients");
});

test('behind a Classic load balancer synthesis warns where nodes may not have the one thing that is sure, until RSA key exchange is asked for', () => {
  const alike = { product: CarbonProduct.identityServer('7.1.0'), clusteringPattern: ClusteringPattern.NON_WORKER_MANAGER, managementHostName: undefined };
  const node = (template: Template): any => documentOf(userDataOf(template, 'Nodes'));
  const unsure = synthesized({ ...alike, loadBalancing: LoadBalancing.classic() });
  Annotations.fromStack(unsure.stack).hasWarning('*', Match.stringLikeRegexp('a Classic load balancer offers TLS_DHE_RSA_.* Java 11, 17, 21 .*backEndTls'));
  expect(node(unsure.template).product.environment).toEqual({ JAVA_OPTS: `-Dsun.net.inetaddr.ttl=30 ${outOfMemoryOptions([17]).join(' ')}` });

  const sure = synthesized({ ...alike, loadBalancing: LoadBalancing.classic({ rsaKeyExchange: true }) });
  expect(Annotations.fromStack(sure.stack).findWarning('*', /.*/)).toEqual([]);
  const { product, configuration } = node(sure.template);
  expect(product.environment).toEqual({
    JAVA_OPTS: `-Dsun.net.inetaddr.ttl=30 ${outOfMemoryOptions([17]).join(' ')} -Djava.security.properties=/etc/carbon-cluster/java.security`,
  });
  expect(configuration.files).toContainEqual({ file: '/etc/carbon-cluster/java.security',
    edits: [{ content: expect.stringMatching(/^jdk\.tls\.disabledAlgorithms=(?!.*TLS_RSA).*\n$/) }] });
  sure.template.hasResourceProperties('AWS::ElasticLoadBalancing::LoadBalancer', { HealthCheck: { Target: Match.stringLikeRegexp('^HTTPS:9443/') } });
});

test('nothing that is sure is warned of', () => {
  const { stack } = synthesized();
  Annotations.fromStack(stack).hasNoWarning('*', 'cdk-wso2-cluster:backEndTls');
  expect(Annotations.fromStack(stack).findWarning('*', /.*/)).toEqual([]);
});

test('fails for a weak policy unless it says why', () => {
  const weak = 'ELBSecurityPolicy-TLS-1-1-2017-01';
  expect(() => synthesized({ tlsPolicy: TlsPolicy.of(weak) })).toThrow(`tlsPolicy '${weak}' is weak, it offers TLSv1.1 to clients`);
  const { template } = synthesized({ tlsPolicy: TlsPolicy.of(weak, { allowWeak: 'card readers of 2012, until March' }) });
  template.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', { SslPolicy: weak });
});

test('fails for suites that the load balancer and the node do not share', () => {
  expect(() => synthesized({ cipherSuites: ['TLS_DHE_RSA_WITH_AES_128_GCM_SHA256'] }))
    .toThrow("cipherSuites 'TLS_DHE_RSA_WITH_AES_128_GCM_SHA256' leaves nothing that both sides are sure to have, an application load balancer offers");
});
