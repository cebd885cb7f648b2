import { Annotations, Duration } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elb from 'aws-cdk-lib/aws-elasticloadbalancing';
import * as targets from 'aws-cdk-lib/aws-route53-targets';
import { Construct } from 'constructs';
import { ClassicListener } from './classic-listener';
import { ClassicLoadBalancingOptions } from './classic-load-balancing-options';
import { BalancedGroup, BalancedHost, BalancedTargets, LoadBalancingConfig, LoadBalancingHost, Purpose } from './load-balancing-host';
import { BackEndClient } from '../tls/back-end-client';
import { TlsPolicy } from '../tls/tls-policy';

export const NO_STICKINESS = 'cdk-wso2-cluster:noStickiness';

/** Those of its builds that are younger have RSA key exchange disabled, all builds of an older Java have it on. */
const FIRST_JAVA_WITHOUT_RSA = 11;
const LONGEST_DRAINING = 3600;
const CHECK_INTERVAL = Duration.seconds(10);
/** Two checks, of which the first may have been made just before the node answered. */
const SETTLING = Duration.seconds(3 * CHECK_INTERVAL.toSeconds());
const IDS: Readonly<Record<Purpose, string>> = { service: 'Service', console: 'Console' };

/** A Classic load balancer cannot tell host names apart, so each host name has one of its own. */
export class ClassicBalancing {
  private readonly loadBalancers = new Map<Purpose, elb.LoadBalancer>();
  private readonly client: BackEndClient;

  public constructor(
    private readonly scope: Construct,
    private readonly host: LoadBalancingHost,
    private readonly options: ClassicLoadBalancingOptions,
  ) {
    checkDraining(options.connectionDrainingTimeout);
    this.checkListeners();
    this.checkCertificates();
    this.client = this.backEndClient();
    for (const each of host.hosts) this.loadBalancers.set(each.purpose, this.createLoadBalancer(each));
  }

  public config(): LoadBalancingConfig {
    const loadBalancers = [...this.loadBalancers.values()];
    return {
      proxyPorts: this.proxyPorts('service'),
      backEndClient: this.client,
      settlingTime: SETTLING,
      // A server that hangs still takes connections.
      tellsGroup: this.host.hosts.every(each => this.healthCheckProtocol(each).startsWith('HTTP')),
      rsaKeyExchange: this.options.rsaKeyExchange,
      loadBalancer: {
        connections: new ec2.Connections({ securityGroups: loadBalancers.flatMap(each => each.connections.securityGroups) }),
        serviceDnsName: this.of('service').loadBalancerDnsName,
        managementDnsName: this.of('console').loadBalancerDnsName,
        classicLoadBalancers: loadBalancers,
      },
      balance: groups => groups.map(each => this.addNodes(each)),
      aliasTarget: purpose => new targets.ClassicLoadBalancerTarget(this.of(purpose)),
    };
  }

  private of(purpose: Purpose): elb.LoadBalancer {
    return this.loadBalancers.get(purpose) ?? this.loadBalancers.get('service')!;
  }

  /** Where every listener passes TCP on, the clients themselves meet the nodes' TLS; else the load balancer does, be it for health only. */
  private backEndClient(): BackEndClient {
    const { tlsPolicy, hosts } = this.host;
    const meetsTls = hosts.some(each => this.endsTls(each.purpose) || ['HTTPS', 'SSL'].includes(this.healthCheckProtocol(each)));
    if (meetsTls) return BackEndClient.classic(tlsPolicy ?? TlsPolicy.TLS_1_2_2017_01);
    return BackEndClient.passThrough(tlsPolicy ?? TlsPolicy.FS_1_2_RES_2019_08);
  }

  private endsTls(purpose: Purpose): boolean {
    return this.listeners(purpose).some(each => each._endsTls);
  }

  private listeners(purpose: Purpose): readonly ClassicListener[] {
    return (purpose === 'service' ? this.options.serviceListeners : this.options.consoleListeners) ?? [ClassicListener.https()];
  }

  private proxyPorts(purpose: Purpose): { http?: number; https: number } {
    const [http, https] = ['http', 'https'].map(nodePort => this.listeners(purpose).find(each => each._nodePort === nodePort)?.port);
    return { ...(http === undefined ? {} : { http }), https: https! };
  }

