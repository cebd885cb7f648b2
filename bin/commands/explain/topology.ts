import { Actor } from './actors';
import { Cluster } from './clusters';
import { Route } from './routes';
import { Connection, covers, portsText, Security } from './security';
import { subnetText } from './subnets';
import { unique } from './values';

export type PlaceKind = Actor['kind'] | 'clients' | 'outside' | 'members';

/** A node of the picture. */
export interface Place {
  readonly id: string;
  readonly kind: PlaceKind;
  readonly label: string;
  readonly about: readonly string[];
  /** The subnets it is in; nothing for what is outside. */
  readonly subnets?: string;
  /** Where the page tells more. */
  readonly anchor: string;
}

/** Who talks to whom. */
export interface Link {
  readonly from: string;
  readonly to: string;
  readonly labels: readonly string[];
  /** `one side only`: a security group on the way does not allow it. */
  readonly agreed: Connection['agreed'];
  readonly kind: 'requests' | 'members';
}

export interface Topology { readonly places: readonly Place[]; readonly links: readonly Link[] }

/** What the topology is drawn from; actors are those that are drawn. */
export interface Parts {
  readonly actors: readonly Actor[];
  readonly security: Security;
  readonly routes: readonly Route[];
  readonly clusters: readonly Cluster[];
}

/** What is not drawn: endpoints of route tables, functions outside the VPC, and interfaces, which are their nodes' addresses. */
export function isDrawn({ kind, securityGroups }: Actor): boolean {
  if (kind === 'interface') return false;
  return !['endpoint', 'function'].includes(kind) || securityGroups.length > 0;
}

/** What connects to others by itself. */
const LEAVING = ['AWS::AutoScaling::AutoScalingGroup', 'AWS::EC2::Instance', 'AWS::EC2::LaunchTemplate', 'AWS::Lambda::Function'];

export function topologyOf(parts: Parts): Topology {
  const [hubs, others] = [hubsOf(parts), new Map<string, Place>()];
  const links = [
    ...clientLinks(parts, others),
    ...routeLinks(parts),
    ...connectionLinks(parts),
    ...hubs.flatMap(hub => hub.links),
    ...leavingLinks(parts, others),
  ];
  return { places: [...parts.actors.map(placeOf), ...hubs.map(hub => hub.place), ...others.values()], links: merged(links) };
}

function placeOf({ resource, kind, label, about, subnets }: Actor): Place {
  return { id: resource.anchor, kind, label, about, subnets: subnetText(subnets), anchor: resource.anchor };
}

function actorsIn({ security, actors }: Parts, group: object | undefined): readonly Actor[] {
  return security.groups.find(each => each.resource === group)?.actors.filter(each => actors.includes(each)) ?? [];
}

/** Addresses that somebody is let in from. */
function clientLinks(parts: Parts, places: Map<string, Place>): Link[] {
  return parts.security.connections.filter(rule => rule.from.group === undefined).flatMap(rule => actorsIn(parts, rule.to.group).map(actor => {
    const place = outsider(places, 'clients', 'Clients', rule.from.label);
    return { from: place.id, to: actor.resource.anchor, labels: [portsText(rule.ports)], agreed: 'both' as const, kind: 'requests' as const };
  }));
}

function outsider(places: Map<string, Place>, kind: 'clients' | 'outside', label: string, about: string): Place {
  const key = `${kind} ${label} ${about}`;
  const place: Place = places.get(key) ?? { id: `${kind}-${places.size + 1}`, kind, label, about: [about], anchor: 'security' };
  places.set(key, place);
  return place;
}

function routeLinks(parts: Parts): Link[] {
  return parts.routes.flatMap(route => route.targets.map(({ resource }) => ({
    from: route.balancer.anchor,
    to: resource.anchor,
    labels: [[route.condition.replace(/^host /, ''), `→ ${route.to}`].filter(part => part !== '').join(' ')],
    agreed: routeAgreed(parts, route, resource),
    kind: 'requests' as const,
  })));
}

