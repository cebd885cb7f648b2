import { IpPermission } from '@aws-sdk/client-ec2';
import { failure, Problem, warning } from './finding';
import { PortRange } from '../../../lib/network/cluster-security-group';

const EVERYWHERE = ['0.0.0.0/0', '::/0'];
const ALL_PORTS: PortRange = { from: 0, to: 65535 };

/** One peer that may use some ports: a rule of a security group, taken apart. */
export interface Opening {
  /** For sentences: `port 5701 to 5703`. */
  readonly what: string;
  /** Those of TCP; none where the rule is for another protocol. */
  readonly ports?: PortRange;
  /** Id of a security group or prefix list, or addresses. */
  readonly peer: string;
}

/** Who has to reach which port. */
export interface Need {
  /** What listens there: Hazelcast. */
  readonly name: string;
  /** Who may reach it: the members themselves. */
  readonly who: string;
  /** Their security groups. */
  readonly peers: readonly string[];
  /** What may be open to them. */
  readonly ports: PortRange;
  /** What must be. */
  readonly port: number;
}

export function openingsOf(rules: readonly IpPermission[]): Opening[] {
  return rules.flatMap(rule => {
    const ports = tcpPorts(rule);
    const what = ports ? portText(ports) : `protocol ${rule.IpProtocol}`;
    const peers = [
      ...(rule.IpRanges ?? []).map(each => each.CidrIp!),
      ...(rule.Ipv6Ranges ?? []).map(each => each.CidrIpv6!),
      ...(rule.UserIdGroupPairs ?? []).map(each => each.GroupId!),
      ...(rule.PrefixListIds ?? []).map(each => each.PrefixListId!),
    ];
    return peers.map(peer => ({ what, ports, peer }));
  });
}

function tcpPorts({ IpProtocol, FromPort, ToPort }: IpPermission): PortRange | undefined {
  if (IpProtocol === '-1') return ALL_PORTS;
  return IpProtocol === 'tcp' ? { from: FromPort ?? ALL_PORTS.from, to: ToPort ?? ALL_PORTS.to } : undefined;
}

export function isEverywhere(peer: string): boolean {
  return EVERYWHERE.includes(peer);
}

/** What is open to somebody who does not need it. */
export function excess(openings: readonly Opening[], needs: readonly Need[]): Problem[] {
  const services = joined(needs);
  return openings.flatMap(opening => {
    const problem = excessOf(opening, services);
    return problem === undefined ? [] : [problem];
  });
}

/** The same ports may be open to everybody who needs the same thing behind them. */
function joined(needs: readonly Need[]): Need[] {
  const same = (one: Need) => (other: Need): boolean => one.name === other.name && portText(one.ports) === portText(other.ports);
  return needs.filter((need, index) => needs.findIndex(same(need)) === index).map(need => {
    const all = needs.filter(same(need));
    return { ...need, who: [...new Set(all.map(each => each.who))].join(' and '), peers: all.flatMap(each => each.peers) };
  });
}

function excessOf({ what, ports, peer }: Opening, needs: readonly Need[]): Problem | undefined {
  const touched = needs.filter(each => ports && each.ports.from <= ports.to && ports.from <= each.ports.to);
  const foreign = touched.filter(each => !each.peers.includes(peer));
  const open = `${what} is open to ${peer}`;
  if (isEverywhere(peer) || (foreign.length > 0 && foreign.length === touched.length)) return failure([open, ...foreign.map(reserved)].join(', '));
  if (foreign.length > 0) return warning([open, ...foreign.map(reserved)].join(', '));
  if (touched.length === 0) return warning(`${open}, which the cluster does not need`);
  if (touched.some(each => isWithin(ports, each.ports))) return undefined;
  return warning(`${open}, which is wider than ${touched.map(each => each.name).join(', ')} needs`);
}

function reserved({ name, who }: Need): string {
  return `and only ${who} may reach ${name}`;
}

/** What is closed to those who need it. One of their groups is enough: all its rules hold for whoever has it. */
export function lack(openings: readonly Opening[], needs: readonly Need[]): Problem[] {
  return needs
    .filter(need => !openings.some(({ peer, ports }) => (need.peers.includes(peer) || isEverywhere(peer)) && isPortIn(need.port, ports)))
    .map(need => failure(`port ${need.port} (${need.name}) is closed to ${need.who}`));
}

/** Ports that rules for leaving do not let anybody reach. To whom they do is not looked at: addresses may mean anybody. */
export function noWayOut(openings: readonly Opening[], needs: readonly { readonly port: number; readonly name: string }[]): Problem[] {
  return needs.filter(need => !openings.some(each => isPortIn(need.port, each.ports)))
    .map(need => failure(`no rule lets it leave to port ${need.port} (${need.name})`));
}

function isPortIn(port: number, ports: PortRange | undefined): boolean {
  return isWithin({ from: port, to: port }, ports);
}

function isWithin(inner: PortRange | undefined, outer: PortRange | undefined): boolean {
  return inner !== undefined && outer !== undefined && outer.from <= inner.from && inner.to <= outer.to;
}

export function portText({ from, to }: PortRange): string {
  if (from === 0 && to === 65535) return 'every port';
  return from === to ? `port ${from}` : `port ${from} to ${to}`;
}
