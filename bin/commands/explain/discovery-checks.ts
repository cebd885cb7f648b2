import { awsAbilities, probedPorts, reachesRegion } from '../../../lib/membership/hazelcast';
import { keySecretsOf, mayDo, roleOf } from './access';
import { Cluster, ClusterNodes, environmentOf } from './clusters';
import { Candidate, Check, Evidence, Filter, groupNames, groupsOf, readName } from './evidence';
import { hazelcastName } from './facts';
import { Machines } from './machines';
import { covers, Security } from './security';
import { partsOf, textOf } from './settings';
import { at, counted, unique } from './values';
import { Resource } from './world';

const MEMBERSHIP_CALL = 'ec2:DescribeInstances';
const HTTPS = { protocol: 'tcp', from: '443', to: '443' };
const ALONE = 'Hazelcast warns in its log and starts alone.';

/** What must be so for the members of one cluster to find each other, as far as templates tell. */
export class DiscoveryChecks {
  private readonly first: ClusterNodes;
  private readonly hazelcast: string;
  private readonly machines: readonly Machines[];

  public constructor(
    private readonly cluster: Cluster,
    private readonly evidence: Evidence,
    private readonly filter: Filter | undefined,
    private readonly candidates: readonly Candidate[],
  ) {
    [this.first] = cluster.nodes;
    this.hazelcast = hazelcastName(this.first.facts);
    this.machines = cluster.nodes.map(each => each.machines);
  }

  public all(): Check[] {
    const { scheme, members } = this.first.clustering;
    const own = scheme === 'aws' ? this.aws() : members && 'hosts' in members ? this.list(members.hosts) : this.tag();
    return [...own, ...this.common()];
  }

  private aws(): Check[] {
    return [...this.tag(), ...this.group(), this.probed(), ...this.credentials(), ...this.metadata(), ...this.region()];
  }

  private tag(): Check[] {
    if (!this.filter) return [];
    const { tagKey, tagValue } = this.filter;
    const strangers = this.candidates.filter(each => each.found && !this.machines.includes(each.machines));
    return [
      {
        what: tagKey === undefined ? 'The filter has a tag'
          : `Every instance of the cluster has the tag ${tagKey} = ${tagValue ?? 'anything'} from its launch on`,
        ok: tagKey !== undefined && tagValue !== undefined && this.machines.every(each => each.tags.get(tagKey) === tagValue),
        otherwise: 'A node without it is not found; a filter without it takes instances of other clusters for members.',
      },
      {
        what: strangers.length === 0 ? 'No other machines of this assembly match the filter'
          : `No other machines match the filter, but these do: ${strangers.map(each => each.machines.label).join(', ')}`,
        ok: strangers.length === 0,
        otherwise: 'Members look for Hazelcast on machines of another cluster, start slowly, and join it where the group names are the same.',
      },
      ...(this.first.clustering.scheme === 'aws' ? [] : [this.role()]),
    ];
  }

  private group(): Check[] {
    const name = this.filter?.securityGroup;
    if (name === undefined) return [];
    return [{
      what: `The filter names the security group ${name}, and every node is in a group of that name`,
      ok: this.machines.every(each => groupNames(this.evidence, each).includes(name)),
      otherwise: 'Hazelcast compares the name, never the sg- id: no instance matches, and no error says so.',
    }];
  }

  private list(hosts: readonly { readonly host: string; readonly port: string }[]): Check[] {
    const own = this.cluster.nodes.filter(({ clustering }) => hosts.some(each => each.host === textOf(clustering.localMemberHost)));
    const isAt = (nodes: ClusterNodes): boolean => hosts.some(({ host, port }) => port === nodes.clustering.localMemberPort
      && (own.length === 0 || host === textOf(nodes.clustering.localMemberHost)));
    return [
      {
        what: `Two well-known members or more are listed: ${counted(hosts.length, 'member')}`,
        ok: hosts.length >= 2,
        otherwise: 'While the only one is away, no node can join.',
      },
      {
        what: 'The ports in the list are those that the members have',
        ok: (own.length > 0 ? own : this.cluster.nodes.slice(0, 1)).every(isAt),
        otherwise: 'Nobody answers at the ports that are listed.',
      },
    ];
  }

  private probed(): Check {
    const { facts, clustering } = this.first;
    const port = Number(clustering.localMemberPort);
    const range = facts.generation && probedPorts(facts.generation, port);
    return {
      what: range ? `${this.hazelcast} looks at the member port ${port}: it looks at ${range.from} to ${range.to}`
        : `The member port ${port} is looked at`,
      ...(range ? { ok: port >= range.from && port <= range.to } : {}),
      otherwise: 'A member at another port is never found: each node stays alone.',
    };
  }

  /** With what the calls of the EC2 API are signed. */
  private credentials(): Check[] {
    const { clustering, facts } = this.first;
    const hasKey = (['accessKey', 'secretKey'] as const).every(name => clustering.parameters.has(readName(this.first, name)));
    if (hasKey) return [this.accessKey()];
    if (!facts.product || awsAbilities(facts.product.hazelcast).instanceRole) return [this.role()];
    const otherwise = 'It does not find the instances\' role by itself: the start fails.';
    return [{ what: `${this.hazelcast} has an access key`, ok: false, otherwise }];
  }

