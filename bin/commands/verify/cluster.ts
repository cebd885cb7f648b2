import { AutoScalingGroup, Instance as GroupInstance } from '@aws-sdk/client-auto-scaling';
import { Instance, ResponseLaunchTemplateData } from '@aws-sdk/client-ec2';
import { Api } from './api';
import { NodeMembership, readMembership } from './membership';
import { DeployedStack, StackResource } from './stack';
import { CommandFailure, UsageFailure } from '../../command';
import { NodeUserData, parseUserData, resolve } from '../../deployed-user-data';
import { NodeClustering } from '../../../lib/testing/node-document';

/** An auto scaling group whose launch template carries a document of this library. */
export interface MachineGroup {
  /** Path of its construct, below the cluster's; otherwise the logical id of the auto scaling group. */
  readonly name: string;
  readonly autoScalingGroup: AutoScalingGroup;
  readonly launchTemplate: ResponseLaunchTemplateData;
  readonly userData: NodeUserData;
  /** The group's instances but for those that leave. */
  readonly instanceIds: readonly string[];
}

/** Machines that run a product. */
export interface NodeGroup extends MachineGroup {
  readonly membership: NodeMembership;
}

/** The groups whose nodes are meant to be one cluster. */
export interface Cluster {
  /** Path of its construct; otherwise the Hazelcast domain. */
  readonly name: string;
  readonly stack: DeployedStack;
  readonly groups: readonly NodeGroup[];
  /** Machines that are load balancers before them. */
  readonly balancers: readonly MachineGroup[];
  /** What of the stack is the cluster's own. */
  readonly resources: readonly StackResource[];
  /** Instances of the groups that are leaving: neither wanted nor wrong. */
  readonly leavingIds: readonly string[];
  /** The instances of all groups, as EC2 describes them. Asked once. */
  readonly instances: () => Promise<readonly Instance[]>;
}

/** A group that was read, before it is known whose it is. */
interface ReadGroup extends MachineGroup {
  readonly path?: string;
  readonly clustering?: NodeClustering;
  /** What tells its cluster from all others. */
  readonly tag: string;
}

const LEAVING = /^(Terminat|Detach|Warmed:Terminat)/;

/** @throws if the stack has no nodes of Carbon clusters */
export async function readClusters(api: Api, stack: DeployedStack): Promise<Cluster[]> {
  const groups = await readGroups(api, stack);
  const keys = [...new Set(groups.filter(each => each.clustering).map(each => clusterName(stack, each)))].sort();
  if (keys.length === 0) throw new CommandFailure(`stack ${stack.name} has no auto scaling group with nodes of a Carbon cluster`);
  return keys.map(key => clusterOf(api, stack, key, groups));
}

function clusterName(stack: DeployedStack, { path, clustering }: ReadGroup): string {
  return path?.slice(0, path.lastIndexOf('/')) ?? clustering?.parameter('domain') ?? stack.name;
}

function clusterOf(api: Api, stack: DeployedStack, name: string, all: readonly ReadGroup[]): Cluster {
  const nodes = all.filter(each => each.clustering && clusterName(stack, each) === name);
  const balancers = all.filter(each => !each.clustering && nodes.some(node => node.tag === each.tag));
  const machines = [...nodes, ...balancers];
  let instances: Promise<Instance[]> | undefined;
  return {
    name,
    stack,
    groups: nodes.map(each => ({ ...each, name: groupName(name, each), membership: readMembership(each.clustering!, each.userData) })),
    balancers: balancers.map(each => ({ ...each, name: groupName(name, each) })),
    resources: nodes[0].path === undefined ? stack.resources : stack.resources.filter(each => each.path?.startsWith(`${name}/`)),
    leavingIds: machines.flatMap(each => members(each.autoScalingGroup)).filter(isLeaving).map(each => each.InstanceId!),
    instances: () => instances ??= instancesOf(api, machines.flatMap(each => each.instanceIds)),
  };
}

function groupName(cluster: string, { name, path }: ReadGroup): string {
  return path?.startsWith(`${cluster}/`) ? path.slice(cluster.length + 1) : name;
}

