/** Classic load balancers: each listener's instance port is a target group, whose health check is the load balancer's one. */
import * as classic from '@aws-sdk/client-elastic-load-balancing';
import { Balancing } from './balancers';
import { Clients, Json } from './clients';

const TLS_POLICY = 'SSLNegotiationPolicyType';
const REFERENCE = 'Reference-Security-Policy';
const PROXY_PROTOCOL = 'ProxyProtocolPolicyType';
/** Where a cookie has no time of its own it lasts as long as the browser; a day is longer than a rehearsal. */
const SESSION_SECONDS = 86400;
/** Toward instances a Classic load balancer says SSL for what the others call TLS. */
const TARGET_PROTOCOLS: Record<string, string> = { SSL: 'TLS' };

export async function classicLoadBalancers(clients: Clients): Promise<Balancing> {
  const all = (await clients.classic.send(new classic.DescribeLoadBalancersCommand({}))).LoadBalancerDescriptions ?? [];
  const made = await Promise.all(all.map(each => classicLoadBalancer(clients, each)));
  return { loadBalancers: made.map(each => each.balancer), targetGroups: made.flatMap(each => each.groups) };
}

async function classicLoadBalancer(clients: Clients, balancer: classic.LoadBalancerDescription): Promise<{ balancer: Json; groups: Json[] }> {
  const name = { LoadBalancerName: balancer.LoadBalancerName };
  const [policies, attributes] = await Promise.all([
    clients.classic.send(new classic.DescribeLoadBalancerPoliciesCommand(name)).then(answer => answer.PolicyDescriptions ?? []),
    clients.classic.send(new classic.DescribeLoadBalancerAttributesCommand(name)).then(answer => answer.LoadBalancerAttributes!),
  ]);
  if (policies.some(each => each.PolicyTypeName === PROXY_PROTOCOL)) {
    throw new Error(`the rehearsal's load balancers do not speak the proxy protocol that ${balancer.LoadBalancerName} asks for`);
  }
  const listeners = balancer.ListenerDescriptions ?? [];
  const groups = new Map(listeners.map(each => targetGroup(balancer, each, attributes)).map((group): [string, Json] => [group.id, group]));
  return {
    balancer: {
      name: balancer.LoadBalancerName,
      dnsName: balancer.DNSName,
      type: 'classic',
      scheme: balancer.Scheme,
      subnets: balancer.Subnets ?? [],
      securityGroups: balancer.SecurityGroups ?? [],
      idleTimeout: attributes.ConnectionSettings?.IdleTimeout ?? 60,
      listeners: await Promise.all(listeners.map(each => listener(clients, balancer, each, policies))),
    },
    groups: [...groups.values()],
  };
}

async function listener(clients: Clients, balancer: classic.LoadBalancerDescription, each: classic.ListenerDescription,
  policies: readonly classic.PolicyDescription[]): Promise<Json> {
  const { Protocol, LoadBalancerPort, SSLCertificateId } = each.Listener!;
  const tls = policies.find(policy => policy.PolicyTypeName === TLS_POLICY && each.PolicyNames?.includes(policy.PolicyName!));
  const reference = tls?.PolicyAttributeDescriptions?.find(one => one.AttributeName === REFERENCE)?.AttributeValue;
  if (tls && !reference) throw new Error(`the rehearsal knows only predefined TLS policies, give ${balancer.LoadBalancerName} one by ${REFERENCE}`);
  return {
    port: LoadBalancerPort,
    protocol: Protocol,
    ...SSLCertificateId ? { certificateNames: await clients.certificateNames([SSLCertificateId]) } : {},
    ...reference ? { sslPolicy: reference } : {},
    defaultAction: { targetGroup: groupId(balancer, each) },
    rules: [],
  };
}

/** Listeners to the same port of the instances share a group, unless their clients stick by other cookies. */
function groupId(balancer: classic.LoadBalancerDescription, each: classic.ListenerDescription): string {
  const { InstanceProtocol, InstancePort } = each.Listener!;
  return ['classic', balancer.LoadBalancerName, `${InstanceProtocol}-${InstancePort}`, ...cookies(balancer, each).map(one => one.policy)].join('/');
}

function targetGroup(balancer: classic.LoadBalancerDescription, each: classic.ListenerDescription, attributes: classic.LoadBalancerAttributes): Json {
  const { InstanceProtocol, InstancePort } = each.Listener!;
  const [stickiness] = cookies(balancer, each);
  const draining = attributes.ConnectionDraining;
  return {
    id: groupId(balancer, each),
    port: InstancePort,
    protocol: TARGET_PROTOCOLS[InstanceProtocol!] ?? InstanceProtocol,
    health: healthCheck(balancer.HealthCheck!),
    ...stickiness ? { stickiness: stickiness.rule } : {},
    deregistrationDelay: draining?.Enabled ? draining.Timeout ?? 300 : 0,
    algorithm: InstanceProtocol!.startsWith('HTTP') ? 'least_outstanding_requests' : 'round_robin',
    targets: (balancer.Instances ?? []).map(one => one.InstanceId),
  };
}

interface Cookie {
  readonly policy: string;
  readonly rule: Json;
}

/** The stickiness that a listener's policies ask for. */
function cookies(balancer: classic.LoadBalancerDescription, each: classic.ListenerDescription): Cookie[] {
  const has = (policy: string | undefined): boolean => each.PolicyNames?.includes(policy!) ?? false;
  const application = (balancer.Policies?.AppCookieStickinessPolicies ?? []).filter(one => has(one.PolicyName)).map((one): Cookie => ({
    policy: one.PolicyName!, rule: { type: 'app_cookie', cookie: one.CookieName, duration: SESSION_SECONDS },
  }));
  const own = (balancer.Policies?.LBCookieStickinessPolicies ?? []).filter(one => has(one.PolicyName)).map((one): Cookie => ({
    policy: one.PolicyName!, rule: { type: 'lb_cookie', cookie: 'AWSELB', duration: Number(one.CookieExpirationPeriod ?? SESSION_SECONDS) },
  }));
  return [...application, ...own];
}

/** `HTTPS:9443/carbon/` or `TCP:9443`. */
function healthCheck(check: classic.HealthCheck): Json {
  const [, protocol, port, path] = /^(\w+):(\d+)(\/.*)?$/.exec(check.Target!)!;
  return {
    protocol: protocol.toUpperCase(),
    port: Number(port),
    ...path ? { path } : {},
    interval: Number(check.Interval),
    timeout: Number(check.Timeout),
    healthy: Number(check.HealthyThreshold),
    unhealthy: Number(check.UnhealthyThreshold),
  };
}
