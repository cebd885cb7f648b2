import { Machines, NginxUserData } from './machines';
import { partsOf, textOf } from './settings';
import { at, entriesOf, listOf } from './values';
import { Resource, World } from './world';

/** What a load balancer does with requests: a listener, a condition, and where they go. */
export interface Route {
  readonly balancer: Resource;
  /** `HTTPS 443`. */
  readonly listener: string;
  /** `host am.example.com`; nothing where the listener sends everything there. */
  readonly condition: string;
  /** Machines that get them; nothing for an answer of the load balancer's own. */
  readonly targets: readonly Machines[];
  /** `HTTPS 8243`, or what the load balancer answers by itself. */
  readonly to: string;
  readonly targetPort?: string;
  readonly healthCheck: string;
  /** Which requests reach the same target again. */
  readonly stickiness: string;
}

export function routesOf(world: World, machines: readonly Machines[]): Route[] {
  return [
    ...world.ofType('AWS::ElasticLoadBalancingV2::Listener').flatMap(each => listenerRoutes(world, each, machines)),
    ...world.ofType('AWS::ElasticLoadBalancing::LoadBalancer').flatMap(each => classicRoutes(world, each, machines)),
    ...machines.flatMap(each => (each.nginx ? nginxRoutes(each, each.nginx, machines) : [])),
  ];
}

/** NGINX finds the nodes by their tags. */
function nginxRoutes({ resource }: Machines, { document, values }: NginxUserData, machines: readonly Machines[]): Route[] {
  const { discovery, http } = document;
  const [tag, value] = [discovery.tag, discovery.value].map(each => textOf(partsOf(each, values)));
  return [document.service, document.console].flatMap((host): Route[] => {
    if (!host) return [];
    const targets = machines.filter(each => each.tags.get(tag) === value && each.tags.get(discovery.roleTag) === host.role);
    const stickiness = host.sessionCookie ? `by the cookie ${host.sessionCookie}` : '';
    const route = { balancer: resource, condition: `host ${host.name}`, targets, healthCheck: host.health, stickiness };
    const to = (protocol: string, port: number): Pick<Route, 'to' | 'targetPort'> => ({ to: `${protocol} ${port}`, targetPort: String(port) });
    return [
      { ...route, listener: `HTTPS ${host.port ?? 443}`, ...to('HTTPS', host.https) },
      ...(http === 'service' && host.http !== undefined ? [{ ...route, listener: 'HTTP 80', ...to('HTTP', host.http) }] : []),
      ...(http === 'redirect' ? [{ ...route, listener: 'HTTP 80', ...answer('redirects to HTTPS') }] : []),
    ];
  });
}

function listenerRoutes(world: World, listener: Resource, machines: readonly Machines[]): Route[] {
  const { template, properties } = listener;
  const balancer = world.target(template, at(properties, 'LoadBalancerArn'))?.resource;
  if (!balancer) return [];
  const name = ['Protocol', 'Port'].map(each => world.text(template, at(properties, each))).join(' ').trim();
  const route = (owner: Resource, action: unknown, condition: string): Route[] => actionRoutes(world, owner, action, machines)
    .map(each => ({ balancer, listener: name, condition, ...each }));
  const rules = world.ofType('AWS::ElasticLoadBalancingV2::ListenerRule')
    .filter(each => world.target(each.template, at(each.properties, 'ListenerArn'))?.resource === listener)
    .sort((a, b) => Number(at(a.properties, 'Priority')) - Number(at(b.properties, 'Priority')));
  return [
    ...rules.flatMap(rule => listOf(at(rule.properties, 'Actions')).flatMap(action => route(rule, action, conditionText(world, rule)))),
    ...listOf(at(properties, 'DefaultActions')).flatMap(action => route(listener, action, rules.length > 0 ? 'everything else' : '')),
  ];
}