  private accessKey(): Check {
    const users = this.evidence.principals.filter(each => each.kind === 'user' && this.reachesConfiguration(each.resource));
    return {
      what: users.length === 0 ? `The access key is of a user outside this assembly, who may call ${MEMBERSHIP_CALL}`
        : `The access key's user ${users.map(each => each.label).join(', ')} may call ${MEMBERSHIP_CALL}`,
      ...(users.length === 0 ? {} : { ok: users.every(each => mayDo(each, MEMBERSHIP_CALL)) }),
      otherwise: this.first.facts.generation === '3.5' ? 'The start fails.' : ALONE,
    };
  }

  /** An access key of the user is in a secret that the configuration names. */
  private reachesConfiguration(user: Resource): boolean {
    const { world } = this.evidence;
    const secrets = keySecretsOf(world, user).flat();
    const named = this.cluster.nodes.flatMap(({ clustering, machines }) => [...clustering.parameters.values()]
      .map(value => world.named(machines.launchTemplate.template, value.replace(/^<secret (.+), field \w+>$/, '<$1>'))));
    return secrets.some(secret => named.includes(secret));
  }

  private role(): Check {
    const roles = this.machines.map(each => roleOf(this.evidence.world, each));
    const principals = roles.map(role => this.evidence.principals.find(each => each.resource === role));
    return {
      what: `The role of every node may call ${MEMBERSHIP_CALL}`,
      ...(principals.includes(undefined) ? {} : { ok: principals.every(each => mayDo(each!, MEMBERSHIP_CALL)) }),
      otherwise: this.first.clustering.scheme === 'aws' ? ALONE : 'The node cannot list its members, and its server does not start.',
    };
  }

  private metadata(): Check[] {
    const { product } = this.first.facts;
    if (!product || !awsAbilities(product.hazelcast).needsImdsV1) return [];
    return [{
      what: `${this.hazelcast} asks for instance metadata without a token, and the nodes allow that`,
      ok: this.machines.every(({ data }) => at(data, 'MetadataOptions', 'HttpTokens') === 'optional'),
      otherwise: 'Instances that require IMDSv2 refuse, and the start fails.',
    }];
  }

  private region(): Check[] {
    const region = this.first.clustering.parameters.get('region');
    if (region === undefined || region.startsWith('<')) return [];
    const own = /\/([a-z0-9-]+)$/.exec(environmentOf(this.first.machines))?.[1];
    const { product } = this.first.facts;
    return [
      {
        what: `Members are looked for in ${region}, where the nodes are`,
        ...(own === undefined || own === 'unknown-region' ? {} : { ok: own === region }),
        otherwise: 'No instance of this cluster is found.',
      },
      ...(product ? [{
        what: `${this.hazelcast} can name the endpoint of ${region}`,
        ok: reachesRegion(product.hazelcast, region),
        otherwise: 'Its endpoint always ends in amazonaws.com, which some partitions do not have.',
      }] : []),
    ];
  }

  private common(): Check[] {
    const { members } = this.first.clustering;
    return [
      {
        what: 'Each member tells the others its own private address',
        ok: this.cluster.nodes.every(hasOwnAddress),
        otherwise: 'With 127.0.0.1, as it ships, or with one address for all, none of them can be reached.',
      },
      ...(members && 'hosts' in members ? [] : [this.onePort()]),
      this.open(),
      ...(this.filter ? [this.reachesApi()] : []),
    ];
  }

  private onePort(): Check {
    const ports = unique(this.cluster.nodes.map(each => each.clustering.localMemberPort));
    return {
      what: `All nodes have one member port: ${ports.join(', ')}`,
      ok: ports.length === 1,
      otherwise: 'Nodes look for each other at their own port.',
    };
  }

  /** The security groups let members reach each other at their member ports. */
  private open(): Check {
    const groups = this.machines.map(each => groupsOf(this.evidence, each));
    const ports = this.cluster.nodes.map(each => each.clustering.localMemberPort);
    const isOpen = groups.every(from => groups.every((to, index) => this.isOpen(from, to, ports[index])));
    return {
      what: `The security groups let members reach each other at TCP ${unique(ports).join(', ')}`,
      ...(groups.every(each => each.length > 0) ? { ok: isOpen } : {}),
      otherwise: 'Members find each other\'s addresses and cannot connect.',
    };
  }

  private isOpen(from: Security['groups'], to: Security['groups'], port: string): boolean {
    const rules = this.evidence.security.connections.filter(rule => covers(rule.ports, { protocol: 'tcp', from: port, to: port })
      && rule.agreed !== 'one side only' && to.some(group => group.resource === rule.to.group));
    return rules.some(rule => (rule.from.group ? from.some(group => group.resource === rule.from.group) : rule.from.label.startsWith('anywhere')));
  }

  private reachesApi(): Check {
    const { leaving } = this.evidence.security;
    const groups = this.machines.map(each => groupsOf(this.evidence, each));
    const mayLeave = (all: Security['groups']): boolean => all.some(group => group.leavesFreely
      || leaving.some(rule => rule.from.group === group.resource && covers(rule.ports, HTTPS)));
    return {
      what: 'The nodes may leave by HTTPS, for the EC2 API',
      ...(groups.every(each => each.length > 0) ? { ok: groups.every(mayLeave) } : {}),
      otherwise: 'Without the API, through a NAT gateway or an endpoint of the VPC, no member is found.',
    };
  }
}

/** What it says of itself is asked on the node, or is the address of the interface that it takes over. */
function hasOwnAddress({ clustering, node }: ClusterNodes): boolean {
  const own = textOf(clustering.localMemberHost);
  const attached = node.document.interface;
  return own === '<metadata local-ipv4>' || (attached !== undefined && own === textOf(partsOf(attached.address, node.values)));
}