  private createLoadBalancer(named: BalancedHost): elb.LoadBalancer {
    const { host } = this;
    const loadBalancer = new elb.LoadBalancer(this.scope, IDS[named.purpose], {
      vpc: host.vpc,
      subnetSelection: host.vpcSubnets,
      internetFacing: host.internetFacing,
      crossZone: true,
      healthCheck: this.healthCheck(named),
    });
    const resource = loadBalancer.node.defaultChild as elb.CfnLoadBalancer;
    const cookie = this.stickyCookie(named);
    if (this.endsTls(named.purpose)) resource.policies = [tlsPolicy(this.policyName)];
    if (cookie) resource.appCookieStickinessPolicy = [{ policyName: cookie, cookieName: cookie }];
    resource.connectionDrainingPolicy = { enabled: true, timeout: (this.options.connectionDrainingTimeout ?? Duration.seconds(60)).toSeconds() };
    if (this.options.idleTimeout) resource.connectionSettings = { idleTimeout: this.options.idleTimeout.toSeconds() };
    this.listeners(named.purpose).forEach((listener, index) => {
      this.addListener(loadBalancer, named, listener, cookie);
      // aws-cdk-lib writes them in lower case, which the schema of the resource does not know.
      const protocol = listener._protocol.toUpperCase();
      for (const property of ['Protocol', 'InstanceProtocol']) resource.addPropertyOverride(`Listeners.${index}.${property}`, protocol);
    });
    return loadBalancer;
  }

  private addListener(loadBalancer: elb.LoadBalancer, named: BalancedHost, listener: ClassicListener, cookie?: string): void {
    const port = loadBalancer.addListener({
      externalPort: listener.port,
      externalProtocol: listener._protocol,
      internalPort: listener._nodePort === 'http' ? named.httpPort : named.httpsPort,
      internalProtocol: listener._protocol,
      policyNames: [...(listener._endsTls ? [this.policyName] : []), ...(cookie && listener._readsHttp ? [cookie] : [])],
      sslCertificateArn: listener._endsTls ? this.certificate(named.purpose).certificateArn : undefined,
      allowConnectionsFrom: [],
    });
    for (const peer of this.host.clients) port.connections.allowDefaultPortFrom(peer, 'Clients of the cluster');
  }

  /** The cookie by which listeners that see it keep a session's requests on one node. */
  private stickyCookie({ purpose, sessionCookie, nodeCount }: BalancedHost): string | undefined {
    if (!sessionCookie) return undefined;
    const blind = this.listeners(purpose).filter(each => !each._readsHttp);
    if (blind.length > 0 && nodeCount > 1) {
      Annotations.of(this.scope).addWarningV2(NO_STICKINESS, `listener ${blind[0]} of a Classic load balancer sees no cookies, so that `
        + `requests of one session reach each of the ${nodeCount} nodes in turn and people are logged out: give ClassicListener.https() or http()`);
    }
    return this.listeners(purpose).some(each => each._readsHttp) ? sessionCookie : undefined;
  }

  private healthCheck(named: BalancedHost): elb.HealthCheck {
    const { healthCheck } = named;
    const protocol = this.healthCheckProtocol(named);
    if (protocol === 'HTTPS' && healthCheck.path === undefined) {
      throw new Error(`healthCheckProtocol HTTPS asks for an answer to HTTP, which nothing gives on port ${healthCheck.port} of this profile: `
        + 'give ClassicHealthCheckProtocol.TCP, or leave it out');
    }
    return {
      protocol: protocol.toLowerCase() as elb.LoadBalancingProtocol,
      port: healthCheck.port,
      ...(protocol.startsWith('HTTP') ? { path: healthCheck.path } : {}),
      // A dead node gets requests for half a minute at most; a long pause of its Java for less is forgiven.
      interval: CHECK_INTERVAL,
      timeout: Duration.seconds(8),
      healthyThreshold: 2,
      unhealthyThreshold: 3,
    };
  }

