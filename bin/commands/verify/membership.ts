import { clusteringParameters, Discovery, NodeUserData, readDiscovery, resolve } from '../../deployed-user-data';
import { awsAbilities, generationOf, HazelcastGeneration, probedPorts } from '../../../lib/membership/hazelcast';
import { PortRange } from '../../../lib/network/cluster-security-group';
import { CATALOGUE } from '../../../lib/products/catalogue';

/** The only call of AWS that members make to find each other, in the aws scheme and as discovered members. */
export const MEMBERSHIP_ACTION = 'ec2:DescribeInstances';

/** Carbon's own, where no file names one. */
const DEFAULT_PORT = 4000;

/** How the nodes of a group find the other members, read from what they are configured with. */
export interface NodeMembership {
  /** Value of `membershipScheme`. */
  readonly scheme: string;
  readonly localMemberPort: number;
  /** Where members look for each other. */
  readonly memberPorts: PortRange;
  /** Region whose EC2 is asked. */
  readonly region: string;
  /** The members sign with an access key; the ARN of its secret. */
  readonly keySecret?: string;
  /** The addresses, or the tag and group, that members look for. */
  readonly discovery?: Discovery;
  /** Title and version of the product, and its profile. */
  readonly title: string;
  /** Unknown for products that are not in the catalogue. */
  readonly hazelcast?: string;
  /** The generations that it may be. */
  readonly generations: readonly HazelcastGeneration[];
}

/** @param region that of the stack */
export function readMembership(userData: NodeUserData, region: string): NodeMembership {
  const { values, document } = userData;
  const parameters = clusteringParameters(document.configuration);
  const text = (name: string): string | undefined => resolve(parameters[name], values);
  const title = document.product?.title ?? '';
  const scheme = text('membershipScheme') ?? 'unknown';
  const hazelcast = CATALOGUE.find(each => `${title} `.startsWith(`${each.title} ${each.version} `))?.hazelcast;
  const possible = generations(hazelcast);
  const localMemberPort = Number(text('localMemberPort') ?? DEFAULT_PORT);
  const secret = (parameters.accessKey ?? parameters['access-key']) as { readonly secret?: string } | undefined;
  return {
    scheme,
    localMemberPort,
    memberPorts: scheme === 'aws' ? spanOf(possible.map(each => probedPorts(each, localMemberPort))) : { from: localMemberPort, to: localMemberPort },
    region: scheme === 'aws' ? text('region') ?? region : region,
    keySecret: secret?.secret === undefined ? undefined : values[secret.secret],
    discovery: readDiscovery(userData),
    title,
    hazelcast,
    generations: possible,
  };
}

/** Those between 3.5 and 5 ask as 5 does. */
function generations(hazelcast: string | undefined): HazelcastGeneration[] {
  return hazelcast === undefined ? ['3.5', '5'] : [generationOf(hazelcast)];
}

function spanOf(ranges: readonly PortRange[]): PortRange {
  return { from: Math.min(...ranges.map(each => each.from)), to: Math.max(...ranges.map(each => each.to)) };
}

/** It asks for instance metadata without a token; unknown where the Hazelcast is. */
export function needsImdsV1({ scheme, hazelcast }: NodeMembership): boolean | undefined {
  if (scheme !== 'aws') return false;
  return hazelcast === undefined ? undefined : awsAbilities(hazelcast).needsImdsV1;
}

export function hazelcastName({ hazelcast, title }: NodeMembership): string {
  return hazelcast === undefined ? `the Hazelcast of ${title || 'an unknown product'}` : `Hazelcast ${hazelcast}`;
}
