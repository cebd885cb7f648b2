import { DiscoveryFilter, filterOf, filterText, hazelcastOf, passes } from './discovery-filter';
import { Machine, machinesOf } from './machines';
import { SecurityGroups } from './security-groups';
import { SynthesizedStacks } from './synthesized-stacks';
import { TemplateSet } from './template';

/** Options of `Discovery.simulate`. */
export interface DiscoveryOptions {
  /**
   * Version of Hazelcast by product and version: `{ 'My Product 1.0.0': '3.12.2' }`.
   *
   * @default - those of the products that the library knows
   */
  readonly hazelcastVersions?: { readonly [product: string]: string };
}

/** Instances that are launched alike, as one of the templates describes them. */
export interface DescribedInstances {
  /** Name of the stack. */
  readonly stackName: string;
  /** Logical id of the auto scaling group or of the instance. */
  readonly logicalId: string;
  /** The `Name` tag, otherwise the logical id. */
  readonly name: string;
  /**
   * How many there are at least.
   *
   * @default - only CloudFormation knows it
   */
  readonly minCount?: number;
  /**
   * How many there are at most.
   *
   * @default - only CloudFormation knows it
   */
  readonly maxCount?: number;
}

/** Nodes that look for members, and what they would find. */
export interface SimulatedNodes extends DescribedInstances {
  /** Product, version and profile. */
  readonly product: string;
  /** Hazelcast group name: members of different groups refuse each other. */
  readonly domain: string;
  /** Value of `membershipScheme`. */
  readonly scheme: string;
  /** Version of Hazelcast. */
  readonly hazelcastVersion: string;
  /** By what instances are looked for, for a reader. */
  readonly filter: string;
  /** The first port at which a found instance is tried. */
  readonly firstPort: number;
  /** The last of these ports. */
  readonly lastPort: number;
  /** What is found, these nodes among it. */
  readonly finds: DescribedInstances[];
}

interface Seeker { readonly machine: Machine; readonly filter: DiscoveryFilter; readonly found: readonly Machine[] }

/**
 * What the nodes of deployed stacks would find: the filter of each node's own version of Hazelcast, applied to the instances of all
 * templates as EC2 would apply it.
 *
 * Auto scaling groups and single instances are read, with the tags and the security groups of their launch templates. Members at
 * addresses of your own (`Membership.wellKnown`) are written down and not looked for; their nodes are left out.
 */
export class Discovery {
  /**
   * Predicts what each node finds.
   *
   * @throws if the version of Hazelcast of a node is not known
   */
  public static simulate(stacks: SynthesizedStacks, options: DiscoveryOptions = {}): Discovery {
    return new Discovery(stacks._templates, options);
  }

  /** All nodes that look for members. */
  public readonly nodes: SimulatedNodes[];
  private readonly seekers: readonly Seeker[];
  private readonly securityGroups: SecurityGroups;

  private constructor(private readonly templates: TemplateSet, options: DiscoveryOptions) {
    this.securityGroups = new SecurityGroups(templates);
    const machines = machinesOf(templates);
    this.seekers = machines.flatMap(each => this.seekersOf(each, machines, options));
    this.nodes = this.seekers.map(described);
  }

  /**
   * The nodes whose name or logical id holds a text.
   *
   * @throws if that is not one group of nodes
   */
  public nodesNamed(part: string): SimulatedNodes {
    const found = this.nodes.filter(each => each.name.includes(part) || each.logicalId.includes(part));
    if (found.length === 1) return found[0];
    throw new Error(`nodes '${part}' are ${found.length} groups, name one of ${this.nodes.map(each => each.name).join(', ')}`);
  }

  /**
   * Nothing but members of its own cluster is found by any node.
   *
   * @throws with a sentence for each that is found besides
   */
  public assertApart(): void {
    fail(this.seekers.flatMap(seeker => seeker.found.filter(other => !this.isFellow(seeker.machine, other)).map(other =>
      `${nameOf(seeker.machine)} finds ${nameOf(other)}, which is not of its cluster, by ${filterText(seeker.filter)}: `
      + 'give each cluster a tagValue of its own, and nothing else that tag')));
  }

