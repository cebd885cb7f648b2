/** How templates grow with the number of nodes. Nothing here is timed. */
import { Template } from 'aws-cdk-lib/assertions';
import { CarbonClusterProps, ClusteringPattern, Membership } from '../../lib';
import { gateway, testApp, testStack } from '../gateway';
import { Figures } from './figures';

const NODES = [3, 30, 100, 300];
/** Each well-known node has resources of its own, so fewer of them fit. */
const WELL_KNOWN = [3, 10, 20, 30, 100, 300];

interface Size { readonly resources: number; readonly bytes: number }

function sizeOf(props: Partial<CarbonClusterProps>): Size | string {
  const stack = testStack(testApp());
  gateway(stack, { clusteringPattern: ClusteringPattern.NON_WORKER_MANAGER, ...props });
  try {
    const template = Template.fromStack(stack).toJSON();
    return { resources: Object.keys(template.Resources).length, bytes: JSON.stringify(template, undefined, 1).length };
  } catch (error) {
    return (error as Error).message;
  }
}

function row(what: string, first: Size, size: Size | string): [string, string, string] {
  if (typeof size === 'string') return [what, 'refused', /\[[^\]]*\] (.*?)(?:\n|$)/.exec(size)?.[1] ?? size];
  return [what, (size.bytes / first.bytes).toFixed(2), `${size.resources} resources, ${size.bytes} bytes`];
}

export function growthBench(): Figures {
  const aws = NODES.map(nodeCount => sizeOf({ nodeCount, membership: Membership.aws() }));
  const wellKnown = WELL_KNOWN.map(nodeCount => sizeOf({ nodeCount, membership: Membership.wellKnownNodes() }));
  const [few, more] = wellKnown as Size[];
  const perNode = (more.resources - few.resources) / (WELL_KNOWN[1] - WELL_KNOWN[0]);
  const refusals = wellKnown.filter(each => typeof each === 'string');
  return {
    title: 'growth: nodes that are all alike, the template against that of three nodes',
    rows: [
      ...NODES.map((count, index) => row(`${count} nodes, aws`, aws[0] as Size, aws[index])),
      ...WELL_KNOWN.map((count, index) => row(`${count} nodes, all well-known`, few, wellKnown[index])),
    ],
    goals: [
      ['with aws membership flat: the same resources, bytes within 1%', aws.every(each => typeof each !== 'string'
        && each.resources === (aws[0] as Size).resources && each.bytes <= (aws[0] as Size).bytes * 1.01)],
      [`with well-known members linear: ${perNode} resources per node`, wellKnown.every((each, index) => typeof each === 'string'
        || each.resources === few.resources + perNode * (WELL_KNOWN[index] - WELL_KNOWN[0]))],
      ['what CloudFormation does not take is refused with the way out', refusals.length > 0 && refusals.every(each => each.includes('Membership.aws()'))],
    ],
  };
}
