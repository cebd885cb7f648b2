import { Actor } from './actors';
import { at, listOf } from './values';
import { Resource, Template, World } from './world';

/** One side of a rule. */
export interface Peer {
  /** The security group, where it is one of the assembly's. */
  readonly group?: Resource;
  /** The group's name, an address range, or whatever the template says. */
  readonly label: string;
}

export interface Rule {
  readonly from: Peer;
  readonly to: Peer;
  readonly ports: Ports;
  readonly description: string;
}

export interface Ports {
  readonly protocol: string;
  /** As the template says it; nothing for all ports. */
  readonly from?: string;
  readonly to?: string;
}

/** Who may connect to whom. */
export interface Connection extends Rule {
  /** Whether the other side's group agrees: `both`, `one side only` if not, `unknown` where it is outside the assembly. */
  readonly agreed: 'both' | 'one side only' | 'not told';
}

export interface Security {
  readonly groups: readonly SecurityGroup[];
  /** What a group lets in. */
  readonly connections: readonly Connection[];
  /** Where members of a group may go by rules of its own. */
  readonly leaving: readonly Connection[];
}

export interface SecurityGroup {
  readonly resource: Resource;
  readonly label: string;
  /** The name that Hazelcast compares; nothing where EC2 makes one up. */
  readonly name?: string;
  readonly description: string;
  readonly actors: readonly Actor[];
  /** No rule says where its members may go, so EC2 lets them go anywhere. */
  readonly leavesFreely: boolean;
}

const ANY = ['0.0.0.0/0', '::/0'];

export function securityOf(world: World, actors: readonly Actor[]): Security {
  const resources = world.ofType('AWS::EC2::SecurityGroup');
  const [ingress, egress] = [rulesOf(world, 'ingress'), rulesOf(world, 'egress')];
  const groups = resources.map(resource => groupOf(world, resource, actors, egress));
  return {
    groups,
    connections: ingress.map(rule => ({ ...rule, agreed: exitAgreed(rule, egress, groups) })),
    leaving: egress.filter(rule => !isNobody(rule)).map(rule => ({ ...rule, agreed: entryAgreed(rule, ingress) })),
  };
}

function groupOf(world: World, resource: Resource, actors: readonly Actor[], egress: readonly Rule[]): SecurityGroup {
  const name = at(resource.properties, 'GroupName');
  return {
    resource,
    label: resource.label,
    ...(name === undefined ? {} : { name: world.text(resource.template, name) }),
    description: world.text(resource.template, at(resource.properties, 'GroupDescription')),
    actors: actors.filter(actor => world.targets(actor.resource.template, actor.securityGroups).includes(resource)),
    leavesFreely: !egress.some(rule => rule.from.group === resource),
  };
}


/** Rules inside the groups, and those that are resources of their own. */
function rulesOf(world: World, direction: 'ingress' | 'egress'): Rule[] {
  const [inside, outside] = direction === 'ingress' ? ['SecurityGroupIngress', 'AWS::EC2::SecurityGroupIngress']
    : ['SecurityGroupEgress', 'AWS::EC2::SecurityGroupEgress'];
  const inGroups = world.ofType('AWS::EC2::SecurityGroup').flatMap(group => listOf(at(group.properties, inside))
    .map(rule => ruleOf(world, group.template, { group, label: group.label }, rule, direction)));
  const alone = world.ofType(outside).map(({ template, properties }) => (
    ruleOf(world, template, peerGroup(world, template, at(properties, 'GroupId') ?? at(properties, 'GroupName')), properties, direction)));
  return [...inGroups, ...alone];
}

function ruleOf(world: World, template: Template, owner: Peer, rule: unknown, direction: 'ingress' | 'egress'): Rule {
  const other = otherSide(world, template, rule, direction);
  const [from, to] = direction === 'ingress' ? [other, owner] : [owner, other];
  return { from, to, ports: portsOf(world, template, rule), description: world.text(template, at(rule, 'Description')) };
}

