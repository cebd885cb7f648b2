const OCTET = '(25[0-5]|2[0-4]\\d|1?\\d?\\d)';
const ADDRESS = new RegExp(`^((?:${OCTET}\\.){3})${OCTET}$`);

/** What all memberships with the `wka` scheme have in common. */
export interface TcpIpMembershipOptions {
  /**
   * Seconds within which a server must reach a well-known member when it starts, an integer of at least 30. A server that reaches none of them
   * in this time founds a cluster of its own, however many members there are. It delays a start only where a listed address neither answers nor
   * refuses.
   *
   * @default 60
   */
  readonly connTimeout?: number;
}

/** Options of `Membership.wellKnown`. */
export interface WellKnownMembershipOptions extends TcpIpMembershipOptions {
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
export interface DiscoveredMembershipOptions extends TcpIpMembershipOptions {
  /**
   * Port of the Hazelcast member on every node.
   *
   * @default 4000
   */
  readonly localMemberPort?: number;
}

/** Options of `Membership.wellKnownNodes`. */
export interface WellKnownNodesOptions extends TcpIpMembershipOptions {
  /**
   * Port of the Hazelcast member on every node.
   *
   * @default 4000
   */
  readonly localMemberPort?: number;

  /**
   * Port of the Hazelcast member on the manager.
   *
   * @default - `localMemberPort`
   */
  readonly managerLocalMemberPort?: number;

  /**
   * Port of the Hazelcast member on the workers.
   *
   * @default - `localMemberPort`
   */
  readonly workerLocalMemberPort?: number;

  /**
   * How many workers are well known, besides the manager. The others join through these.
   *
   * @default 1
   */
  readonly wellKnownWorkerCount?: number;
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

/** @throws if a service user may not open the port */
export function checkMemberPort(property: string, port: number): number {
  if (Number.isInteger(port) && port >= 1024 && port <= 65535) return port;
  throw new Error(`${property} ${port} is no port that a service user may open, give one of 1024 to 65535`);
}
