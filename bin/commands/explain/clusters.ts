import { NodeUserData } from '../render/node-user-data';
import { Clustering, clusteringOf } from './clustering';
import { ClusterFacts, clusterFacts } from './facts';
import { Machines } from './machines';
import { unique } from './values';

/** A group of nodes, and what its configuration says of membership. */
export interface ClusterNodes {
  readonly machines: Machines;
  readonly node: NodeUserData;
  readonly clustering: Clustering;
  readonly facts: ClusterFacts;
}

/** Nodes whose members have one Hazelcast group name. */
export interface Cluster {
  readonly anchor: string;
  readonly domain: string;
  readonly nodes: readonly ClusterNodes[];
}

/** The nodes among the machines. */
export function clusterNodesOf(machines: readonly Machines[]): ClusterNodes[] {
  return machines.flatMap(each => {
    if (!each.node) return [];
    const clustering = clusteringOf(each.node);
    return [{ machines: each, node: each.node, clustering, facts: clusterFacts(each.node.title, clustering) }];
  });
}

/** A Carbon server that balances load is no node of the cluster. */
export function isMember({ document }: NodeUserData): boolean {
  return document.kind === undefined;
}

/** Nodes of another environment are another cluster, whatever they are named; nodes that name no group are in none. */
export function clustersOf(nodes: readonly ClusterNodes[]): Cluster[] {
  const key = ({ clustering, machines }: ClusterNodes): string => `${environmentOf(machines)} ${clustering.domain}`;
  const members = nodes.filter(each => isMember(each.node) && each.clustering.domain !== '');
  return unique(members.map(key)).map((each, index) => {
    const own = members.filter(node => key(node) === each);
    return { anchor: `cluster-${index + 1}`, domain: own[0].clustering.domain, nodes: own };
  });
}

/** Account and region, as far as the assembly tells; a nested stack is where its parent is. */
export function environmentOf({ resource }: Machines): string {
  let { template } = resource;
  while (template.environment === undefined && template.parent) template = template.parent.template;
  return template.environment ?? '';
}