async function readGroups(api: Api, stack: DeployedStack): Promise<ReadGroup[]> {
  const resources = stack.resources.filter(each => each.type === 'AWS::AutoScaling::AutoScalingGroup');
  const described = await api.autoScalingGroups(resources.map(each => each.physicalId));
  const groups = await Promise.all(described.map(async each => {
    const { logicalId } = resources.find(resource => resource.physicalId === each.AutoScalingGroupName)!;
    return readGroup(api, stack, logicalId, each);
  }));
  return groups.filter(each => each !== undefined);
}

async function readGroup(api: Api, stack: DeployedStack, logicalId: string, autoScalingGroup: AutoScalingGroup): Promise<ReadGroup | undefined> {
  const reference = autoScalingGroup.LaunchTemplate ?? autoScalingGroup.MixedInstancesPolicy?.LaunchTemplate?.LaunchTemplateSpecification;
  if (!reference?.LaunchTemplateId) return undefined;
  const launchTemplate = await api.launchTemplate(reference.LaunchTemplateId, reference.Version ?? '$Default');
  const text = Buffer.from(launchTemplate.UserData ?? '', 'base64').toString('utf8');
  const userData = parseUserData(text);
  if (!userData) return undefined;
  return {
    name: logicalId,
    autoScalingGroup,
    launchTemplate,
    userData,
    instanceIds: members(autoScalingGroup).filter(each => !isLeaving(each)).map(each => each.InstanceId!),
    path: groupPath(stack, reference.LaunchTemplateId),
    clustering: NodeClustering.read(text),
    tag: clusterTag(userData),
  };
}

/** The launch template lies in the construct of the group. */
function groupPath(stack: DeployedStack, launchTemplate: string): string | undefined {
  return stack.resources.find(each => each.physicalId === launchTemplate)?.path?.replace(/\/LaunchTemplate(\/Resource)?$/, '');
}

/** Nodes look by it for those that start before them, load balancers for the nodes behind them. */
function clusterTag({ document, values }: NodeUserData): string {
  const { tag, value } = document.start ?? document.discovery ?? {};
  return `${resolve(tag, values)}=${resolve(value, values)}`;
}

function members(group: AutoScalingGroup): readonly GroupInstance[] {
  return group.Instances ?? [];
}

function isLeaving(instance: GroupInstance): boolean {
  return LEAVING.test(instance.LifecycleState ?? '');
}

/** By a filter: an instance that is gone fails a question for its id, and with it all the others. */
async function instancesOf(api: Api, ids: readonly string[]): Promise<Instance[]> {
  return ids.length === 0 ? [] : api.instances([{ Name: 'instance-id', Values: [...ids] }]);
}

/** The one cluster that a path, or a unique part of it, names; all without one. */
export function clustersNamed(clusters: readonly Cluster[], name: string | undefined): readonly Cluster[] {
  if (name === undefined) return clusters;
  const exact = clusters.filter(each => each.name === name);
  const found = exact.length === 1 ? exact : clusters.filter(each => each.name.toLowerCase().includes(name.toLowerCase()));
  if (found.length === 1) return found;
  const list = clusters.map(each => `  ${each.name}`).join('\n');
  throw new UsageFailure(`--cluster ${name} is ${found.length === 0 ? 'no cluster' : `${found.length} clusters`} of the stack, name one of\n${list}`);
}

/** The physical ids of the cluster's resources of a type. */
export function idsOf(cluster: Cluster, type: string): string[] {
  return cluster.resources.filter(each => each.type === type).map(each => each.physicalId);
}

/** For a reader: the path of the construct below the cluster's, otherwise the physical id. */
export function resourceName(cluster: Cluster, physicalId: string): string {
  const path = cluster.resources.find(each => each.physicalId === physicalId)?.path;
  return path?.startsWith(`${cluster.name}/`) ? path.slice(cluster.name.length + 1).replace(/\/Resource$/, '') : physicalId;
}

/** Nodes, and the load balancers before them. */
export function machinesOf({ groups, balancers }: Cluster): readonly MachineGroup[] {
  return [...groups, ...balancers];
}

export function instanceIdsOf(groups: readonly MachineGroup[]): string[] {
  return groups.flatMap(each => each.instanceIds);
}

/** `i-0123 of Workers`. */
export function instanceName(cluster: Cluster, instanceId: string): string {
  const group = machinesOf(cluster).find(each => each.instanceIds.includes(instanceId));
  return group ? `${instanceId} of ${group.name}` : instanceId;
}
