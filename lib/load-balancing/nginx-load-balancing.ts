import { Duration, Size, Stack } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as targets from 'aws-cdk-lib/aws-route53-targets';
import { Construct } from 'constructs';
import { BalancedGroup, BalancedHost, BalancedTargets, LoadBalancingConfig, LoadBalancingHost } from './load-balancing-host';
import { networkLoadBalancer } from './network-load-balancer';
import { networkTargets } from './network-targets';
import { NginxEdition, NginxStickiness } from './nginx-edition';
import { NginxClientAddress, NginxHttp, NginxLoadBalancingOptions } from './nginx-load-balancing-options';
import { membershipPolicy } from '../access/membership-policy';
import { LateBoundValues } from '../boot/late-bound-values';
import { NginxDocument, NginxHostModel, NodeContent } from '../boot/node-document';
import { ROLE_TAG } from '../network/cluster-identity';
import { BackEndClient } from '../tls/back-end-client';
import { TlsPolicy } from '../tls/tls-policy';

const HTTP = 80;
const HTTPS = 443;
/** Where NGINX says that it is alive, to the network load balancer only. */
const HEALTH_PORT = 8081;
const HEALTH_PATH = '/nginx-health';
/** How often each NGINX looks which nodes there are, and how they are. */
const REFRESH = Duration.seconds(30);
const DEREGISTRATION_DELAY = Duration.seconds(60);
const MINIMUM_HIGHLY_AVAILABLE = 2;

/** TLS 1.2 and 1.3 with forward secrecy and authenticated encryption; the suites of TLS 1.3 are OpenSSL's own. */
const FRONT_TLS: NginxDocument['tls'] = {
  protocols: 'TLSv1.2 TLSv1.3',
  ciphers: [
    'ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305',
  ].join(':'),
};

/** What clients may use, in NGINX's words. Without TLS 1.2 the list of ciphers says nothing. */
function frontTls(policy: TlsPolicy | undefined): NginxDocument['tls'] {
  if (policy === undefined) return FRONT_TLS;
  const ciphers = policy._facts.ciphers.filter(each => !each.startsWith('TLS_'));
  return { protocols: policy._facts.protocols.join(' '), ciphers: ciphers.join(':') || FRONT_TLS.ciphers };
}

/** Instances of NGINX in the nodes' subnets, behind a network load balancer that passes TCP on to them. */
export class NginxBalancing {
  private readonly http: NginxHttp;
  private readonly edition: NginxEdition;
  private readonly stickiness: NginxStickiness;
  private readonly count: number;
  private readonly loadBalancer: elbv2.NetworkLoadBalancer;

  public constructor(
    private readonly scope: Construct,
    private readonly host: LoadBalancingHost,
    private readonly options: NginxLoadBalancingOptions,
  ) {
    this.http = options.http ?? NginxHttp.REDIRECT;
    this.edition = options.edition ?? NginxEdition.community();
    this.stickiness = this.edition._stickiness(options.stickiness);
    this.count = instanceCount(options, host);
    if (host.certificates.length > 0) {
      throw new Error('certificates holds a certificate of ACM, whose key never leaves AWS so that NGINX cannot serve it: leave certificates '
        + 'out and give LoadBalancing.nginx a certificate of its own, or use LoadBalancing.application()');
    }
    checkLearn(this.stickiness, this.count);
    checkLimits(options);
    checkConsolePort(options.consolePort, host.hosts);
    this.loadBalancer = networkLoadBalancer(this.scope, this.host, 'Network load balancer before the NGINX of a WSO2 Carbon cluster');
  }

  public config(): LoadBalancingConfig {
    const { loadBalancer } = this;
    return {
      backEndClient: BackEndClient.nginx(this.host.tlsPolicy),
      settlingTime: REFRESH,
      proxyPorts: { ...(this.http === NginxHttp.CLOSED ? {} : { http: HTTP }), https: HTTPS },
      loadBalancer: {
        connections: loadBalancer.connections,
        serviceDnsName: loadBalancer.loadBalancerDnsName,
        managementDnsName: loadBalancer.loadBalancerDnsName,
        networkLoadBalancer: loadBalancer,
      },
      balance: groups => this.balance(groups),
      aliasTarget: () => new targets.LoadBalancerTarget(loadBalancer),
    };
  }

