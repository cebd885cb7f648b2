import { CarbonClusterProps, ClusteringPattern } from './carbon-cluster-props';
import { checkCount } from '../nodes/node-group';
import { NodeRole, ProfileDescription } from '../products/product-version';

const MINIMUM_HIGHLY_AVAILABLE = 2;

/** The nodes of one role. */
export interface PlannedNodes {
  readonly role: NodeRole;
  readonly count: number;
  /** Up to how many they may grow; `count` where they do not. */
  readonly maxCount: number;
}

/** What of the cluster there will be, the first of it first. */
export function plannedNodes(props: CarbonClusterProps): PlannedNodes[] {
  if (isSeparated(props)) {
    return [{ role: 'manager', count: 1, maxCount: 1 }, growing(props, 'worker', 'workerCount', checkedCount(props, 'workerCount', 'nodeCount'))];
  }
  return [growing(props, 'node', 'nodeCount', checkedCount(props, 'nodeCount', 'workerCount'))];
}

function growing({ scaling }: CarbonClusterProps, role: NodeRole, property: string, count: number): PlannedNodes {
  if (!scaling) return { role, count, maxCount: count };
  checkCount('maxCount of the scaling', scaling._maxCount, 1);
  if (scaling._maxCount > count) return { role, count, maxCount: scaling._maxCount };
  throw new Error(`maxCount ${scaling._maxCount} of the scaling is not above ${property} ${count}, so that nothing could grow: `
    + 'give more, or leave scaling out');
}

function isSeparated(props: CarbonClusterProps): boolean {
  return (props.clusteringPattern ?? ClusteringPattern.WORKER_MANAGER) === ClusteringPattern.WORKER_MANAGER;
}

function checkedCount(props: CarbonClusterProps, property: 'workerCount' | 'nodeCount', other: 'workerCount' | 'nodeCount'): number {
  if (props[other] !== undefined) {
    throw new Error(`${other} ${props[other]} says nothing about a cluster of the clusteringPattern `
      + `${props.clusteringPattern ?? ClusteringPattern.WORKER_MANAGER}, give ${property}`);
  }
  const count = props[property] ?? MINIMUM_HIGHLY_AVAILABLE;
  checkCount(property, count, 1);
  if (count >= MINIMUM_HIGHLY_AVAILABLE || props.highAvailability === false) return count;
  throw new Error(`${property} ${count} is not highly available, give at least ${MINIMUM_HIGHLY_AVAILABLE} or set highAvailability to false`);
}

/** The nodes of one auto scaling group. */
export interface PlannedGroup {
  /** Construct id, and with it part of logical ids. */
  readonly id: string;
  readonly role: NodeRole;
  readonly count: number;
  readonly maxCount: number;
  /** Its one node keeps its address. */
  readonly wellKnown: boolean;
}

const GROUP_IDS: Readonly<Record<NodeRole, string>> = { manager: 'Manager', worker: 'Workers', node: 'Nodes' };
const WELL_KNOWN_IDS: Readonly<Record<NodeRole, string>> = { manager: 'Manager', worker: 'Worker', node: 'Node' };

/** A node that keeps its address is a group of its own; the others of its role are one group. */
export function plannedGroups(nodes: readonly PlannedNodes[], wellKnownCount: (role: NodeRole, count: number) => number): PlannedGroup[] {
  return nodes.flatMap(({ role, count, maxCount }) => {
    const wellKnown = wellKnownCount(role, count);
    const single = Array.from({ length: wellKnown }, (_, index) => ({
      id: role === 'manager' ? WELL_KNOWN_IDS[role] : `${WELL_KNOWN_IDS[role]}${index + 1}`, role, count: 1, maxCount: 1, wellKnown: true,
    }));
    const others = count - wellKnown;
    if (others === 0 && maxCount > count) {
      throw new Error(`scaling: all ${count} nodes of the role ${role} are well known at addresses of their own, and another one would have to be `
        + 'in the configuration of each: leave some of them unknown (wellKnownWorkerCount below workerCount), or use Membership.discovered()');
    }
    return others > 0 ? [...single, { id: GROUP_IDS[role], role, count: others, maxCount: maxCount - wellKnown, wellKnown: false }] : single;
  });
}

/** What serves the product's clients, and what serves its console. */
export function servingRole(roles: readonly NodeRole[], purpose: 'service' | 'console'): NodeRole {
  if (roles.includes('node')) return 'node';
  return purpose === 'service' ? 'worker' : 'manager';
}

/** @throws if console and services need a name each and there is only one */
export function managementHostName(props: CarbonClusterProps, console: ProfileDescription): string {
  const name = props.managementHostName ?? props.hostName;
  if (!isSeparated(props) && console.ports.serviceHttps === console.ports.servletHttps) return name;
  if (props.managementHostName === undefined) {
    throw new Error(`managementHostName is missing, give the console of ${props.product} a name beside '${props.hostName}': `
      + 'the load balancer tells console and services apart by it');
  }
  if (name.toLowerCase() !== props.hostName.toLowerCase()) return name;
  throw new Error(`managementHostName '${name}' is also the hostName, give the console a name of its own: `
    + 'the load balancer tells console and services apart by it');
}
