import { Duration } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as targets from 'aws-cdk-lib/aws-route53-targets';
import { Construct } from 'constructs';
import { ApplicationLoadBalancingOptions } from './application-load-balancing-options';
import { ExistingApplicationLoadBalancingOptions } from './existing-application-load-balancing-options';
import { leaveProtection } from './load-balancer-protection';
import { BalancedGroup, BalancedTargets, LoadBalancingConfig, LoadBalancingHost } from './load-balancing-host';
import { BackEndClient } from '../tls/back-end-client';
import { TlsPolicy } from '../tls/tls-policy';

const HTTP = 80;
const HTTPS = 443;
/** A console session idles out after 15 minutes in Carbon; its cookie may live longer than it. */
const CONSOLE_STICKINESS = Duration.hours(1);
/** A node that is told to leave gets this long to finish what it serves. */
const DEREGISTRATION_DELAY = Duration.seconds(60);
const FIRST_PRIORITY = 10;
const CHECK_INTERVAL = Duration.seconds(10);
/** Two checks, of which the first may have been made just before the node answered. */
const SETTLING = Duration.seconds(3 * CHECK_INTERVAL.toSeconds());

/** One application load balancer with one TLS listener; the host name decides which nodes a request reaches. */
export function bindApplication(scope: Construct, host: LoadBalancingHost, options: ApplicationLoadBalancingOptions): LoadBalancingConfig {
  if (host.certificates.length === 0) {
    throw new Error('certificates is empty, give at least one ACM certificate: the TLS listener on port 443 needs it');
  }
  if (options.accessLogPrefix !== undefined && !options.accessLogBucket) {
    throw new Error(`accessLogPrefix '${options.accessLogPrefix}' says nothing without accessLogBucket, give it too or leave it out`);
  }
  const policy = host.tlsPolicy ?? TlsPolicy.TLS13_1_2_RES_2021_06;
  const loadBalancer = new elbv2.ApplicationLoadBalancer(scope, 'Resource', {
    vpc: host.vpc,
    vpcSubnets: host.vpcSubnets,
    internetFacing: host.internetFacing,
    dropInvalidHeaderFields: true,
    idleTimeout: options.idleTimeout,
  });
  leaveProtection(loadBalancer);
  if (options.accessLogBucket) loadBalancer.logAccessLogs(options.accessLogBucket, options.accessLogPrefix);
  const listener = loadBalancer.addListener('Https', {
    port: HTTPS,
    protocol: elbv2.ApplicationProtocol.HTTPS,
    certificates: [...host.certificates],
    sslPolicy: policy.policyName as elbv2.SslPolicy,
    open: false,
    // A request for no host name of ours is nobody's business.
    defaultAction: elbv2.ListenerAction.fixedResponse(404, { contentType: 'text/plain', messageBody: 'not found' }),
  });
  allowClients(loadBalancer, host, HTTPS);
  if (options.redirectHttp) addRedirect(loadBalancer, host);
  return {
    proxyPorts: { http: HTTP, https: HTTPS },
    backEndClient: BackEndClient.application(policy),
    settlingTime: SETTLING,
    tellsGroup: true,
    loadBalancer: {
      connections: loadBalancer.connections,
      serviceDnsName: loadBalancer.loadBalancerDnsName,
      managementDnsName: loadBalancer.loadBalancerDnsName,
      applicationLoadBalancer: loadBalancer,
    },
    balance: groups => groups.map((group, index) =>
      watched(loadBalancer.loadBalancerFullName, group, addGroup(listener, group, FIRST_PRIORITY * (index + 1)))),
    aliasTarget: () => new targets.LoadBalancerTarget(loadBalancer),
  };
}

function allowClients(loadBalancer: elbv2.ApplicationLoadBalancer, host: LoadBalancingHost, port: number): void {
  for (const peer of host.clients) loadBalancer.connections.allowFrom(peer, ec2.Port.tcp(port), 'Clients of the cluster');
}

