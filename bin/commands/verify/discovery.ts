import { isIP } from 'node:net';
import { Filter, Instance } from '@aws-sdk/client-ec2';
import { Api } from './api';
import { Cluster, instanceName, NodeGroup } from './cluster';
import { answered, failure, Finding, finding, listed, Problem, warning } from './finding';
import { hazelcastName, NodeMembership } from './membership';
import { Discovery } from '../../deployed-user-data';
import { HazelcastGeneration } from '../../../lib/membership/hazelcast';

const NOBODY = failure('the cluster has no instances that could be found');

/** One question that nodes ask EC2, and the groups whose nodes ask it. */
interface Question {
  readonly membership: NodeMembership;
  /** Empty where every instance is meant. */
  readonly discovery: Discovery;
  readonly groups: readonly NodeGroup[];
}

/** What EC2 answers to the very question that the members ask, against the instances of the cluster's groups. */
export async function discovery(cluster: Cluster, api: Api): Promise<readonly Finding[]> {
  const questions = questionsOf(cluster);
  const findings = await Promise.all(questions.map(each => answered(questionName(each), async () => [await judge(cluster, each, api)])));
  return [...sizes(cluster), ...findings.flat()];
}

/** A group that lacks instances would agree with an answer that lacks them too. */
function sizes(cluster: Cluster): Finding[] {
  return cluster.groups.map(({ name, autoScalingGroup, instanceIds }) => {
    const wanted = autoScalingGroup.DesiredCapacity ?? 0;
    const problems = instanceIds.length < wanted ? [failure(`it has ${instanceIds.length} of the ${wanted} instances that it wants`)] : [];
    return finding(`instances of ${name}`, problems, `${instanceIds.length} of ${wanted}`);
  });
}

function questionsOf({ groups }: Cluster): Question[] {
  const byText = new Map<string, NodeGroup[]>();
  for (const group of groups) {
    const { scheme, region, hazelcast, discovery: asked } = group.membership;
    const text = JSON.stringify([scheme, region, hazelcast, asked]);
    byText.set(text, [...byText.get(text) ?? [], group]);
  }
  return [...byText.values()].map(each => ({ membership: each[0].membership, discovery: each[0].membership.discovery ?? {}, groups: each }));
}

function questionName({ groups, membership }: Question): string {
  return `${groups.map(each => each.name).join(', ')}: ${membership.scheme} scheme`;
}

function filterText({ tagKey, tagValue, securityGroup }: Discovery): string {
  const parts = [
    ...(tagKey ? [`tag ${tagKey}=${tagValue ?? ''}`] : []),
    ...(securityGroup ? [`group ${securityGroup}`] : []),
  ];
  return parts.join(' and ') || 'no filter';
}

async function judge(cluster: Cluster, question: Question, api: Api): Promise<Finding> {
  const what = questionName(question);
  if (question.discovery.hosts !== undefined) return judgeWellKnown(cluster, question, question.discovery.hosts, api);
  if (question.membership.scheme !== 'aws' && question.discovery.tagKey === undefined) {
    return { what, state: 'not answered', detail: 'the user data does not say how the members find each other' };
  }
  const inRegion = question.membership.region === cluster.stack.region ? api : new Api(question.membership.region);
  const answers = question.membership.scheme === 'aws'
    ? await Promise.all(question.membership.generations.map(each => askAs(each, question.discovery, inRegion)))
    : [await inRegion.instances(discoveredFilters(question.discovery))];
  if (new Set(answers.map(found => ids(found).join())).size > 1) {
    const [old, young] = answers.map(found => listed(ids(found)) || 'nobody');
    return { what, state: 'not answered', detail: `${hazelcastName(question.membership)}: Hazelcast 3.5 would find ${old}, a later one ${young}` };
  }
  const found = answers[0];
  const problems = differences(cluster, found, await cluster.instances());
  const asker = question.membership.scheme === 'aws' ? hazelcastName(question.membership) : 'the node\'s program';
  return finding(what, problems, `${found.length} found as ${asker} asks (${filterText(question.discovery)}): the instances of the cluster`);
}

function ids(instances: readonly Instance[]): string[] {
  return instances.map(each => each.InstanceId!).sort();
}

/** 3.5 reads every instance and chooses by itself; from 3.12 on EC2 chooses. */
async function askAs(generation: HazelcastGeneration, asked: Discovery, api: Api): Promise<Instance[]> {
  if (generation !== '3.5') return api.instances(serverSideFilters(generation, asked));
  return (await api.instances([])).filter(each => isChosenBy35(each, asked));
}

