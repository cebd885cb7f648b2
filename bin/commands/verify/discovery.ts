import { isIP } from 'node:net';
import { Filter, Instance } from '@aws-sdk/client-ec2';
import { Api } from './api';
import { Cluster, instanceIdsOf, instanceName, MachineGroup, machinesOf, NodeGroup } from './cluster';
import { answered, failure, Finding, finding, listed, Problem, warning } from './finding';
import { hazelcastName, NodeMembership } from './membership';
import { generationOf } from '../../../lib/membership/hazelcast';
import { DiscoveryFilter, filterText, passes } from '../../../lib/testing/discovery-filter';
import { resolve } from '../../deployed-user-data';

const NOBODY = failure('the cluster has no instances that could be found');

/** One question that nodes ask EC2, and the groups whose nodes ask it. */
interface Question {
  readonly what: string;
  readonly membership: NodeMembership;
}

/** What EC2 answers to the very question that the members ask, against the instances of the cluster's groups. */
export async function discovery(cluster: Cluster, api: Api): Promise<readonly Finding[]> {
  const findings = await Promise.all([
    ...questionsOf(cluster).map(each => answered(each.what, async () => [await judge(cluster, each, api)])),
    ...cluster.balancers.map(each => answered(each.name, async () => [await judgeBalancer(cluster, each, api)])),
  ]);
  return [...machinesOf(cluster).map(size), ...findings.flat()];
}

/** A group that lacks instances would agree with an answer that lacks them too. */
function size({ name, autoScalingGroup, instanceIds }: MachineGroup): Finding {
  const wanted = autoScalingGroup.DesiredCapacity ?? 0;
  const problems = instanceIds.length < wanted ? [failure(`it has ${instanceIds.length} of the ${wanted} instances that it wants`)] : [];
  return finding(`instances of ${name}`, problems, `${instanceIds.length} of ${wanted}`);
}

function questionsOf({ groups }: Cluster): Question[] {
  const byText = new Map<string, NodeGroup[]>();
  for (const group of groups) {
    const { scheme, hazelcast, filters, hosts } = group.membership;
    const text = JSON.stringify([scheme, hazelcast, filters, hosts]);
    byText.set(text, [...byText.get(text) ?? [], group]);
  }
  return [...byText.values()].map(each => ({
    what: `${each.map(group => group.name).join(', ')}: ${each[0].membership.scheme} scheme`, membership: each[0].membership,
  }));
}

async function judge(cluster: Cluster, { what, membership }: Question, api: Api): Promise<Finding> {
  if (membership.hosts !== undefined) return judgeWellKnown(cluster, what, membership.hosts, api);
  const { filters } = membership;
  if (filters.length === 0) return { what, state: 'not answered', detail: 'the user data does not say how the members find each other' };
  const answers = await Promise.all(filters.map(each => askAs(each, apiIn(each.region, cluster, api))));
  if (new Set(answers.map(found => ids(found).join())).size > 1) {
    const [old, young] = answers.map(found => listed(ids(found)) || 'nobody');
    return { what, state: 'not answered', detail: `${hazelcastName(membership)}: Hazelcast 3.5 would find ${old}, a later one ${young}` };
  }
  const asker = membership.scheme === 'aws' ? hazelcastName(membership) : 'the node\'s program';
  return finding(what, differences(cluster, answers[0], await cluster.instances()),
    `${answers[0].length} found as ${asker} asks (${filterText(filters[0])}): the instances of the cluster`);
}

function apiIn(region: string | undefined, { stack }: Cluster, api: Api): Api {
  return region === undefined || region === stack.region ? api : new Api(region);
}

function ids(instances: readonly Instance[]): string[] {
  return instances.map(each => each.InstanceId!).sort();
}

/** 3.5 reads every instance and chooses by itself; from 3.12 on EC2 chooses, and for the node's own program too. */
async function askAs(filter: DiscoveryFilter, api: Api): Promise<Instance[]> {
  if (filter.scheme !== 'aws' || generationOf(filter.hazelcast) !== '3.5') return api.instances(serverSideFilters(filter));
  return (await api.instances([])).filter(each => isChosen(each, filter));
}

/** The group's name is compared, never its id. */
export function isChosen(instance: Instance, filter: DiscoveryFilter): boolean {
  const tags = new Map((instance.Tags ?? []).map(each => [each.Key!, each.Value ?? '']));
  const groups = (instance.SecurityGroups ?? []).map(each => each.GroupName!);
  return filter.states.includes(instance.State?.Name ?? '') && passes(filter, { tags }, groups);
}

