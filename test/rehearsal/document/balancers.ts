/** Application and network load balancers with their target groups. */
import * as elb from '@aws-sdk/client-elastic-load-balancing-v2';
import { Clients, Json } from './clients';

/** What the emulator leaves out for a network load balancer, which does not let one choose. */
const TCP_TIMEOUT_SECONDS = 10;

export interface Balancing {
  readonly loadBalancers: Json[];
  readonly targetGroups: Json[];
}

export async function loadBalancers(clients: Clients): Promise<Balancing> {
  const all = (await clients.elb.send(new elb.DescribeLoadBalancersCommand({}))).LoadBalancers ?? [];
  const groups = (await clients.elb.send(new elb.DescribeTargetGroupsCommand({}))).TargetGroups ?? [];
  return {
    loadBalancers: await Promise.all(all.map(each => loadBalancer(clients, each))),
    targetGroups: await Promise.all(groups.map(each => targetGroup(clients, each))),
  };
}

async function loadBalancer(clients: Clients, balancer: elb.LoadBalancer): Promise<Json> {
  const listeners = (await clients.elb.send(new elb.DescribeListenersCommand({ LoadBalancerArn: balancer.LoadBalancerArn }))).Listeners ?? [];
  return {
    name: balancer.LoadBalancerName,
    dnsName: balancer.DNSName,
    type: balancer.Type,
    scheme: balancer.Scheme,
    subnets: (balancer.AvailabilityZones ?? []).map(each => each.SubnetId),
    securityGroups: balancer.SecurityGroups ?? [],
    listeners: await Promise.all(listeners.map(each => listener(clients, each))),
  };
}

async function listener(clients: Clients, each: elb.Listener): Promise<Json> {
  const rules = (await clients.elb.send(new elb.DescribeRulesCommand({ ListenerArn: each.ListenerArn }))).Rules ?? [];
  const own = rules.filter(rule => !rule.IsDefault).map(rule => ({
    priority: Number(rule.Priority),
    hostHeader: valuesOf(rule, 'host-header'),
    pathPattern: valuesOf(rule, 'path-pattern'),
    action: action(rule.Actions!),
  }));
  return {
    port: each.Port,
    protocol: each.Protocol,
    ...each.Certificates?.length ? { certificateNames: await certificateNames(clients, each, own) } : {},
    ...each.SslPolicy ? { sslPolicy: each.SslPolicy } : {},
    defaultAction: action(each.DefaultActions!),
    rules: own,
  };
}

/** Those of the rules too: whoever deploys has a certificate for them, even where the app names one that is not in the stack. */
async function certificateNames(clients: Clients, each: elb.Listener, rules: readonly Json[]): Promise<string[]> {
  const certificates = await clients.elb.send(new elb.DescribeListenerCertificatesCommand({ ListenerArn: each.ListenerArn }));
  const own = await clients.certificateNames((certificates.Certificates ?? []).map(one => one.CertificateArn));
  return [...new Set([...own, ...rules.flatMap(rule => rule.hostHeader)])];
}

function valuesOf(rule: elb.Rule, field: string): string[] {
  const condition = (rule.Conditions ?? []).find(each => each.Field === field);
  return condition?.HostHeaderConfig?.Values ?? condition?.PathPatternConfig?.Values ?? condition?.Values ?? [];
}

function action(actions: elb.Action[]): Json {
  const [first] = actions;
  if (first.Type === 'forward') return { targetGroup: first.TargetGroupArn ?? first.ForwardConfig!.TargetGroups![0].TargetGroupArn };
  if (first.Type === 'fixed-response') {
    const { StatusCode, ContentType, MessageBody } = first.FixedResponseConfig!;
    return { fixedResponse: { status: Number(StatusCode), contentType: ContentType ?? 'text/plain', body: MessageBody ?? '' } };
  }
  if (first.Type === 'redirect') {
    const { Protocol, Host, Port, Path, Query, StatusCode } = first.RedirectConfig!;
    const given = { protocol: Protocol, host: Host, port: Port, path: Path, query: Query };
    return { redirect: { ...Object.fromEntries(Object.entries(given).filter(([, value]) => value)), status: StatusCode === 'HTTP_301' ? 301 : 302 } };
  }
  throw new Error(`the rehearsal cannot do what the load balancer's action '${first.Type}' asks for`);
}

async function targetGroup(clients: Clients, group: elb.TargetGroup): Promise<Json> {
  const [attributes, health] = await Promise.all([
    clients.elb.send(new elb.DescribeTargetGroupAttributesCommand({ TargetGroupArn: group.TargetGroupArn })),
    clients.elb.send(new elb.DescribeTargetHealthCommand({ TargetGroupArn: group.TargetGroupArn })),
  ]);
  const value = Object.fromEntries((attributes.Attributes ?? []).map(each => [each.Key!, each.Value!]));
  if (value['proxy_protocol_v2.enabled'] === 'true') {
    throw new Error(`the rehearsal's load balancers do not speak the proxy protocol that the target group ${group.TargetGroupName} asks for`);
  }
  const port = Number(group.HealthCheckPort);
  return {
    id: group.TargetGroupArn,
    port: group.Port,
    protocol: group.Protocol,
    health: {
      protocol: group.HealthCheckProtocol,
      ...Number.isInteger(port) ? { port } : {},
      ...group.HealthCheckPath ? { path: group.HealthCheckPath } : {},
      matcher: group.Matcher?.HttpCode ?? '200',
      interval: group.HealthCheckIntervalSeconds,
      timeout: group.HealthCheckTimeoutSeconds ?? TCP_TIMEOUT_SECONDS,
      healthy: group.HealthyThresholdCount,
      unhealthy: group.UnhealthyThresholdCount,
    },
    ...value['stickiness.enabled'] === 'true' ? { stickiness: stickiness(value) } : {},
    deregistrationDelay: Number(value['deregistration_delay.timeout_seconds'] ?? 300),
    targets: (health.TargetHealthDescriptions ?? []).map(each => each.Target!.Id),
  };
}

function stickiness(value: Record<string, string>): Json {
  const type = value['stickiness.type'];
  if (type === 'app_cookie') {
    return { type, cookie: value['stickiness.app_cookie.cookie_name'], duration: Number(value['stickiness.app_cookie.duration_seconds'] ?? 86400) };
  }
  return { type, duration: Number(value['stickiness.lb_cookie.duration_seconds'] ?? 86400) };
}
