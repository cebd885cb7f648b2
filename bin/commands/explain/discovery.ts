import { probedPorts } from '../../../lib/membership/hazelcast';
import { AwsName, HYPHENATED } from '../inspect/rules';
import { countText } from './actors';
import { Cluster, ClusterNodes, environmentOf } from './clusters';
import { DiscoveryChecks } from './discovery-checks';
import { Candidate, Check, Evidence, Filter, groupNames, readName } from './evidence';
import { hazelcastName } from './facts';
import { Machines } from './machines';

export interface Discovery {
  readonly cluster: Cluster;
  readonly scheme: string;
  /** How this Hazelcast, or this node, looks for members. */
  readonly rule: readonly string[];
  readonly candidates: readonly Candidate[];
  /** Well-known members at addresses of their own. */
  readonly addresses: readonly string[];
  readonly checks: readonly Check[];
}

export function discoveryOf(cluster: Cluster, evidence: Evidence): Discovery {
  const [first] = cluster.nodes;
  const filter = filterOf(first);
  const candidates = filter ? candidatesOf(first, filter, evidence) : [];
  return {
    cluster,
    scheme: first.clustering.scheme,
    rule: ruleOf(first, filter),
    candidates,
    addresses: addressesOf(first),
    checks: new DiscoveryChecks(cluster, evidence, filter, candidates).all(),
  };
}

/** What this kernel reads of the parameters of the aws scheme; the tag alone where the node looks for members itself. */
function filterOf(nodes: ClusterNodes): Filter | undefined {
  const { clustering, facts } = nodes;
  if (clustering.members && 'tag' in clustering.members) return { tagKey: clustering.members.tag, tagValue: clustering.members.value };
  if (clustering.scheme !== 'aws') return undefined;
  const value = (name: AwsName): string | undefined => clustering.parameters.get(readName(nodes, name))
    ?? (facts.product ? undefined : clustering.parameters.get(HYPHENATED.get(name)!));
  return { tagKey: value('tagKey'), tagValue: value('tagValue'), securityGroup: value('securityGroup') };
}

function ruleOf({ clustering, facts }: ClusterNodes, filter: Filter | undefined): string[] {
  const { members, scheme, localMemberPort } = clustering;
  const hazelcast = hazelcastName(facts);
  if (scheme === 'aws') {
    const wanted = wantedBy(filter!).join(' and ') || 'any tags and any security group: there is no filter';
    const among = facts.generation === '3.5'
      ? `${hazelcast} reads all instances of the region and keeps those that run and have ${wanted}.`
      : `${hazelcast} asks the EC2 API for running instances that have ${wanted}.`;
    if (!facts.generation) return [among];
    const { from, to } = probedPorts(facts.generation, Number(localMemberPort));
    return [among, `It takes the private address of each and looks for a member at the ports ${from} to ${to}.`];
  }
  if (members && 'tag' in members) {
    return [
      'At each start of its server a node asks the EC2 API, under its own role, for running and pending instances with the tag '
        + `${members.tag} = ${members.value}, and writes their private addresses down as well-known members.`,
      `${hazelcast} then asks each of them at port ${members.port}, whatever its AWS support is.`,
    ];
  }
  if (members) return [`${hazelcast} asks the listed members, and nobody else. A node that is not listed joins as long as one of them is up.`];
  return [`How the scheme ${scheme || 'of this cluster'} finds members is not known to this program.`];
}

function wantedBy({ tagKey, tagValue, securityGroup }: Filter): string[] {
  return [
    ...(tagKey === undefined ? [] : [`the tag ${tagKey} = ${tagValue ?? 'anything'}`]),
    ...(securityGroup === undefined ? [] : [`a security group named ${securityGroup}`]),
  ];
}

/** All machines that are where the nodes are: the API of EC2 answers for one account and region. */
function candidatesOf({ machines: own }: ClusterNodes, filter: Filter, evidence: Evidence): Candidate[] {
  return evidence.machines.filter(each => environmentOf(each) === environmentOf(own)).map(machines => {
    const missing = missingFor(machines, filter, groupNames(evidence, machines));
    const because = missing.length === 0 ? `has ${wantedBy(filter).join(' and ') || 'nothing to have'}` : missing.join(', and ');
    return { machines, count: countText(machines.count), found: missing.length === 0, because };
  });
}

function missingFor({ tags }: Machines, { tagKey, tagValue, securityGroup }: Filter, names: readonly string[]): string[] {
  const tag = tagKey === undefined ? undefined : tags.get(tagKey);
  return [
    ...(tagKey !== undefined && tag === undefined ? [`has no tag ${tagKey}`] : []),
    ...(tag !== undefined && tagValue !== undefined && tag !== tagValue ? [`has the tag ${tagKey} = ${tag}`] : []),
    ...(securityGroup !== undefined && !names.includes(securityGroup) ? [`is in no security group named ${securityGroup}`] : []),
  ];
}

function addressesOf({ clustering: { members } }: ClusterNodes): string[] {
  return members && 'hosts' in members ? members.hosts.map(({ host, port }) => `${host}:${port}`) : [];
}