/** By exact equality; a tag's value without its key is ignored, and the group's name is compared, never its id. */
export function isChosenBy35(instance: Instance, { tagKey, tagValue, securityGroup }: Discovery): boolean {
  const hasTag = !tagKey || (instance.Tags ?? []).some(each => each.Key === tagKey && (!tagValue || each.Value === tagValue));
  const hasGroup = !securityGroup || (instance.SecurityGroups ?? []).some(each => each.GroupName === securityGroup);
  return instance.State?.Name === 'running' && hasTag && hasGroup;
}

/** As com.hazelcast.aws builds them. From 4.2 on keys and values are lists, which belong together one by one. */
export function serverSideFilters(generation: HazelcastGeneration, { tagKey, tagValue, securityGroup }: Discovery): Filter[] {
  const split = (text: string | undefined): string[] => (!text ? [] : generation === '3.12' ? [text] : text.split(','));
  const [keys, values] = [split(tagKey), split(tagValue)];
  const tags = Array.from({ length: Math.max(keys.length, values.length) }, (_, index) => tagFilter(keys[index], values[index]));
  return [
    ...tags,
    ...(securityGroup ? [{ Name: 'instance.group-name', Values: [securityGroup] }] : []),
    { Name: 'instance-state-name', Values: ['running'] },
  ];
}

function tagFilter(key: string | undefined, value: string | undefined): Filter {
  if (key && value) return { Name: `tag:${key}`, Values: [value] };
  return key ? { Name: 'tag-key', Values: [key] } : { Name: 'tag-value', Values: [value!] };
}

/** As the node's own program asks (lib/boot/programs/node_aws.py). */
function discoveredFilters({ tagKey, tagValue }: Discovery): Filter[] {
  return [
    { Name: `tag:${tagKey}`, Values: [tagValue ?? ''] },
    { Name: 'instance-state-name', Values: ['pending', 'running'] },
  ];
}

function differences(cluster: Cluster, found: readonly Instance[], own: readonly Instance[]): Problem[] {
  const foundIds = new Set(ids(found));
  const ownIds = new Set(cluster.groups.flatMap(each => each.instanceIds));
  const lost = [...ownIds].filter(each => !foundIds.has(each)).map(id => missingProblem(cluster, id, own.find(each => each.InstanceId === id)));
  const strange = found.filter(each => !ownIds.has(each.InstanceId!) && !cluster.leavingIds.includes(each.InstanceId!))
    .map(each => failure(`${strangerName(each)} is found, and is in none of the cluster's auto scaling groups`));
  return [...ownIds.size === 0 ? [NOBODY] : [], ...lost, ...strange];
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

/** Members at addresses: a running instance must have each, and it should be one of the cluster's. */
async function judgeWellKnown(cluster: Cluster, question: Question, hosts: readonly string[], api: Api): Promise<Finding> {
  const what = questionName(question);
  const open = hosts.filter(each => isIP(each) === 0);
  if (open.length > 0) return { what, state: 'not answered', detail: `what is at ${listed(open)} only a node knows` };
  const networks = [...new Set((await cluster.instances()).map(each => each.VpcId).filter(each => each !== undefined))];
  if (networks.length === 0) return finding(what, [NOBODY], '');
  const found = await api.instances([{ Name: 'vpc-id', Values: networks }, { Name: 'instance-state-name', Values: ['running'] }]);
  const own = cluster.groups.flatMap(each => each.instanceIds);
  const problems = hosts.flatMap(host => {
    const at = found.filter(each => addressesOf(each).includes(host));
    if (at.length === 0) return [failure(`no running instance has the address ${host} of a well-known member`)];
    if (at.some(each => own.includes(each.InstanceId!))) return [];
    return [warning(`${host} is the address of ${strangerName(at[0])}, which is in none of the cluster's auto scaling groups`)];
  });
  return finding(what, problems, `each of the ${hosts.length} addresses is a running instance's`);
}

/** A well-known address may be a second interface's. */
function addressesOf(instance: Instance): (string | undefined)[] {
  const interfaces = (instance.NetworkInterfaces ?? []).flatMap(each => [each, ...each.PrivateIpAddresses ?? []]);
  return [instance, ...interfaces].map(each => each.PrivateIpAddress);
}
