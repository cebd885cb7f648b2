import { CarbonClusterProps, ClusteringPattern } from './carbon-cluster-props';
import { checkCount } from '../nodes/node-group';
import { NodeRole, ProfileDescription } from '../products/product-version';

const MINIMUM_HIGHLY_AVAILABLE = 2;

/** The nodes of one role. */
export interface PlannedNodes {
  readonly role: NodeRole;
  readonly count: number;
}

/** What of the cluster there will be, the first of it first. */
export function plannedNodes(props: CarbonClusterProps): PlannedNodes[] {
  if (isSeparated(props)) {
    return [{ role: 'manager', count: 1 }, { role: 'worker', count: checkedCount(props, 'workerCount', 'nodeCount') }];
  }
  return [{ role: 'node', count: checkedCount(props, 'nodeCount', 'workerCount') }];
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
  /** Its one node keeps its address. */
  readonly wellKnown: boolean;
}

const GROUP_IDS: Readonly<Record<NodeRole, string>> = { manager: 'Manager', worker: 'Workers', node: 'Nodes' };
const WELL_KNOWN_IDS: Readonly<Record<NodeRole, string>> = { manager: 'Manager', worker: 'Worker', node: 'Node' };

/** A node that keeps its address is a group of its own; the others of its role are one group. */
export function plannedGroups(nodes: readonly PlannedNodes[], wellKnownCount: (role: NodeRole, count: number) => number): PlannedGroup[] {
  return nodes.flatMap(({ role, count }) => {
    const wellKnown = wellKnownCount(role, count);
    const single = Array.from({ length: wellKnown }, (_, index) => ({
      id: role === 'manager' ? WELL_KNOWN_IDS[role] : `${WELL_KNOWN_IDS[role]}${index + 1}`, role, count: 1, wellKnown: true,
    }));
    const others = count - wellKnown;
    return others > 0 ? [...single, { id: GROUP_IDS[role], role, count: others, wellKnown: false }] : single;
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
