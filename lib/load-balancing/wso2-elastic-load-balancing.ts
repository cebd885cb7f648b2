import { Duration } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as targets from 'aws-cdk-lib/aws-route53-targets';
import { Construct } from 'constructs';
import { BalancedGroup, BalancedHost, BalancedTargets, LoadBalancingConfig, LoadBalancingHost } from './load-balancing-host';
import { networkLoadBalancer } from './network-load-balancer';
import { networkTargets } from './network-targets';
import { Wso2ElasticLoadBalancingOptions } from './wso2-elastic-load-balancing-options';
import { fileSource } from '../artifacts/file-source';
import { LateBoundValues } from '../boot/late-bound-values';
import { logLimits } from '../boot/log-limits';
import { NodeContent } from '../boot/node-document';
import { outOfMemoryOptions } from '../boot/out-of-memory';
import { elasticLoadBalancer, SubDomainModel } from '../configuration/loadbalancer-conf';
import { KeystoreModel } from '../configuration/node-model';
import { FileEdits, planOf } from '../configuration/plan';
import { FixedInterface } from '../network/fixed-interface';
import { ElasticLoadBalancerVersion, elasticLoadBalancerVersion, hazelcastVersionsJoin } from '../products/catalogue-elastic-load-balancer';
import { NodeRole } from '../products/product-version';
import { BackEndClient } from '../tls/back-end-client';

const HTTP = 80;
const HTTPS = 443;
const DEFAULT_VERSION = '2.1.1';
const DEFAULT_GROUP_PORT = 4500;
/** The oldest that a distribution has. */
const FIRST_JAVA_OF_DISTRIBUTIONS = 8;
const DEREGISTRATION_DELAY = Duration.seconds(60);
const INSTEAD = 'LoadBalancing.nginx() or LoadBalancing.application()';

/**
 * One instance of WSO2 Elastic Load Balancer at an address that it keeps, behind a network load balancer. It learns of the nodes by
 * joining their Hazelcast group, so that each of them knows it as a member. See WSO2-ELB.md.
 */
export class Wso2ElasticBalancing {
  private readonly facts: ElasticLoadBalancerVersion;
  private readonly java: number;
  private readonly groupPort: number;
  private readonly securityGroup: ec2.SecurityGroup;
  private readonly loadBalancer: elbv2.NetworkLoadBalancer;
  private readonly fixedInterface: FixedInterface;

