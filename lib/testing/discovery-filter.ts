import { Machine } from './machines';
import { NodeClustering } from './node-document';
import { CATALOGUE } from '../products/catalogue';
import { generationOf, HazelcastGeneration, probedPorts } from '../membership/hazelcast';
import { PortRange } from '../network/cluster-security-group';

/** One tag of a filter: a key with or without a value, or a value of whichever key. */
interface TagFilter { readonly key?: string; readonly value?: string }

/** By what a node looks for members, and where it then knocks. */
export interface DiscoveryFilter {
  readonly scheme: string;
  readonly hazelcast: string;
  readonly tags: readonly TagFilter[];
  /** Name of a security group; absent where any will do. */
  readonly securityGroup?: string;
  /** Region whose instances are asked for; absent for the node's own. */
  readonly region?: string;
  /** States of instances that count. */
  readonly states: readonly string[];
  readonly ports: PortRange;
}

/**
 * The filter of the node's own version of Hazelcast; nothing where the node asks for no instances, because its members are written
 * down or its scheme is another.
 */
export function filterOf(node: NodeClustering, hazelcast: string): DiscoveryFilter | undefined {
  const discovers = node.discovers();
  if (discovers) {
    const { tag, value, port } = discovers;
    // The boot program asks, not Hazelcast: instances that are about to run are members in a moment.
    return { scheme: 'wka', hazelcast, tags: [{ key: tag, value }], states: ['pending', 'running'], ports: { from: port, to: port } };
  }
  if (node.parameter('membershipScheme') !== 'aws') return undefined;
  const generation = generationOf(hazelcast);
  return {
    scheme: 'aws',
    hazelcast,
    tags: tagFilters(generation, node.parameter('tagKey', 'tag-key') ?? '', node.parameter('tagValue', 'tag-value') ?? ''),
    securityGroup: node.parameter('securityGroup', 'security-group-name') || undefined,
    region: node.parameter('region'),
    states: ['running'],
    ports: probedPorts(generation, Number(node.parameter('localMemberPort'))),
  };
}

/**
 * 3.5 looks at the value only where there is a key (AWSClient). Later ones take a value alone too, and from 4.2 on lists of keys
 * and values, each a filter of its own.
 */
function tagFilters(generation: HazelcastGeneration, keys: string, values: string): TagFilter[] {
  if (generation === '3.5' && keys === '') return [];
  const isList = generation === '4.2' || generation === '5';
  const [keyList, valueList] = [keys, values].map(text => (isList ? text.split(',').map(each => each.trim()) : [text]));
  return Array.from({ length: Math.max(keyList.length, valueList.length) }, (_, index): TagFilter => ({
    ...(keyList[index] ? { key: keyList[index] } : {}),
    ...(valueList[index] ? { value: valueList[index] } : {}),
  })).filter(each => each.key !== undefined || each.value !== undefined);
}

/** The instances pass the filter, wherever they are. */
export function passes(filter: DiscoveryFilter, machine: Pick<Machine, 'tags'>, groupNames: readonly string[]): boolean {
  if (filter.securityGroup !== undefined && !groupNames.includes(filter.securityGroup)) return false;
  return filter.tags.every(({ key, value }) => [...machine.tags].some(tag =>
    (key === undefined || tag[0] === key) && (value === undefined || tag[1] === value)));
}

export function filterText(filter: DiscoveryFilter): string {
  const tags = filter.tags.map(({ key, value }) => `tag ${key ?? '(any)'}${value === undefined ? '' : `=${value}`}`);
  return [...tags, ...(filter.securityGroup === undefined ? [] : [`security group ${filter.securityGroup}`]), filter.states.join(' or ')].join(', ');
}

/** Of a product that the catalogue knows; for others the test has to say it. */
export function hazelcastOf(title: string, given: { readonly [product: string]: string }): string | undefined {
  const own = Object.entries(given).find(([product]) => isOf(title, product));
  if (own) return own[1];
  return CATALOGUE.find(each => isOf(title, `${each.title} ${each.version}`))?.hazelcast;
}

/** A title goes on with the profile. */
function isOf(title: string, product: string): boolean {
  return title === product || title.startsWith(`${product} `);
}