function otherSide(world: World, template: Template, rule: unknown, direction: 'ingress' | 'egress'): Peer {
  const prefix = direction === 'ingress' ? 'Source' : 'Destination';
  const peer = at(rule, `${prefix}SecurityGroupId`) ?? at(rule, `${prefix}SecurityGroupName`);
  if (peer !== undefined) return peerGroup(world, template, peer);
  const address = at(rule, 'CidrIp') ?? at(rule, 'CidrIpv6') ?? at(rule, `${prefix}PrefixListId`);
  return { label: addressLabel(world, template, address) };
}

function addressLabel(world: World, template: Template, address: unknown): string {
  const target = world.target(template, address);
  if (target?.resource.type === 'AWS::EC2::VPC') return `addresses of ${target.resource.label}`;
  const text = world.text(template, address);
  return ANY.includes(text) ? `anywhere (${text})` : text;
}

function peerGroup(world: World, template: Template, value: unknown): Peer {
  const group = world.target(template, value)?.resource;
  return group?.type === 'AWS::EC2::SecurityGroup' ? { group, label: group.label } : { label: world.text(template, value) };
}

function portsOf(world: World, template: Template, rule: unknown): Ports {
  const protocol = world.text(template, at(rule, 'IpProtocol')).replace(/^-1$/, 'all');
  if (protocol === 'all') return { protocol };
  const [from, to] = ['FromPort', 'ToPort'].map(name => portText(world, template, at(rule, name)));
  return { protocol, from, to };
}

/** The default port of each engine, which a database has unless its template says another. */
const ENGINE_PORTS: readonly (readonly [RegExp, string])[] = [
  [/mysql|mariadb/, '3306'], [/postgres/, '5432'], [/oracle/, '1521'], [/sqlserver/, '1433'], [/^aurora$/, '3306'],
];

function portText(world: World, template: Template, value: unknown): string {
  const target = world.target(template, value);
  const text = world.text(template, value);
  if (!target || !['Endpoint.Port', 'Endpoint.port'].includes(target.attribute ?? '')) return text;
  const { properties, template: owner } = target.resource;
  const port = world.text(owner, at(properties, 'Port'));
  return port || ENGINE_PORTS.find(([engine]) => engine.test(world.text(owner, at(properties, 'Engine'))))?.[1] || text;
}

/** CDK's way to say that nobody may be reached: an address that none has. */
function isNobody({ to }: Rule): boolean {
  return to.label === '255.255.255.255/32';
}

function exitAgreed(rule: Rule, egress: readonly Rule[], groups: readonly SecurityGroup[]): Connection['agreed'] {
  if (!rule.from.group) return 'not told';
  if (groups.find(each => each.resource === rule.from.group)?.leavesFreely) return 'both';
  const matching = egress.filter(each => each.from.group === rule.from.group && covers(each.ports, rule.ports));
  if (matching.some(each => each.to.group === rule.to.group || isAnywhere(each.to))) return 'both';
  // Whether an address range holds the other's addresses is known only when they are there.
  return matching.some(each => each.to.group === undefined && !isNobody(each)) ? 'not told' : 'one side only';
}

function entryAgreed(rule: Rule, ingress: readonly Rule[]): Connection['agreed'] {
  if (!rule.to.group) return 'not told';
  const matching = ingress.filter(each => each.to.group === rule.to.group && covers(each.ports, rule.ports));
  if (matching.some(each => each.from.group === rule.from.group || isAnywhere(each.from))) return 'both';
  return matching.some(each => each.from.group === undefined) ? 'not told' : 'one side only';
}

function isAnywhere({ label }: Peer): boolean {
  return ANY.some(each => label === `anywhere (${each})`);
}

/** All that `inner` allows is allowed by `outer` too. */
export function covers(outer: Ports, inner: Ports): boolean {
  if (outer.protocol === 'all') return true;
  if (outer.protocol !== inner.protocol) return false;
  if (outer.from === inner.from && outer.to === inner.to) return true;
  const [low, high, from, to] = [outer.from, outer.to, inner.from, inner.to].map(Number);
  return low <= from && to <= high;
}

/** `TCP 5701–5703`, `all traffic`. */
export function portsText({ protocol, from, to }: Ports): string {
  if (protocol === 'all') return 'all traffic';
  const name = protocol.toUpperCase();
  if (from === undefined || from === '') return `all ${name}`;
  return `${name} ${from === to ? from : `${from}–${to}`}`;
}