  private balance(groups: readonly BalancedGroup[]): readonly BalancedTargets[] {
    const securityGroup = new ec2.SecurityGroup(this.scope, 'InstanceSecurityGroup', {
      vpc: this.host.vpc, description: 'NGINX before a WSO2 Carbon cluster', allowAllOutbound: false,
    });
    securityGroup.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(HTTPS), 'APIs of AWS, package repositories');
    const instances = this.host.instances(this.scope, 'Instances', {
      count: this.count,
      securityGroup,
      instanceType: this.options.instanceType ?? this.defaultInstanceType(),
      machineImage: this.options.machineImage,
      rootDeviceName: this.options.rootDeviceName,
      content: (scope, role, values) => this.content(scope, role, values),
    });
    const [targets] = this.listenerPorts().map(port => this.addListener(port, instances));
    securityGroup.connections.allowFrom(this.loadBalancer, ec2.Port.tcp(HEALTH_PORT), 'Health of NGINX');
    for (const group of groups) this.openNodes(group, securityGroup);
    return [networkTargets('Nginx', this.host.hosts, targets)];
  }

  private listenerPorts(): number[] {
    const { consolePort } = this.options;
    return [HTTPS, ...(this.http === NginxHttp.CLOSED ? [] : [HTTP]), ...(consolePort === undefined ? [] : [consolePort])];
  }

  private addListener(port: number, instances: autoscaling.AutoScalingGroup): elbv2.NetworkTargetGroup {
    const listener = this.loadBalancer.addListener(`Tcp${port}`, { port, protocol: elbv2.Protocol.TCP });
    const targets = listener.addTargets('Nginx', {
      port,
      protocol: elbv2.Protocol.TCP,
      targets: [instances],
      preserveClientIp: this.options.clientAddress !== NginxClientAddress.PROXY_PROTOCOL,
      proxyProtocolV2: this.options.clientAddress === NginxClientAddress.PROXY_PROTOCOL,
      deregistrationDelay: DEREGISTRATION_DELAY,
      healthCheck: {
        protocol: elbv2.Protocol.HTTP,
        port: String(HEALTH_PORT),
        path: HEALTH_PATH,
        interval: Duration.seconds(10),
        timeout: Duration.seconds(6),
        healthyThresholdCount: 2,
        unhealthyThresholdCount: 2,
      },
    });
    for (const peer of this.host.clients) this.loadBalancer.connections.allowFrom(peer, ec2.Port.tcp(port), 'Clients of the cluster');
    instances.connections.allowFrom(this.loadBalancer, ec2.Port.tcp(port), 'Clients of the cluster');
    return targets;
  }

  /** To the ports that NGINX passes on to, and to that of the health check. */
  private openNodes(group: BalancedGroup, securityGroup: ec2.ISecurityGroup): void {
    const ports = [group.httpsPort, ...(this.servesHttp(group) ? [group.httpPort] : []), group.healthCheck.port];
    for (const port of new Set(ports)) {
      for (const nodes of group.targets) nodes.connections.allowFrom(securityGroup, ec2.Port.tcp(port), 'NGINX');
    }
  }

  private servesHttp(named: BalancedHost): boolean {
    return this.http === NginxHttp.SERVICE && named.purpose === 'service';
  }

  private defaultInstanceType(): ec2.InstanceType {
    const isArm = this.host.architecture === ec2.InstanceArchitecture.ARM_64;
    return ec2.InstanceType.of(isArm ? ec2.InstanceClass.T4G : ec2.InstanceClass.T3, ec2.InstanceSize.SMALL);
  }

  private content(scope: Construct, role: iam.IRole, values: LateBoundValues): NodeContent {
    const { host, options, edition } = this;
    role.addManagedPolicy(membershipPolicy(scope, 'DiscoveryPolicy', Stack.of(scope).region));
    const [service, console] = ['service', 'console'].map(purpose => {
      const named = host.hosts.find(each => each.purpose === purpose);
      return named && this.model(named);
    });
    return {
      kind: 'nginx',
      edition: { plus: edition._plus, ...(edition._version === undefined ? {} : { version: edition._version }) },
      discovery: {
        tag: values.value('ClusterTagKey', host.identity.tagKey),
        value: values.value('ClusterTagValue', host.identity.tagValue),
        roleTag: ROLE_TAG,
        seconds: REFRESH.toSeconds(),
      },
      certificate: options.certificate._bind(scope, role, values, host.hosts.map(each => each.hostName)),
      tls: frontTls(host.tlsPolicy),
      limits: {
        timeoutSeconds: (options.proxyTimeout ?? Duration.minutes(5)).toSeconds(),
        bodyBytes: (options.maxBodySize ?? Size.mebibytes(100)).toBytes(),
      },
      proxyProtocol: options.clientAddress === NginxClientAddress.PROXY_PROTOCOL,
      http: this.http,
      healthPort: HEALTH_PORT,
      stickiness: this.stickiness,
      service: service!,
      ...(console ? { console } : {}),
      health: { url: `http://localhost:${HEALTH_PORT}${HEALTH_PATH}`, seconds: host.healthTimeout.toSeconds() },
    };
  }

  private model(named: BalancedHost): NginxHostModel {
    const { protocol, port, path } = named.healthCheck;
    const { consolePort } = this.options;
    return {
      purpose: named.purpose,
      name: named.hostName,
      role: named.role,
      ...(this.servesHttp(named) ? { http: named.httpPort } : {}),
      https: named.httpsPort,
      health: `${protocol.toLowerCase()}://:${port}${path ?? ''}`,
      ...(named.sessionCookie ? { sessionCookie: named.sessionCookie } : {}),
      ...(named.purpose === 'console' && consolePort !== undefined ? { port: consolePort } : {}),
    };
  }
}