/** In the words of EC2, as com.hazelcast.aws and lib/boot/programs/node_aws.py write them. */
export function serverSideFilters({ tags, securityGroup, states }: DiscoveryFilter): Filter[] {
  return [
    ...tags.map(({ key, value }) => {
      if (key === undefined) return { Name: 'tag-value', Values: [value!] };
      return value === undefined ? { Name: 'tag-key', Values: [key] } : { Name: `tag:${key}`, Values: [value] };
    }),
    ...(securityGroup === undefined ? [] : [{ Name: 'instance.group-name', Values: [securityGroup] }]),
    { Name: 'instance-state-name', Values: [...states] },
  ];
}

function differences(cluster: Cluster, found: readonly Instance[], own: readonly Instance[]): Problem[] {
  const foundIds = new Set(ids(found));
  const ownIds = instanceIdsOf(cluster.groups);
  const lost = ownIds.filter(each => !foundIds.has(each)).map(id => missingProblem(cluster, id, own.find(each => each.InstanceId === id)));
  const strange = found.filter(each => !ownIds.includes(each.InstanceId!) && !cluster.leavingIds.includes(each.InstanceId!))
    .map(each => failure(`${strangerName(each)} is found, and is in none of the cluster's auto scaling groups`));
  return [...ownIds.length === 0 ? [NOBODY] : [], ...lost, ...strange];
}

function missingProblem(cluster: Cluster, id: string, instance: Instance | undefined): Problem {
  const state = instance?.State?.Name ?? 'unknown to EC2';
  const name = instanceName(cluster, id);
  if (state === 'pending') return warning(`${name} is not found yet: it is pending`);
  return failure(`${name} is not found: ${state === 'running' ? 'it runs, but lacks the tag or the group' : `it is ${state}`}`);
}

function strangerName(instance: Instance): string {
  const name = instance.Tags?.find(each => each.Key === 'Name')?.Value;
  return name === undefined ? instance.InstanceId! : `${instance.InstanceId} (${name})`;
}

/** NGINX passes requests on to running instances with the cluster's tag, by what the tag of their role says (node_nginx.py). */
async function judgeBalancer(cluster: Cluster, { name, userData: { document, values } }: MachineGroup, api: Api): Promise<Finding> {
  const { tag, value, roleTag } = document.discovery!;
  const [key, own] = [tag, value].map(each => resolve(each, values)!);
  const tagged = await api.instances([{ Name: `tag:${key}`, Values: [own] }, { Name: 'instance-state-name', Values: ['running'] }]);
  const found = tagged.filter(each => each.Tags?.some(one => one.Key === roleTag));
  return finding(name, differences(cluster, found, await cluster.instances()),
    `${found.length} found as NGINX asks (tag ${key}=${own}, ${roleTag}): the instances of the cluster`);
}

/** Members at addresses: a running instance must have each, and it should be one of the cluster's. */
async function judgeWellKnown(cluster: Cluster, what: string, hosts: readonly string[], api: Api): Promise<Finding> {
  const open = hosts.filter(each => isIP(each) === 0);
  if (open.length > 0) return { what, state: 'not answered', detail: `what is at ${listed(open)} only a node knows` };
  const networks = [...new Set((await cluster.instances()).map(each => each.VpcId).filter(each => each !== undefined))];
  if (networks.length === 0) return finding(what, [NOBODY], '');
  const found = await api.instances([{ Name: 'vpc-id', Values: networks }, { Name: 'instance-state-name', Values: ['running'] }]);
  const own = instanceIdsOf(cluster.groups);
  const problems = hosts.flatMap(host => {
    const at = found.filter(each => addressesOf(each).includes(host));
    if (at.length === 0) return [failure(`no running instance has the address ${host} of a well-known member`)];
    if (at.some(each => own.includes(each.InstanceId!))) return [];
    return [warning(`${host} is the address of ${strangerName(at[0])}, which is in none of the cluster's auto scaling groups`)];
  });
  return finding(what, problems, `each of the ${hosts.length} addresses is a running instance's`);
}

/** A well-known address is, as a rule, a second interface's. */
function addressesOf(instance: Instance): (string | undefined)[] {
  const interfaces = (instance.NetworkInterfaces ?? []).flatMap(each => [each, ...each.PrivateIpAddresses ?? []]);
  return [instance, ...interfaces].map(each => each.PrivateIpAddress);
}