  /**
   * Each node finds all members of its cluster.
   *
   * @throws with a sentence for each that is missed
   */
  public assertComplete(): void {
    if (this.seekers.length === 0) throw new Error('stacks have no node that looks for members, give those with the cluster');
    fail(this.seekers.flatMap(seeker => this.fellows(seeker).filter(fellow => !seeker.found.includes(fellow)).map(fellow =>
      `${nameOf(seeker.machine)} does not find ${nameOf(fellow)} of its own cluster by ${filterText(seeker.filter)}: `
      + 'give all members that tag and that security group')));
  }

  /**
   * Each port at which a node tries the members of its cluster is open from its security groups to theirs, both ways out and in.
   *
   * @throws with a sentence for each pair of nodes with closed ports
   */
  public assertPortsOpen(): void {
    fail(this.seekers.flatMap(({ machine, filter, found }) => found.filter(each => this.isFellow(machine, each)).flatMap(fellow => {
      const [from, to] = [machine, fellow].map(each => this.securityGroups.referred(each.groups));
      const closed = this.securityGroups.closedPorts(from, to, filter.ports);
      return closed.length === 0 ? [] : [`${nameOf(machine)} cannot reach ${nameOf(fellow)} at TCP ${closed.join(', ')}, which Hazelcast `
        + `${filter.hazelcast} tries: open ${filter.ports.from} to ${filter.ports.to} between the members`];
    })));
  }

  private seekersOf(machine: Machine, machines: readonly Machine[], options: DiscoveryOptions): Seeker[] {
    if (!machine.clustering) return [];
    const { title } = machine.clustering;
    const hazelcast = hazelcastOf(title, options.hazelcastVersions ?? {});
    if (hazelcast === undefined) {
      throw new Error(`hazelcastVersions: '${title}' of ${nameOf(machine)} is not in the catalogue, give the version of its Hazelcast`);
    }
    const filter = filterOf(machine.clustering, hazelcast);
    return filter ? [{ machine, filter, found: machines.filter(each => this.finds(machine, filter, each)) }] : [];
  }

  private finds(seeker: Machine, filter: DiscoveryFilter, other: Machine): boolean {
    const region = filter.region === undefined || filter.region === this.regionOf(seeker) ? seeker.stack.region : filter.region;
    if (!this.templates.share({ ...seeker.stack, region }, other.stack)) return false;
    return passes(filter, other, this.securityGroups.referred(other.groups).map(each => this.securityGroups.nameOf(each)));
  }

  private regionOf({ stack }: Machine): string {
    return this.templates.text(stack, { Ref: 'AWS::Region' });
  }

  private fellows({ machine }: Seeker): Machine[] {
    return this.seekers.map(each => each.machine).filter(each => this.isFellow(machine, each));
  }

  /** Nodes of one cluster share its domain and its security group; two groups of one name are two. */
  private isFellow(one: Machine, other: Machine): boolean {
    const domain = one.clustering?.parameter('domain');
    if (domain === undefined || domain !== other.clustering?.parameter('domain')) return false;
    const groups = this.securityGroups.referred(one.groups);
    return this.securityGroups.referred(other.groups).some(each => groups.includes(each));
  }
}

function described({ machine, filter, found }: Seeker): SimulatedNodes {
  return {
    ...instancesOf(machine),
    product: machine.clustering!.title,
    domain: machine.clustering!.parameter('domain') ?? '',
    scheme: filter.scheme,
    hazelcastVersion: filter.hazelcast,
    filter: filterText(filter),
    firstPort: filter.ports.from,
    lastPort: filter.ports.to,
    finds: found.map(instancesOf),
  };
}

function instancesOf({ stack, logicalId, name, minCount, maxCount }: Machine): DescribedInstances {
  return { stackName: stack.name, logicalId, name, minCount, maxCount };
}

function nameOf({ stack, name, logicalId }: Machine): string {
  return name === logicalId ? `${stack.name}/${name}` : name;
}

function fail(findings: readonly string[]): void {
  if (findings.length > 0) throw new Error(findings.join('\n'));
}