  public constructor(
    private readonly scope: Construct,
    private readonly host: LoadBalancingHost,
    private readonly options: Wso2ElasticLoadBalancingOptions,
  ) {
    this.facts = elasticLoadBalancerVersion(options.version ?? DEFAULT_VERSION);
    this.java = options.javaVersion ?? this.facts.java.preferred;
    this.groupPort = options.groupManagementPort ?? DEFAULT_GROUP_PORT;
    this.checkNodes();
    this.checkJava();
    this.checkGroupPort();
    this.securityGroup = new ec2.SecurityGroup(this.scope, 'InstanceSecurityGroup', {
      vpc: this.host.vpc, description: 'WSO2 Elastic Load Balancer before a WSO2 Carbon cluster', allowAllOutbound: false,
    });
    this.securityGroup.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(HTTPS), 'APIs of AWS, package repositories');
    this.fixedInterface = new FixedInterface(scope, 'Interface', {
      subnet: host.instanceSubnets[0], securityGroup: this.securityGroup, description: `${scope.node.path} WSO2 Elastic Load Balancer`,
    });
    this.loadBalancer = networkLoadBalancer(this.scope, this.host, 'Network load balancer before WSO2 Elastic Load Balancer');
  }

  public config(): LoadBalancingConfig {
    const { loadBalancer } = this;
    return {
      proxyPorts: { http: HTTP, https: HTTPS },
      backEndClient: BackEndClient.javaClient(this.java),
      portMapping: role => this.portMapping(role),
      member: { address: this.fixedInterface.address, port: this.groupPort },
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
    const isArm = this.host.architecture === ec2.InstanceArchitecture.ARM_64;
    const instances = this.host.instances(this.scope, 'Instances', {
      count: 1,
      securityGroup: this.securityGroup,
      fixedInterface: this.fixedInterface,
      instanceType: this.options.instanceType
        ?? ec2.InstanceType.of(isArm ? ec2.InstanceClass.T4G : ec2.InstanceClass.T3, ec2.InstanceSize.MEDIUM),
      machineImage: this.options.machineImage,
      rootDeviceName: this.options.rootDeviceName,
      content: (scope, role, values) => this.content(scope, role, values),
    });
    this.addListener(HTTP, this.facts.ports.serviceHttp, instances);
    const targets = this.addListener(HTTPS, this.facts.ports.serviceHttps, instances);
    for (const group of groups) this.openNodes(group);
    return [networkTargets('Elb', this.host.hosts, targets)];
  }

  private addListener(port: number, targetPort: number, instances: autoscaling.AutoScalingGroup): elbv2.NetworkTargetGroup {
    const listener = this.loadBalancer.addListener(`Tcp${port}`, { port, protocol: elbv2.Protocol.TCP });
    const targets = listener.addTargets('Elb', {
      port: targetPort,
      protocol: elbv2.Protocol.TCP,
      targets: [instances],
      preserveClientIp: true,
      deregistrationDelay: DEREGISTRATION_DELAY,
      healthCheck: { protocol: elbv2.Protocol.TCP, interval: Duration.seconds(10), healthyThresholdCount: 2, unhealthyThresholdCount: 2 },
    });
    for (const peer of this.host.clients) this.loadBalancer.connections.allowFrom(peer, ec2.Port.tcp(port), 'Clients of the cluster');
    this.securityGroup.connections.allowFrom(this.loadBalancer, ec2.Port.tcp(targetPort), 'Clients of the cluster');
    return targets;
  }

  /** It takes a node once every port answers that the node has told of. */
  private openNodes({ targets: groups, publishedPorts }: BalancedGroup): void {
    for (const nodes of groups) {
      for (const port of publishedPorts) nodes.connections.allowFrom(this.securityGroup, ec2.Port.tcp(port), 'WSO2 Elastic Load Balancer');
      for (const { from, to } of this.host.memberPorts) {
        nodes.connections.allowFrom(this.securityGroup, ec2.Port.tcpRange(from, to), 'WSO2 Elastic Load Balancer, a Hazelcast member');
      }
      this.securityGroup.connections.allowFrom(nodes, ec2.Port.tcp(this.groupPort), 'Hazelcast members');
    }
  }

  private portMapping(role: NodeRole): Record<string, number> {
    const named = this.host.hosts.find(each => each.role === role)!;
    return { [HTTP]: named.httpPort, [HTTPS]: named.httpsPort };
  }

  private content(scope: Construct, role: iam.IRole, values: LateBoundValues): NodeContent {
    const { options, facts, host } = this;
    const trusted = options.trustedCertificates ?? [];
    // Nodes have one key pair among them and trust it; with the same it trusts them, and clients see no certificate of a pack.
    const keystore = host.keystore?.bindNode({ instanceRole: role, values });
    return {
      kind: 'elastic-load-balancer',
      product: {
        title: `${facts.title} ${facts.version}`,
        script: facts.startScript,
        arguments: [],
        metadata: 'closed',
        environment: { JAVA_OPTS: outOfMemoryOptions([this.java]).join(' ') },
      },
      pack: fileSource(values, 'Pack', options.distribution.bind(scope, role)),
      java: { version: this.java, accepted: [this.java], ...(options.javaHome ? { home: options.javaHome } : {}) },
      trust: {
        store: facts.trustStore,
        systemRoots: false,
        certificates: trusted.map((each, index) => ({ alias: each.alias, source: fileSource(values, `Trusted${index}`, each._bind(scope, role)) })),
      },
      ...(keystore ? { keystore: keystore.document } : {}),
      health: { url: `tcp://localhost:${facts.ports.serviceHttps}`, seconds: host.healthTimeout.toSeconds() },
      logLimits: logLimits(),
      configuration: planOf(undefined, this.files(values, keystore?.model)),
    };
  }

  private files(values: LateBoundValues, keystore: KeystoreModel | undefined): FileEdits[] {
    const { facts, host } = this;
    const members = host.memberAddresses!(values);
    return elasticLoadBalancer({
      layout: facts.layout,
      localMemberHost: values.value('OwnAddress', this.fixedInterface.address),
      localMemberPort: facts.ports.member,
      httpPort: facts.ports.serviceHttp,
      httpsPort: facts.ports.serviceHttps,
      keystore,
      sessionTimeout: this.options.sessionTimeout?.toMilliseconds(),
      services: [{
        name: host.product.pack,
        domain: values.value('ClusterDomain', host.identity.domain),
        groupManagementPort: this.groupPort,
        ...(members.length > 0 ? { members } : {}),
        subDomains: subDomains(host.hosts),
      }],
    });
  }

  private checkNodes(): void {
    const { host, facts } = this;
    const name = `${facts.title} ${facts.version}`;
    if (!host.memberAddresses) {
      throw new Error(`membership looks for the members by their tags, but ${name} must be known to all of them: `
        + `give Membership.wellKnownNodes(), or ${INSTEAD}`);
    }
    if (host.product.profiles[0].layout.style === 'toml') {
      throw new Error(`${name} reads sub-domains and ports that nodes with a deployment.toml do not tell, give ${INSTEAD}`);
    }
    const hazelcast = this.options.hazelcastVersion ?? facts.hazelcast;
    if (hazelcast === undefined || !hazelcastVersionsJoin(hazelcast, host.product.hazelcast)) {
      throw new Error(`${name} has ${hazelcast ? `Hazelcast ${hazelcast}` : 'no Hazelcast'}, which cannot join the ${host.product.hazelcast} of `
        + `${host.product.title} ${host.product.version}: give ${INSTEAD}, or hazelcastVersion of a pack that was built with the nodes' Hazelcast`);
    }
    if (host.certificates.length > 0) {
      throw new Error(`certificates holds a certificate of ACM, whose key never leaves AWS so that ${name} cannot serve it: leave certificates out, `
        + 'clients see that of the keystore');
    }
    if (host.tlsPolicy) throw new Error(`tlsPolicy '${host.tlsPolicy}' says nothing to ${name}, whose TLS is that of its Java: leave it out`);
    this.checkOnePort();
  }

  private checkOnePort(): void {
    const [service, console] = this.host.hosts;
    if (!console || service.role !== console.role || service.httpsPort === console.httpsPort) return;
    throw new Error(`clusteringPattern: nodes that are alike serve their services at ${service.httpsPort} and their console at ${console.httpsPort}, `
      + `but a node can tell ${this.facts.title} one port for ${HTTPS}: give ClusteringPattern.WORKER_MANAGER, or LoadBalancing.nginx()`);
  }

  private checkJava(): void {
    const { facts, options, java } = this;
    const name = `${facts.title} ${facts.version}`;
    // A pack with another kernel may run on another Java.
    if (options.hazelcastVersion === undefined && !facts.java.accepted.includes(java)) {
      throw new Error(`javaVersion ${java} does not run ${name}, give one of ${facts.java.accepted.join(', ')}`);
    }
    if (java >= FIRST_JAVA_OF_DISTRIBUTIONS || options.javaHome) return;
    throw new Error(`javaHome is missing: ${name} runs on Java ${java}, which no distribution has, give a machineImage with it and its javaHome`);
  }

  private checkGroupPort(): void {
    const { groupPort, facts } = this;
    const taken = [facts.ports.member, facts.ports.serviceHttp, facts.ports.serviceHttps, facts.ports.servletHttp, facts.ports.servletHttps];
    if (Number.isInteger(groupPort) && groupPort >= 1024 && groupPort <= 65535 && !taken.includes(groupPort)) return;
    throw new Error(`groupManagementPort ${groupPort} is none of the load balancer's own, give one of 1024 to 65535 that is not ${taken.join(', ')}`);
  }
}

/** Of nodes that are alike all are in `mgt`, whatever they are asked for. */
function subDomains(hosts: readonly BalancedHost[]): SubDomainModel[] {
  const names = (matches: (host: BalancedHost) => boolean): string[] => hosts.filter(matches).map(each => each.hostName);
  const [workers, others] = [names(each => each.role === 'worker'), names(each => each.role !== 'worker')];
  return [...(workers.length > 0 ? [{ name: 'worker' as const, hosts: workers }] : []), { name: 'mgt' as const, hosts: others }];
}
