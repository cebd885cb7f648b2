import { FilteredLogEvent } from '@aws-sdk/client-cloudwatch-logs';
import { Api } from './api';
import { Cluster, instanceIdsOf, instanceName } from './cluster';
import { answered, failure, Finding, finding, Problem } from './finding';

/** The lines of Hazelcast and of Carbon's clustering agent that tell who is a member, in the pattern language of CloudWatch Logs. */
const PATTERN = '?"Members [" ?"Members {size:" ?"Member joined [" ?"as the Coordinator node"';
/** 3.5: `Members [3] {`; from 3.9 on: `Members {size:3, ver:4} [`. */
const MEMBERS = /\bMembers (?:\[(\d+)\] \{|\{size:(\d+), ver:\d+\} \[)/;
const JOINED = /\bMember joined \[/;
const COORDINATOR = /Elected this member \[[^\]]*\] as the Coordinator node/;
/** Each page is a call, and may hold nothing. */
const MOST_PAGES = 100;

/** How many members each node sees, as its log last said. */
export async function members(cluster: Cluster, api: Api): Promise<readonly Finding[]> {
  const groups = logGroups(cluster);
  if (groups.length === 0) {
    return [{ what: 'members in the logs', state: 'not answered', detail: 'the stack has no log group, so that the logs are on the nodes only' }];
  }
  return answered('members in the logs', async () => {
    const launches = (await cluster.instances()).map(each => each.LaunchTime?.getTime() ?? 0);
    const since = launches.length === 0 ? 0 : Math.min(...launches);
    const answers = await Promise.all(groups.map(each => api.logEvents(each, PATTERN, since, MOST_PAGES)));
    if (answers.some(each => !each.complete)) {
      return [{ what: 'members in the logs', state: 'not answered', detail: `there is more in ${groups.join(', ')} than ${MOST_PAGES} calls read` }];
    }
    return judge(cluster, answers.flatMap(each => each.events), groups);
  });
}

/** The function that rotates the members' key has a log, too, in which no node says anything. */
const ROTATION = /\/Membership\/Credentials\/Rotation\//;

/** Those of the cluster's construct; where it has none, those of the stack, which may be made beside it. */
function logGroups({ resources, stack }: Cluster): string[] {
  const named = (all: typeof resources): string[] => all
    .filter(each => each.type === 'AWS::Logs::LogGroup' && !ROTATION.test(each.path ?? '')).map(each => each.physicalId);
  const own = named(resources);
  return own.length > 0 ? own : named(stack.resources);
}

function judge(cluster: Cluster, events: readonly FilteredLogEvent[], groups: readonly string[]): Finding[] {
  const ids = instanceIdsOf(cluster.groups);
  const lines = new Map(ids.map(id => [id, linesOf(id, events)]));
  const silent = ids.filter(id => lastSize(lines.get(id)!) === undefined);
  const heard = ids.filter(id => !silent.includes(id));
  return [
    ...silent.map((id): Finding => ({
      what: instanceName(cluster, id), state: 'not answered', detail: `no list of members in a log stream with its id in ${groups.join(', ')}`,
    })),
    ...heard.map(id => finding(instanceName(cluster, id), sizeProblems(lastSize(lines.get(id)!)!, ids.length), story(lines.get(id)!, ids.length))),
  ];
}

/** The messages of one node in their order; its log stream is named after its instance. */
function linesOf(id: string, events: readonly FilteredLogEvent[]): string[] {
  const own = events.filter(each => each.logStreamName?.includes(id));
  return [...own].sort((a, b) => (a.timestamp ?? 0) - (b.timestamp ?? 0)).map(each => each.message ?? '');
}

/** How many members the last list of a log has. */
export function lastSize(messages: readonly string[]): number | undefined {
  const match = messages.map(each => MEMBERS.exec(each)).filter(each => each !== null).at(-1);
  return match ? Number(match[1] ?? match[2]) : undefined;
}

function sizeProblems(size: number, wanted: number): Problem[] {
  if (size === wanted) return [];
  return [failure(`it last saw ${size} members, and the cluster has ${wanted} instances`)];
}

function story(messages: readonly string[], size: number): string {
  const joined = messages.filter(each => JOINED.test(each)).length;
  const elected = messages.filter(each => COORDINATOR.test(each)).length;
  return `it last saw all ${size} members; "Member joined" ${joined} times, elected coordinator ${elected} times`;
}
