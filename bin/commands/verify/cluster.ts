import { AutoScalingGroup, Instance as GroupInstance } from '@aws-sdk/client-auto-scaling';
import { Instance, ResponseLaunchTemplateData } from '@aws-sdk/client-ec2';
import { Api } from './api';
import { NodeMembership, readMembership } from './membership';
import { DeployedStack, StackResource } from './stack';
import { clusteringParameters, NodeUserData, parseUserData, resolve } from '../../deployed-user-data';
import { CommandFailure, UsageFailure } from '../../command';

/** An auto scaling group whose launch template carries a node document. */
export interface NodeGroup {
  /** Path of its construct, below the cluster's; otherwise the logical id of the auto scaling group. */
  readonly name: string;
  readonly autoScalingGroup: AutoScalingGroup;
  readonly launchTemplate: ResponseLaunchTemplateData;
  readonly userData: NodeUserData;
  readonly membership: NodeMembership;
  /** The group's instances but for those that leave. */
  readonly instanceIds: readonly string[];
}

/** The groups whose nodes are meant to be one cluster. */
export interface Cluster {
  /** Path of its construct; otherwise the Hazelcast domain. */
  readonly name: string;
  readonly stack: DeployedStack;
  readonly groups: readonly NodeGroup[];
  /** What of the stack is the cluster's own. */
  readonly resources: readonly StackResource[];
  /** Instances of the groups that are leaving: neither wanted nor wrong. */
  readonly leavingIds: readonly string[];
  /** The instances of all groups, as EC2 describes them. Asked once. */
  readonly instances: () => Promise<readonly Instance[]>;
}

interface PlacedGroup { readonly key: string; readonly path?: string; readonly group: NodeGroup }

const LEAVING = /^(Terminat|Detach|Warmed:Terminat)/;

/** @throws if the stack has no nodes of Carbon clusters */
export async function readClusters(api: Api, stack: DeployedStack): Promise<Cluster[]> {
  const groups = await readGroups(api, stack);
  if (groups.length === 0) throw new CommandFailure(`stack ${stack.name} has no auto scaling group with nodes of a Carbon cluster`);
  const keys = [...new Set(groups.map(each => each.key))].sort();
  return keys.map(key => clusterOf(api, stack, key, groups.filter(each => each.key === key)));
}

function clusterOf(api: Api, stack: DeployedStack, name: string, placed: readonly PlacedGroup[]): Cluster {
  const groups = placed.map(each => each.group);
  const hasPath = placed[0].path !== undefined;
  let instances: Promise<Instance[]> | undefined;
  return {
    name,
    stack,
    groups,
    resources: hasPath ? stack.resources.filter(each => each.path?.startsWith(`${name}/`)) : stack.resources,
    leavingIds: groups.flatMap(each => members(each.autoScalingGroup)).filter(isLeaving).map(each => each.InstanceId!),
    instances: () => instances ??= instancesOf(api, groups.flatMap(each => each.instanceIds)),
  };
}

async function readGroups(api: Api, stack: DeployedStack): Promise<PlacedGroup[]> {
  const resources = stack.resources.filter(each => each.type === 'AWS::AutoScaling::AutoScalingGroup');
  const described = await api.autoScalingGroups(resources.map(each => each.physicalId));
  const groups = await Promise.all(described.map(async each => {
    const { logicalId } = resources.find(resource => resource.physicalId === each.AutoScalingGroupName)!;
    return readGroup(api, stack, logicalId, each);
  }));
  return groups.filter(each => each !== undefined);
}

async function readGroup(api: Api, stack: DeployedStack, logicalId: string, autoScalingGroup: AutoScalingGroup): Promise<PlacedGroup | undefined> {
  const reference = autoScalingGroup.LaunchTemplate ?? autoScalingGroup.MixedInstancesPolicy?.LaunchTemplate?.LaunchTemplateSpecification;
  if (!reference?.LaunchTemplateId) return undefined;
  const launchTemplate = await api.launchTemplate(reference.LaunchTemplateId, reference.Version ?? '$Default');
  const userData = parseUserData(Buffer.from(launchTemplate.UserData ?? '', 'base64').toString('utf8'));
  if (!userData) return undefined;
  const path = groupPath(stack, reference.LaunchTemplateId);
  return {
    key: path?.slice(0, path.lastIndexOf('/')) ?? domainOf(userData) ?? stack.name,
    path,
    group: {
      name: path?.slice(path.lastIndexOf('/') + 1) ?? logicalId,
      autoScalingGroup,
      launchTemplate,
      userData,
      membership: readMembership(userData, stack.region),
      instanceIds: members(autoScalingGroup).filter(each => !isLeaving(each)).map(each => each.InstanceId!),
    },
  };
}

/** The launch template lies in the construct of the group. */
function groupPath(stack: DeployedStack, launchTemplate: string): string | undefined {
  return stack.resources.find(each => each.physicalId === launchTemplate)?.path?.replace(/\/LaunchTemplate(\/Resource)?$/, '');
}

function domainOf({ document, values }: NodeUserData): string | undefined {
  return resolve(clusteringParameters(document.configuration).domain, values);
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

/** The group that an instance belongs to. */
export function groupOf(cluster: Cluster, instanceId: string): NodeGroup | undefined {
  return cluster.groups.find(each => each.instanceIds.includes(instanceId));
}

/** `i-0123 of Workers`. */
export function instanceName(cluster: Cluster, instanceId: string): string {
  const group = groupOf(cluster, instanceId);
  return group ? `${instanceId} of ${group.name}` : instanceId;
}
