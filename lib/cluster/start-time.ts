import { Duration } from 'aws-cdk-lib';
import { CarbonClusterProps } from './carbon-cluster-props';
import { PlannedGroup } from './topology';

/**
 * Left to the boot before the server starts (the machine, packages, the pack, databases) and to the signal after it. The node has the rest
 * (`health.seconds` of its document), and ends its own waits before CloudFormation ends its one (boot/programs/node_clock.py).
 */
export const HEALTH_MARGIN = Duration.minutes(5);

/** Time for every group without a choice of `bootTimeout`. It also holds that the node which founds the cluster dies and another one founds it. */
const DEFAULT = Duration.minutes(20);

/**
 * What a server needs from its start until it is a member, measured with members of WSO2's Hazelcast settings and a server that takes 75 s to
 * start on two idle processors. The first one founds the cluster, then all others start at once (boot/programs/node_start.py).
 */
const SERVER_START = Duration.seconds(75);

/**
 * What each member adds to the time in which a cluster admits all of them at once. Measured with 40 members on two processors that they shared: 80 s
 * with Hazelcast 5.3, the slowest line, and 14 s with 3.5, the fastest one.
 */
const ADMISSION = Duration.seconds(2);

/** CloudFormation waits no longer for the signals of a new group (CloudFormation Template Reference, "CreationPolicy attribute", `Timeout`). */
const LONGEST_WAIT = Duration.hours(12);
const MOST_SERVERS = mostServers(LONGEST_WAIT);

/** The time that CloudFormation waits for a group of nodes. It does not depend on their number, which must not replace any of them. */
export function bootTimeoutOf(props: CarbonClusterProps): Duration {
  return props.bootTimeout ?? DEFAULT;
}

/** @throws if `bootTimeout` is too short for the servers of the largest group, or if that has more servers than any timeout holds */
export function checkBootTimeout(props: CarbonClusterProps, groups: readonly PlannedGroup[]): void {
  const largest = groups.reduce((one, other) => (other.maxCount > one.maxCount ? other : one));
  if (largest.maxCount > MOST_SERVERS) throw tooManyServers(props, largest.role, groups);
  const shortest = Math.ceil(shortestSeconds(largest.maxCount) / 60);
  const minutes = bootTimeoutOf(props).toMinutes({ integral: false });
  if (minutes >= shortest && minutes <= LONGEST_WAIT.toMinutes()) return;
  const given = props.bootTimeout === undefined ? `the default of ${minutes}` : minutes;
  throw new Error(`bootTimeout must be from ${shortest} to ${LONGEST_WAIT.toMinutes()} minutes, got ${given}: one server of a cluster starts first, `
    + `all others start after it at once, and the largest group has ${largest.maxCount}`);
}

function shortestSeconds(count: number): number {
  return HEALTH_MARGIN.toSeconds() + 2 * SERVER_START.toSeconds() + count * ADMISSION.toSeconds();
}

function mostServers(timeout: Duration): number {
  return Math.floor((timeout.toSeconds() - shortestSeconds(0)) / ADMISSION.toSeconds());
}

function tooManyServers({ scaling }: CarbonClusterProps, role: PlannedGroup['role'], groups: readonly PlannedGroup[]): Error {
  const count = groups.filter(each => each.role === role).reduce((sum, each) => sum + each.maxCount, 0);
  const property = scaling ? 'maxCount of the scaling' : role === 'worker' ? 'workerCount' : 'nodeCount';
  return new Error(`${property} must be at most ${MOST_SERVERS}, got ${count}: a cluster cannot admit more servers within the 12 hours that `
    + 'CloudFormation waits at most');
}
