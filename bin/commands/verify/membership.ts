import { awsAbilities } from '../../../lib/membership/hazelcast';
import { PortRange } from '../../../lib/network/cluster-security-group';
import { DiscoveryFilter, filterOf, hazelcastOf } from '../../../lib/testing/discovery-filter';
import { NodeClustering } from '../../../lib/testing/node-document';
import { clusteringParameters, NodeUserData, resolve } from '../../deployed-user-data';

/** The only call of AWS that finds other nodes, whoever makes it. */
export const MEMBERSHIP_ACTION = 'ec2:DescribeInstances';

/** Carbon's own, where no file names one. */
const DEFAULT_PORT = 4000;
/** What a Hazelcast that is not known may be: those between ask as the younger one does. */
const OLDEST_AND_YOUNGEST = ['3.5.4', '5.3.6'];

/** How the nodes of a group find the other members, read from what they are configured with. */
export interface NodeMembership {
  /** Value of `membershipScheme`. */
  readonly scheme: string;
  readonly localMemberPort: number;
  /** Where members look for each other. */
  readonly memberPorts: PortRange;
  /** The members sign with an access key; the ARN of its secret. */
  readonly keySecret?: string;
  /** What EC2 is asked; several where the Hazelcast is not known, none where nothing is asked. */
  readonly filters: readonly DiscoveryFilter[];
  /** Addresses that are written down. */
  readonly hosts?: readonly string[];
  /** Title and version of the product, and its profile. */
  readonly title: string;
  /** Unknown for products that are not in the catalogue. */
  readonly hazelcast?: string;
}

export function readMembership(clustering: NodeClustering, userData: NodeUserData): NodeMembership {
  const { title } = clustering;
  const hazelcast = hazelcastOf(title, {});
  const possible = hazelcast === undefined ? OLDEST_AND_YOUNGEST : [hazelcast];
  const filters = possible.map(each => filterOf(clustering, each)).filter(each => each !== undefined);
  const localMemberPort = Number(clustering.parameter('localMemberPort') ?? DEFAULT_PORT);
  const ports = filters.length > 0 ? filters.map(each => each.ports) : [{ from: localMemberPort, to: localMemberPort }];
  return {
    scheme: clustering.parameter('membershipScheme') ?? 'unknown',
    localMemberPort,
    memberPorts: { from: Math.min(...ports.map(each => each.from)), to: Math.max(...ports.map(each => each.to)) },
    keySecret: keySecret(userData),
    filters,
    hosts: hostsOf(userData),
    title,
    hazelcast,
  };
}

function hostsOf({ document, values }: NodeUserData): string[] | undefined {
  const members = document.configuration?.members;
  if (!members || !('hosts' in members)) return undefined;
  return members.hosts.map(each => resolve(each.host, values) ?? JSON.stringify(each.host));
}

function keySecret({ document, values }: NodeUserData): string | undefined {
  const parameters = clusteringParameters(document.configuration);
  const { secret } = (parameters.accessKey ?? parameters['access-key'] ?? {}) as { readonly secret?: string };
  return secret === undefined ? undefined : values[secret];
}

/** It asks for instance metadata without a token; unknown where the Hazelcast is. */
export function needsImdsV1({ scheme, hazelcast }: NodeMembership): boolean | undefined {
  if (scheme !== 'aws') return false;
  return hazelcast === undefined ? undefined : awsAbilities(hazelcast).needsImdsV1;
}

export function hazelcastName({ hazelcast, title }: NodeMembership): string {
  return hazelcast === undefined ? `the Hazelcast of ${title || 'an unknown product'}` : `Hazelcast ${hazelcast}`;
}