function instanceCount(options: NginxLoadBalancingOptions, host: LoadBalancingHost): number {
  const count = options.instanceCount ?? (host.highAvailability ? MINIMUM_HIGHLY_AVAILABLE : 1);
  if (!Number.isInteger(count) || count < 1) throw new Error(`instanceCount ${count} is no whole number of at least 1, give one`);
  // A balancer that keeps sessions in its memory is one by choice.
  const single = options.stickiness === NginxStickiness.STICKY_LEARN && options.instanceCount === 1;
  if (count >= MINIMUM_HIGHLY_AVAILABLE || !host.highAvailability || single) return count;
  throw new Error(`instanceCount ${count} is not highly available, give at least ${MINIMUM_HIGHLY_AVAILABLE} or set highAvailability to false`);
}

function checkLearn(stickiness: NginxStickiness, count: number): void {
  if (stickiness !== NginxStickiness.STICKY_LEARN || count === 1) return;
  throw new Error(`stickiness 'sticky learn' is kept in the memory of each of the ${count} instances, so that one would not know the sessions `
    + 'of another: give instanceCount 1 or NginxStickiness.STICKY_COOKIE');
}

function checkLimits(options: NginxLoadBalancingOptions): void {
  const seconds = options.proxyTimeout?.toSeconds({ integral: false });
  if (seconds !== undefined && (!Number.isInteger(seconds) || seconds < 1)) {
    throw new Error(`proxyTimeout of ${seconds} seconds is none, give whole seconds above 0`);
  }
  if (options.maxBodySize?.toBytes() === 0) {
    throw new Error('maxBodySize of 0 bytes would let bodies of any length in, give what the product shall take');
  }
}

function checkConsolePort(port: number | undefined, hosts: readonly BalancedHost[]): void {
  if (port === undefined) return;
  if (!Number.isInteger(port) || port < 1 || port > 65535 || [HTTP, HTTPS, HEALTH_PORT].includes(port)) {
    throw new Error(`consolePort ${port} is none for the console alone, give one of 1 to 65535 that is not ${HTTP}, ${HTTPS} or ${HEALTH_PORT}`);
  }
  if (hosts.some(each => each.purpose === 'console')) return;
  throw new Error(`consolePort ${port} says nothing where services and console have one host name, give managementHostName too or leave it out`);
}
