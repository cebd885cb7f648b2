import { Duration } from 'aws-cdk-lib';
import { CarbonClusterProps } from './carbon-cluster-props';
import { PlannedGroup } from './topology';

/**
 * Left to the boot before the server starts (the machine, packages, the pack, databases) and to the signal after it. The node has the rest
 * (`health.seconds` of its document), and ends its own waits before CloudFormation ends its one (boot/programs/node_clock.py).
 */
export const HEALTH_MARGIN = Duration.minutes(5);

/** What every group has at least; enough for eight servers, one after the other. */
const SHORTEST_DEFAULT = Duration.minutes(20);

/**
 * What a server needs from its start until it is a member, measured with members of WSO2's Hazelcast settings and a server that takes 75 s to
 * start on two idle processors. Nothing shorter is taken for `bootTimeout`.
 */
const SERVER_START = Duration.seconds(75);

/** What a server gets of the default: its start, and handing on the turn. The same figure as START_SECONDS in boot/programs/node_start.py. */
const SERVER_TURN = Duration.seconds(90);

/** CloudFormation waits no longer for the signals of a new group (CloudFormation Template Reference, "CreationPolicy attribute", `Timeout`). */
const LONGEST_WAIT = Duration.hours(12);
const MOST_SERVERS = Math.floor((LONGEST_WAIT.toSeconds() - HEALTH_MARGIN.toSeconds()) / SERVER_TURN.toSeconds()) - 2;

/**
 * The time that CloudFormation waits for a group of nodes without a choice of `bootTimeout`: servers start one after the other, so that it
 * grows with them. While nodes are replaced there is one more than planned; the last turn is for what follows the start.
 */
export function defaultBootTimeout(count: number): Duration {
  const turns = (count + 2) * SERVER_TURN.toSeconds();
  return Duration.seconds(Math.max(SHORTEST_DEFAULT.toSeconds(), HEALTH_MARGIN.toSeconds() + turns));
}

/** The time that CloudFormation waits for one group. */
export function bootTimeoutOf(props: CarbonClusterProps, group: Pick<PlannedGroup, 'maxCount'>): Duration {
  return props.bootTimeout ?? defaultBootTimeout(group.maxCount);
}

/**
 * The time that the document of a node is about. It does not depend on the number of nodes, which must not replace any: a node adds what the
 * servers before it take, as many as it finds that have not started yet.
 */
export function nodeTimeout(props: CarbonClusterProps): Duration {
  return props.bootTimeout ?? SHORTEST_DEFAULT;
}

/** @throws if `bootTimeout` is too short for the servers of the largest group, or if that has more servers than any timeout holds */
export function checkBootTimeout(props: CarbonClusterProps, groups: readonly PlannedGroup[]): void {
  const largest = groups.reduce((one, other) => (other.maxCount > one.maxCount ? other : one));
  if (largest.maxCount > MOST_SERVERS) throw tooManyServers(props, largest.role, groups);
  if (props.bootTimeout === undefined) return;
  const minutes = props.bootTimeout.toMinutes({ integral: false });
  const shortest = Math.ceil((HEALTH_MARGIN.toSeconds() + largest.maxCount * SERVER_START.toSeconds()) / 60);
  if (minutes >= shortest && minutes <= LONGEST_WAIT.toMinutes()) return;
  throw new Error(`bootTimeout must be from ${shortest} to ${LONGEST_WAIT.toMinutes()} minutes, got ${minutes}: the servers of a group `
    + `start one after the other, and the largest group has ${largest.maxCount}`);
}

function tooManyServers({ scaling }: CarbonClusterProps, role: PlannedGroup['role'], groups: readonly PlannedGroup[]): Error {
  const count = groups.filter(each => each.role === role).reduce((sum, each) => sum + each.maxCount, 0);
  const property = scaling ? 'maxCount of the scaling' : role === 'worker' ? 'workerCount' : 'nodeCount';
  return new Error(`${property} ${count} is more than the ${MOST_SERVERS} servers that can start one after the other within the 12 hours that `
    + 'CloudFormation waits at most: use fewer, or several clusters');
}
