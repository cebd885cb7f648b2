import { CloudWatchClient, Dimension, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, DescribeLogGroupsCommand, DescribeLogStreamsCommand, DescribeMetricFiltersCommand } from '@aws-sdk/client-cloudwatch-logs';
import { Rehearsal } from '../rehearsal';
import { carbonLog, count, inService, nodesOf, oneCluster, workersOf } from './checks';
import { settings } from './emulated';
import { label, must, Scenario, ScenarioContext, SETTLE_SECONDS, until } from './scenario';

const HOUR = 3_600_000;
/** The agent looks every other second. */
const ARRIVE_SECONDS = 60;
/** Once a minute by the agent, every five by the timer. */
const MEASURED_SECONDS = 400;
/** With what is more than each can be here; a timer of five minutes measures clock and service. */
const HOST_METRICS: readonly (readonly [string, number])[] = [
  ['mem_used_percent', 100], ['disk_used_percent', 100], ['swap_used_percent', 100], ['open_files', 65_535], ['clock_offset', 1], ['not_serving', 600],
];
const LINES: Readonly<Record<string, string>> = {
  MemberJoined: 'Member joined [', MemberLeft: 'Member left [', CoordinatorElected: 'as the Coordinator node {',
};

/** What the metrics say is what happened, on the way that it takes on AWS: log file, agent, log group, metric filter, metric. */
export const observed: Scenario = {
  name: 'observed', ci: false, about: 'logs reach CloudWatch, and what the metrics count is what happened',
  async run(context) {
    const rehearsal = await context.start();
    await rehearsal.settled(SETTLE_SECONDS);
    const nodes = nodesOf(rehearsal);
    await inService(nodes);
    await oneCluster(rehearsal, nodes);
    // One after the other: each that comes is seen by all that are there.
    const joined = nodes.length * (nodes.length - 1) / 2;
    await saying(rehearsal, { MemberJoined: joined, MemberLeft: 0, CoordinatorElected: 1, FailedBoots: 0 });
    context.show(`${nodes.length} nodes: metrics of ${joined} members that joined, 0 that left, 1 coordinator, 0 failed boots`);

    await hostMetricsOf(rehearsal, context);
    const victim = workersOf(rehearsal)[0];
    const others = nodes.filter(each => each !== victim);
    const wasCoordinator = count(await carbonLog(rehearsal, victim), LINES.CoordinatorElected) > 0;
    context.step(`killing ${label(victim)}`);
    await rehearsal.command('kill', { node: victim.id });
    await oneCluster(rehearsal, others, 120);
    const expected = { MemberJoined: joined, MemberLeft: others.length, CoordinatorElected: wasCoordinator ? 2 : 1, FailedBoots: 0 };
    await saying(rehearsal, expected);
    for (const [name, line] of Object.entries(LINES)) {
      const logged = (await Promise.all(nodes.map(each => carbonLog(rehearsal, each)))).reduce((sum, log) => sum + count(log, line), 0);
      must(logged === expected[name as keyof typeof expected], `the nodes' logs have '${line}' ${logged} times, not ${expected[name as keyof typeof expected]}`);
    }
    context.show(`a worker killed: metrics of ${others.length} members that left, as in the nodes' own logs`);
    await streamsOfAll(rehearsal, nodes.map(each => each.id));
    context.show(`each of ${nodes.length} nodes has a stream with its instance's id in the log groups of boots and servers`);
  },
};

async function saying(rehearsal: Rehearsal, expected: Readonly<Record<string, number>>): Promise<void> {
  let said: Record<string, number> = {};
  const wanted = JSON.stringify(expected);
  await until('', ARRIVE_SECONDS, async () => {
    said = await metrics(rehearsal, Object.keys(expected));
    return JSON.stringify(said) === wanted;
  }).catch(() => must(false, `metrics are ${JSON.stringify(said)}, not ${wanted}, still after ${ARRIVE_SECONDS} s`));
}

/** The sums of the metrics of these names, wherever the metric filters put them. */
async function metrics(rehearsal: Rehearsal, names: readonly string[]): Promise<Record<string, number>> {
  const { metricFilters = [] } = await new CloudWatchLogsClient(settings(rehearsal)).send(new DescribeMetricFiltersCommand({}));
  const cloudwatch = new CloudWatchClient(settings(rehearsal));
  const now = Date.now();
  const sums = await Promise.all(names.map(async (name): Promise<[string, number]> => {
    const { metricNamespace } = metricFilters.flatMap(each => each.metricTransformations ?? []).find(each => each.metricName === name)!;
    const { Datapoints = [] } = await cloudwatch.send(new GetMetricStatisticsCommand({
      Namespace: metricNamespace, MetricName: name, StartTime: new Date(now - HOUR), EndTime: new Date(now + HOUR), Period: 60, Statistics: ['Sum'],
    }));
    return [name, Datapoints.reduce((sum, each) => sum + each.Sum!, 0)];
  }));
  return Object.fromEntries(sums);
}

/** What machines measure of themselves, for the cluster, for each group, and for each instance. */
async function hostMetricsOf(rehearsal: Rehearsal, context: ScenarioContext): Promise<void> {
  const { metricFilters = [] } = await new CloudWatchLogsClient(settings(rehearsal)).send(new DescribeMetricFiltersCommand({}));
  const Namespace = metricFilters[0].metricTransformations![0].metricNamespace!;
  const cloudwatch = new CloudWatchClient(settings(rehearsal));
  const now = Date.now();
  const worst = async (MetricName: string, Dimensions: Dimension[]): Promise<number | undefined> => {
    const { Datapoints = [] } = await cloudwatch.send(new GetMetricStatisticsCommand({
      Namespace, MetricName, Dimensions, StartTime: new Date(now - HOUR), EndTime: new Date(now + HOUR), Period: 60, Statistics: ['Maximum'],
    }));
    return Datapoints.length === 0 ? undefined : Math.max(...Datapoints.map(each => each.Maximum!));
  };
  const groups = [...new Set(nodesOf(rehearsal).map(each => each.name.split('/').pop()!))];
  const places = [[], ...groups.map(Value => [{ Name: 'Group', Value }])];
  for (const [name, limit] of HOST_METRICS) {
    for (const place of places) {
      const where = place.map(each => each.Value).join('') || 'the cluster';
      let value: number | undefined;
      await until(`${name} of ${where} did not arrive`, MEASURED_SECONDS, async () => (value = await worst(name, place)) !== undefined);
      must(value! >= 0 && value! <= limit, `${name} of ${where} is ${value}`);
      if (place.length === 0) context.show(`${name}: at most ${value!.toFixed(3)}`);
    }
  }
}

async function streamsOfAll(rehearsal: Rehearsal, ids: readonly string[]): Promise<void> {
  const logs = new CloudWatchLogsClient(settings(rehearsal));
  const { logGroups = [] } = await logs.send(new DescribeLogGroupsCommand({}));
  for (const kind of ['BootLog', 'CarbonLog']) {
    const group = logGroups.find(each => each.logGroupName!.includes(kind));
    must(group !== undefined, `there is no log group ${kind}`);
    const { logStreams = [] } = await logs.send(new DescribeLogStreamsCommand({ logGroupName: group!.logGroupName }));
    for (const id of ids) must(logStreams.some(each => each.logStreamName!.endsWith(`/${id}`)), `${group!.logGroupName} has no stream of ${id}`);
  }
}
