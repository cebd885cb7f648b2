import { Stack, Token } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/** The part of a cluster that must be its own. */
export interface IdentifiedCluster extends IConstruct {
  readonly tagKey: string;
  readonly tagValue: string;
  readonly domain: string;
}

const CLUSTERS = Symbol.for('cdk-wso2-cluster.clusters');

/** Members find each other by tag and talk by domain: two clusters that share one of them merge. */
export function checkUnique(cluster: IdentifiedCluster): void {
  const known = clustersOf(cluster.node.root);
  cluster.node.addValidation({
    validate: () => known.filter(other => other !== cluster && meets(cluster, other)).flatMap(other => [
      ...(sameTag(cluster, other) ? [`tagValue '${cluster.tagValue}' of ${cluster.node.path} is also that of ${other.node.path}, `
        + 'give each cluster a tagValue of its own or they merge'] : []),
      ...(cluster.domain === other.domain ? [`domain '${cluster.domain}' of ${cluster.node.path} is also that of ${other.node.path}, `
        + 'give each cluster a domain of its own or they merge'] : []),
    ]),
  });
  known.push(cluster);
}

function clustersOf(root: IConstruct): IdentifiedCluster[] {
  const holder = root as unknown as Record<symbol, IdentifiedCluster[]>;
  return holder[CLUSTERS] ??= [];
}

function sameTag(one: IdentifiedCluster, other: IdentifiedCluster): boolean {
  return one.tagKey === other.tagKey && one.tagValue === other.tagValue;
}

/** Clusters in accounts or regions that are known to differ never see each other. */
function meets(one: IConstruct, other: IConstruct): boolean {
  const a = Stack.of(one);
  const b = Stack.of(other);
  return sameOrUnknown(a.account, b.account) && sameOrUnknown(a.region, b.region);
}

function sameOrUnknown(one: string, other: string): boolean {
  return Token.isUnresolved(one) || Token.isUnresolved(other) || one === other;
}