function conditionText(world: World, { template, properties }: Resource): string {
  return listOf(at(properties, 'Conditions')).map(condition => {
    const own = entriesOf(condition).find(([name]) => name.endsWith('Config'))?.[1];
    const values = listOf(at(own, 'Values') ?? at(condition, 'Values')).map(value => world.text(template, value));
    return `${world.text(template, at(condition, 'Field')).replace('host-header', 'host').replace('path-pattern', 'path')} ${values.join(' or ')}`;
  }).join(' and ');
}

type Destination = Omit<Route, 'balancer' | 'listener' | 'condition'>;

function actionRoutes(world: World, { template }: Resource, action: unknown, machines: readonly Machines[]): Destination[] {
  const type = world.text(template, at(action, 'Type'));
  const groups = [at(action, 'TargetGroupArn'), ...listOf(at(action, 'ForwardConfig', 'TargetGroups')).map(each => at(each, 'TargetGroupArn'))];
  const found = [...new Set(world.targets(template, groups))];
  if (found.length > 0) return found.map(group => targetGroupRoute(world, group, machines));
  if (type === 'fixed-response') return [answer(`answers ${world.text(template, at(action, 'FixedResponseConfig', 'StatusCode'))} itself`)];
  return [answer(type === 'redirect' ? `redirects to ${redirection(world, template, action)}` : type)];
}

function redirection(world: World, template: Resource['template'], action: unknown): string {
  return ['Protocol', 'Port'].map(name => world.text(template, at(action, 'RedirectConfig', name))).join(' ').trim();
}

function answer(to: string): Destination {
  return { targets: [], to, healthCheck: '', stickiness: '' };
}

function targetGroupRoute(world: World, group: Resource, machines: readonly Machines[]): Destination {
  const { template, properties } = group;
  const text = (name: string): string => world.text(template, at(properties, name));
  const ids = listOf(at(properties, 'Targets')).map(each => at(each, 'Id'));
  const targets = machines.filter(({ resource }) => world.targets(template, ids).includes(resource)
    || world.targets(resource.template, at(resource.properties, 'TargetGroupARNs')).includes(group));
  const port = text('Port');
  const check = [text('HealthCheckProtocol'), text('HealthCheckPort').replace('traffic-port', port), text('HealthCheckPath')]
    .filter(part => part !== '');
  return {
    targets,
    to: `${text('Protocol')} ${port}`,
    targetPort: port,
    healthCheck: `${check.join(' ')}, every ${text('HealthCheckIntervalSeconds') || '30'} s`,
    stickiness: stickiness(world, group),
  };
}

function stickiness(world: World, { template, properties }: Resource): string {
  const attributes = new Map(listOf(at(properties, 'TargetGroupAttributes'))
    .map(each => [at(each, 'Key'), world.text(template, at(each, 'Value'))]));
  if (attributes.get('stickiness.enabled') !== 'true') return '';
  const cookie = attributes.get('stickiness.app_cookie.cookie_name');
  return cookie ? `by the cookie ${cookie}` : 'by a cookie of the load balancer';
}

function classicRoutes(world: World, balancer: Resource, machines: readonly Machines[]): Route[] {
  const { template, properties } = balancer;
  const text = (value: unknown, name: string): string => world.text(template, at(value, name));
  const targets = machines.filter(({ resource }) => world.targets(template, at(properties, 'Instances')).includes(resource)
    || world.targets(resource.template, at(resource.properties, 'LoadBalancerNames')).includes(balancer));
  const stickiness = listOf(at(properties, 'AppCookieStickinessPolicy')).map(policy => `by the cookie ${text(policy, 'CookieName')}`).join(', ');
  return listOf(at(properties, 'Listeners')).map(listener => ({
    balancer,
    listener: `${text(listener, 'Protocol')} ${text(listener, 'LoadBalancerPort')}`.toUpperCase(),
    condition: '',
    targets,
    to: `${text(listener, 'InstanceProtocol') || text(listener, 'Protocol')} ${text(listener, 'InstancePort')}`.toUpperCase(),
    targetPort: text(listener, 'InstancePort'),
    healthCheck: text(at(properties, 'HealthCheck'), 'Target'),
    stickiness,
  }));
}