function addRedirect(loadBalancer: elbv2.ApplicationLoadBalancer, host: LoadBalancingHost): void {
  loadBalancer.addListener('Http', {
    port: HTTP,
    protocol: elbv2.ApplicationProtocol.HTTP,
    open: false,
    defaultAction: elbv2.ListenerAction.redirect({ protocol: 'HTTPS', port: String(HTTPS), permanent: true }),
  });
  allowClients(loadBalancer, host, HTTP);
}

function addGroup(listener: elbv2.ApplicationListener, group: BalancedGroup, priority: number): elbv2.ApplicationTargetGroup {
  return listener.addTargets(group.id, { ...targetGroupProps(group), conditions: [hostOf(group)], priority });
}

/** A rule and a target group of the cluster's own for each host name, at a listener that others use too. */
export function bindExistingApplication(
  scope: Construct, host: LoadBalancingHost, options: ExistingApplicationLoadBalancingOptions,
): LoadBalancingConfig {
  const { listener, loadBalancer, port = HTTPS, priority } = options;
  if (host.certificates.length > 0) {
    new elbv2.ApplicationListenerCertificate(scope, 'Certificates', { listener, certificates: [...host.certificates] });
  }
  return {
    proxyPorts: { https: port },
    backEndClient: BackEndClient.application(host.tlsPolicy ?? TlsPolicy.TLS13_1_2_RES_2021_06),
    loadBalancer: {
      connections: loadBalancer.connections,
      serviceDnsName: loadBalancer.loadBalancerDnsName,
      managementDnsName: loadBalancer.loadBalancerDnsName,
    },
    balance: groups => groups.map((group, index) => addRule(scope, listener, host.vpc, group, priority + index)),
    aliasTarget: () => new targets.LoadBalancerTarget(loadBalancer),
  };
}

function addRule(scope: Construct, listener: elbv2.IApplicationListener, vpc: ec2.IVpc, group: BalancedGroup, priority: number): BalancedTargets {
  const targetGroup = new elbv2.ApplicationTargetGroup(scope, `${group.id}Targets`, { vpc, ...targetGroupProps(group) });
  new elbv2.ApplicationListenerRule(scope, `${group.id}Rule`, { listener, priority, conditions: [hostOf(group)], targetGroups: [targetGroup] });
  return watched(targetGroup.firstLoadBalancerFullName, group, targetGroup);
}

function hostOf(group: BalancedGroup): elbv2.ListenerCondition {
  return elbv2.ListenerCondition.hostHeaders([group.hostName]);
}

function targetGroupProps(group: BalancedGroup): elbv2.ApplicationTargetGroupProps {
  if (group.healthCheck.protocol === 'TCP') {
    throw new Error(`profile of group ${group.id} answers no HTTP on port ${group.healthCheck.port}, which an application load balancer `
      + 'must ask: choose another profile');
  }
  return {
    protocol: elbv2.ApplicationProtocol.HTTPS,
    port: group.httpsPort,
    targets: [...group.targets],
    deregistrationDelay: DEREGISTRATION_DELAY,
    healthCheck: {
      protocol: elbv2.Protocol.HTTPS,
      port: String(group.healthCheck.port),
      path: group.healthCheck.path,
      healthyHttpCodes: '200',
      // A dead node gets requests for half a minute at most; a long pause of its Java for less is forgiven.
      interval: CHECK_INTERVAL,
      timeout: Duration.seconds(8),
      healthyThresholdCount: 2,
      unhealthyThresholdCount: 3,
    },
    ...(group.sessionCookie ? { stickinessCookieName: group.sessionCookie, stickinessCookieDuration: CONSOLE_STICKINESS } : {}),
  };
}

function watched(loadBalancerFullName: string, group: BalancedGroup, targets: elbv2.ApplicationTargetGroup): BalancedTargets {
  const each = { period: Duration.minutes(1), statistic: 'Maximum' };
  return {
    id: group.id,
    name: group.hostName,
    purpose: group.purpose,
    healthy: targets.metrics.healthyHostCount({ ...each, statistic: 'Minimum' }),
    unhealthy: targets.metrics.unhealthyHostCount(each),
    requests: { label: `${loadBalancerFullName}/${targets.targetGroupFullName}`, after: targets.loadBalancerAttached },
  };
}
