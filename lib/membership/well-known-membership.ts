import { Annotations, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { MembershipConfig, MembershipHost } from './membership-host';
import { membershipPolicy } from '../access/membership-policy';
import { StaticMember } from '../configuration/plan';

export const FEW_WELL_KNOWN_MEMBERS = 'cdk-wso2-cluster:fewWellKnownMembers';

/** Carbon's own default. */
const DEFAULT_PORT = 4000;
const OCTET = '(25[0-5]|2[0-4]\\d|1?\\d?\\d)';
const ADDRESS = new RegExp(`^((?:${OCTET}\\.){3})${OCTET}$`);

/** Options of `Membership.wellKnown`. */
export interface WellKnownMembershipOptions {
  /** The well-known members; at least two, so that the cluster can start when one of them is away. */
  readonly members: WellKnownMember[];

  /**
   * Port of the Hazelcast member on every node.
   *
   * @default 4000
   */
  readonly localMemberPort?: number;
}

/** Options of `Membership.discovered`. */
export interface DiscoveredMembershipOptions {
  /**
   * Port of the Hazelcast member on every node.
   *
   * @default 4000
   */
  readonly localMemberPort?: number;
}

/** One or several members at addresses that do not change. */
export class WellKnownMember {
  /**
   * A member at an IPv4 address.
   *
   * @param host the address, `10.0.1.10`
   * @param port its member port; that of the membership where absent
   */
  public static address(host: string, port?: number): WellKnownMember {
    if (!ADDRESS.test(host)) throw new Error(`member '${host}' is no IPv4 address, give one such as 10.0.1.10`);
    return new WellKnownMember([host], port);
  }

  /**
   * Members at the addresses from `first` on, up to the one whose last octet is `last`: `range('10.0.1.10', 12)`.
   *
   * @param first the first address
   * @param last last octet of the last address
   * @param port their member port; that of the membership where absent
   */
  public static range(first: string, last: number, port?: number): WellKnownMember {
    const match = ADDRESS.exec(first);
    if (!match) throw new Error(`member '${first}' is no IPv4 address, give one such as 10.0.1.10`);
    const from = Number(match.at(-1));
    if (!Number.isInteger(last) || last < from || last > 255) {
      throw new Error(`member range '${first}' to '${last}' is none, give a last octet from ${from} to 255`);
    }
    return new WellKnownMember(Array.from({ length: last - from + 1 }, (_, index) => `${match[1]}${from + index}`), port);
  }

  /** @internal */
  public readonly _hosts: readonly string[];

  /** @param port member port; that of the membership where absent */
  private constructor(hosts: readonly string[], public readonly port?: number) {
    if (port !== undefined) checkMemberPort('port', port);
    this._hosts = hosts;
  }
}

/** The `wka` scheme with members that are known when the stack is synthesized. */
export function bindWellKnown(scope: Construct, options: WellKnownMembershipOptions): MembershipConfig {
  const port = checkMemberPort('localMemberPort', options.localMemberPort ?? DEFAULT_PORT);
  const hosts: StaticMember[] = options.members.flatMap(member => member._hosts.map(host => ({ host, port: String(member.port ?? port) })));
  if (hosts.length < 2) {
    Annotations.of(scope).addWarningV2(FEW_WELL_KNOWN_MEMBERS, `${hosts.length} well-known member is given: no node can join while it is away, `
      + 'give at least two');
  }
  const ports = [port, ...hosts.map(each => Number(each.port))];
  return {
    scheme: 'wka',
    localMemberPort: port,
    memberPorts: { from: Math.min(...ports), to: Math.max(...ports) },
    needsImdsV1: false,
    bindNode: () => ({ parameters: [], members: { hosts } }),
  };
}

/** The `wka` scheme with the members that a node finds under its own role, each time its server starts. */
export function bindDiscovered(scope: Construct, host: MembershipHost, options: DiscoveredMembershipOptions): MembershipConfig {
  const port = checkMemberPort('localMemberPort', options.localMemberPort ?? DEFAULT_PORT);
  const policy = membershipPolicy(scope, 'Policy', Stack.of(scope).region);
  return {
    scheme: 'wka',
    localMemberPort: port,
    memberPorts: { from: port, to: port },
    needsImdsV1: false,
    bindNode: (role, values) => {
      role.addManagedPolicy(policy);
      const tag = values.value('ClusterTagKey', host.identity.tagKey);
      const value = values.value('ClusterTagValue', host.identity.tagValue);
      return { parameters: [], members: { tag, value, port: String(port) } };
    },
  };
}

function checkMemberPort(property: string, port: number): number {
  if (Number.isInteger(port) && port >= 1024 && port <= 65535) return port;
  throw new Error(`${property} ${port} is no port that a service user may open, give one of 1024 to 65535`);
}
