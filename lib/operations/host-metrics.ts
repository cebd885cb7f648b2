import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { CloudWatchOperationsOptions } from './cloud-watch-operations-options';
import type { AddAlarm } from './cluster-alarms';
import { ClusterHostMetrics } from './cluster-operations';
import { groupMetric } from './group-metrics';
import { WatchedCluster, WatchedGroup } from './operations-host';

const MINUTE = Duration.minutes(1);
const FIVE_MINUTES = Duration.minutes(5);
const MEMORY_PERCENT = 90;
const DISK_PERCENT = 80;
const SWAP_PERCENT = 50;
/** 80 % of the 65,535 that a server may open (LimitNOFILE in boot/programs/node_service.py, worker_rlimit_nofile in node_nginx_config.py). */
const OPEN_FILES = 52_428;
/** The Amazon Time Sync Service keeps a clock within milliseconds: a second is a clock that nobody sets. AWS refuses requests from 5 minutes on. */
const CLOCK_OFFSET = Duration.seconds(1);

/** What the machines of a cluster publish about themselves (boot/programs/node_logs.py and node_measures.py): of all machines, the worst. */
export function hostMetrics(namespace: string): ClusterHostMetrics {
  const worst = (metricName: string): cloudwatch.Metric =>
    new cloudwatch.Metric({ namespace, metricName, statistic: cloudwatch.Stats.MAXIMUM, period: FIVE_MINUTES });
  return {
    memoryUsedPercent: worst('mem_used_percent'),
    diskUsedPercent: worst('disk_used_percent'),
    swapUsedPercent: worst('swap_used_percent'),
    openFiles: worst('open_files'),
    clockOffset: worst('clock_offset'),
    notServing: worst('not_serving'),
  };
}

export function hostAlarms(add: AddAlarm, metrics: ClusterHostMetrics, cluster: WatchedCluster, options: CloudWatchOperationsOptions): void {
  const clockOffset = options.clockOffset ?? CLOCK_OFFSET;
  /** Silence is what the alarm on machines that do not report tells. */
  const limit = (id: string, metric: cloudwatch.IMetric, threshold: number, evaluationPeriods: number, description: string): void =>
    add(id, metric, { description, threshold, evaluationPeriods, treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING });
  limit('Memory', metrics.memoryUsedPercent, options.memoryPercent ?? MEMORY_PERCENT, 3,
    'A machine has used most of its memory for a quarter of an hour: choose a smaller heapSize or a larger instanceType');
  limit('Disk', metrics.diskUsedPercent, options.diskPercent ?? DISK_PERCENT, 2,
    'The root volume of a machine is nearly full: what fills it is below the product\'s home or /var/log; choose a larger rootVolumeSize');
  limit('Swap', metrics.swapUsedPercent, options.swapPercent ?? SWAP_PERCENT, 3,
    'A machine swaps: its memory is too small for the server\'s heap');
  limit('OpenFiles', metrics.openFiles, options.openFiles ?? OPEN_FILES, 2,
    'A server has nearly as many files and connections open as it may: it leaks them, or has too many clients');
  limit('Clock', metrics.clockOffset, clockOffset.toMilliseconds() / 1000, 3,
    'The clock of a machine differs from the Amazon Time Sync Service: chrony or systemd-timesyncd does not run there');
  const longestWait = Math.max(...cluster.groups.map(each => each.bootTimeout.toSeconds())) / 2;
  limit('Waiting', metrics.notServing, longestWait, 1,
    'A machine has not served for half of the time that a boot may take: its boot log says what it waits for');
}

/** A machine whose agent or whole boot never came up, however often its group replaces it: the group counts it as in service meanwhile. */
export function silenceAlarm(add: AddAlarm, namespace: string, { id, autoScalingGroup, bootTimeout }: WatchedGroup): void {
  // Each machine reports once a minute, so that the samples are the machines.
  const samples = new cloudwatch.Metric({
    namespace, metricName: 'mem_used_percent', dimensionsMap: { Group: id }, statistic: cloudwatch.Stats.SAMPLE_COUNT, period: MINUTE,
  });
  add(`${id}Silent`, new cloudwatch.MathExpression({
    expression: 'desired - FILL(samples, 0)',
    usingMetrics: { desired: groupMetric(autoScalingGroup, 'GroupDesiredCapacity'), samples },
    label: `${id} not reporting`,
    period: MINUTE,
  }), {
    description: `Fewer machines of ${id} report their metrics than are wanted, for longer than one may take to boot`,
    threshold: 1,
    evaluationPeriods: Math.ceil(bootTimeout.toMinutes({ integral: false })),
    // Of a metric that never had a value FILL makes nothing, and then the expression has none either.
    treatMissingData: cloudwatch.TreatMissingData.BREACHING,
  });
}