  private healthCheckProtocol({ purpose, healthCheck }: BalancedHost): string {
    if (this.options.healthCheckProtocol) return this.options.healthCheckProtocol;
    if (healthCheck.protocol !== 'HTTPS') return healthCheck.protocol;
    const hasRsa = this.options.rsaKeyExchange || this.host.java.every(each => each < FIRST_JAVA_WITHOUT_RSA);
    return hasRsa && this.endsTls(purpose) ? 'HTTPS' : 'TCP';
  }

  private get policyName(): string {
    return this.client.policy!.policyName;
  }

  private addNodes(group: BalancedGroup): BalancedTargets {
    const loadBalancer = this.of(group.purpose);
    for (const nodes of group.targets) {
      loadBalancer.addTarget(nodes);
      loadBalancer.connections.allowTo(nodes, ec2.Port.tcp(group.healthCheck.port), 'Health of the nodes');
    }
    const metric = (metricName: string, statistic: string): cloudwatch.Metric => new cloudwatch.Metric({
      namespace: 'AWS/ELB', metricName, statistic, period: Duration.minutes(1), dimensionsMap: { LoadBalancerName: loadBalancer.loadBalancerName },
    });
    const { id, hostName: name, purpose } = group;
    return { id, name, purpose, healthy: metric('HealthyHostCount', 'Minimum'), unhealthy: metric('UnHealthyHostCount', 'Maximum') };
  }

  /** One for all, or one each: a listener takes one. */
  private certificate(purpose: Purpose): acm.ICertificate {
    const { certificates } = this.host;
    return purpose === 'console' ? certificates[certificates.length - 1] : certificates[0];
  }

  private checkListeners(): void {
    for (const { purpose } of this.host.hosts) checkListenersOf(`${purpose}Listeners`, this.listeners(purpose));
    const [service, console] = this.host.hosts.map(({ purpose }) => this.proxyPorts(purpose).https);
    if (console !== undefined && console !== service) {
      throw new Error(`consoleListeners lead to the nodes' HTTPS port from ${console} and serviceListeners from ${service}, give both one port: `
        + 'a node can be told one');
    }
    if (this.options.consoleListeners && console === undefined) {
      throw new Error('consoleListeners say nothing where services and console have one host name, give managementHostName too or leave them out');
    }
  }

  private checkCertificates(): void {
    const given = this.host.certificates.length;
    const needed = this.host.hosts.some(({ purpose }) => this.endsTls(purpose));
    if (needed && given === 0) {
      throw new Error('certificates is empty, give an ACM certificate: the HTTPS and SSL listeners of a Classic load balancer need one');
    }
    if (!needed && given > 0) {
      throw new Error('certificates has what no listener serves, leave it out or give ClassicListener.https() or ssl(): '
        + 'TCP and HTTP listeners have none');
    }
    if (given <= this.host.hosts.length) return;
    throw new Error(`certificates has ${given}, but a listener of a Classic load balancer takes one: give one that covers both host names, `
      + 'or that of the services and then that of the console');
  }
}

function tlsPolicy(policyName: string): elb.CfnLoadBalancer.PoliciesProperty {
  return { policyName, policyType: 'SSLNegotiationPolicyType', attributes: [{ Name: 'Reference-Security-Policy', Value: policyName }] };
}

function checkListenersOf(property: string, listeners: readonly ClassicListener[]): void {
  const ports = listeners.map(each => each.port);
  const twice = ports.find((port, index) => ports.indexOf(port) !== index);
  if (twice !== undefined) throw new Error(`${property} has port ${twice} twice, give each listener a port of its own`);
  if (listeners.some(each => each._nodePort === 'https')) return;
  throw new Error(`${property} has none that leads to the nodes' HTTPS port, give ClassicListener.https(), ssl() or tcp() too`);
}

function checkDraining(timeout: Duration | undefined): void {
  const seconds = timeout?.toSeconds({ integral: false });
  if (seconds === undefined || (Number.isInteger(seconds) && seconds >= 1 && seconds <= LONGEST_DRAINING)) return;
  throw new Error(`connectionDrainingTimeout of ${seconds} seconds is outside 1 to ${LONGEST_DRAINING}, give whole seconds between`);
}