/** Whether the security groups let the load balancer reach its target; a load balancer without groups needs none of its own. */
function routeAgreed({ security }: Parts, route: Route, target: object): Connection['agreed'] {
  const ofBalancer = security.groups.filter(group => group.actors.some(actor => actor.resource === route.balancer));
  const ofTarget = security.groups.filter(group => group.actors.some(actor => actor.resource === target));
  if (ofBalancer.length === 0 || ofTarget.length === 0) return 'not told';
  const ports = { protocol: 'tcp', from: route.targetPort, to: route.targetPort };
  const rules = security.connections.filter(rule => ofTarget.some(group => group.resource === rule.to.group) && covers(rule.ports, ports));
  if (rules.some(rule => rule.agreed === 'both' && ofBalancer.some(group => group.resource === rule.from.group))) return 'both';
  return rules.some(rule => rule.from.group === undefined) ? 'not told' : 'one side only';
}

/** Rules between groups, but for what starts at a load balancer whose routes say where requests go. */
function connectionLinks(parts: Parts): Link[] {
  const between = parts.security.connections.filter(rule => rule.from.group !== undefined && rule.from.group !== rule.to.group);
  return between.flatMap(rule => actorsIn(parts, rule.from.group).flatMap(from => actorsIn(parts, rule.to.group)
    .filter(() => !parts.routes.some(route => route.balancer === from.resource))
    .map(to => ({
      from: from.resource.anchor, to: to.resource.anchor, labels: [portsText(rule.ports)], agreed: rule.agreed, kind: 'requests' as const,
    }))));
}

interface Hub { readonly place: Place; readonly links: readonly Link[] }

/** Those who may talk to each other within one group meet at a place of their own: pairs would be many. */
function hubsOf(parts: Parts): Hub[] {
  const groups = unique(parts.security.connections.filter(rule => rule.from.group && rule.from.group === rule.to.group).map(rule => rule.to.group!));
  return groups.flatMap(group => {
    const actors = actorsIn(parts, group);
    if (actors.length === 0) return [];
    const rules = parts.security.connections.filter(rule => rule.from.group === group && rule.to.group === group);
    const cluster = parts.clusters.find(each => each.nodes.some(node => actors.some(actor => actor.resource === node.machines.resource)));
    const areas = unique(actors.map(actor => subnetText(actor.subnets)));
    const place: Place = {
      id: `members-${group.anchor}`,
      kind: 'members',
      label: cluster ? 'Hazelcast' : group.label,
      about: [cluster ? cluster.domain : 'among themselves', ...unique(rules.map(rule => hubPort(rule, cluster)))],
      ...(areas.length === 1 ? { subnets: areas[0] } : {}),
      anchor: cluster ? cluster.anchor : 'security',
    };
    return [{ place, links: actors.map(actor => memberLink(actor, place, rules)) }];
  });
}

/** Members may have more to say to each other than Hazelcast's. */
function hubPort({ ports, description }: Connection, cluster: Cluster | undefined): string {
  const isMemberPort = cluster?.nodes.some(({ clustering: { localMemberPort: port } }) => covers(ports, { protocol: 'tcp', from: port, to: port }));
  return cluster && !isMemberPort && description ? `${portsText(ports)} ${description}` : portsText(ports);
}

function memberLink(actor: Actor, place: Place, rules: readonly Connection[]): Link {
  const agreed = rules.every(rule => rule.agreed === 'both') ? 'both' : 'one side only';
  return { from: actor.resource.anchor, to: place.id, labels: [], agreed, kind: 'members' };
}

/** Where machines may go by rules of their own; what AWS runs connects to nobody by itself. */
function leavingLinks(parts: Parts, places: Map<string, Place>): Link[] {
  const rules = parts.security.leaving.filter(rule => rule.to.group === undefined);
  return rules.flatMap(rule => actorsIn(parts, rule.from.group)
    .filter(actor => LEAVING.includes(actor.resource.type))
    .map(actor => {
      const place = outsider(places, 'outside', rule.description || 'Outside', rule.to.label);
      return { from: actor.resource.anchor, to: place.id, labels: [portsText(rule.ports)], agreed: 'both' as const, kind: 'requests' as const };
    }));
}

function merged(links: readonly Link[]): Link[] {
  const found = new Map<string, Link>();
  for (const link of links) {
    const key = JSON.stringify([link.from, link.to, link.kind]);
    const known = found.get(key);
    found.set(key, known ? { ...known, labels: unique([...known.labels, ...link.labels]), agreed: worse(known.agreed, link.agreed) } : link);
  }
  return [...found.values()];
}

function worse(a: Connection['agreed'], b: Connection['agreed']): Connection['agreed'] {
  return [a, b].includes('one side only') ? 'one side only' : [a, b].includes('not told') ? 'not told' : 'both';
}
