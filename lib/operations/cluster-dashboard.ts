import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { ClusterMetrics } from './cluster-alarms';
import { groupMetric } from './group-metrics';
import { WatchedCluster } from './operations-host';

const HALF = 12;
const FIVE_MINUTES = Duration.minutes(5);

/** Alarms first, then members, targets, logs and database. */
export function clusterDashboard(
  scope: Construct, cluster: WatchedCluster, { logs: metrics, hosts }: ClusterMetrics, alarms: readonly cloudwatch.Alarm[],
): cloudwatch.Dashboard {
  const graph = (title: string, left: cloudwatch.IMetric[], right: cloudwatch.IMetric[] = []): cloudwatch.GraphWidget =>
    new cloudwatch.GraphWidget({ title, width: HALF, left, right, leftYAxis: { min: 0 }, rightYAxis: { min: 0 } });
  const inFiveMinutes = (metric: cloudwatch.Metric, label: string): cloudwatch.Metric => metric.with({ period: FIVE_MINUTES, label });
  return new cloudwatch.Dashboard(scope, 'Dashboard', {
    widgets: [
      [new cloudwatch.AlarmStatusWidget({ title: 'Alarms', width: 2 * HALF, height: 4, alarms: [...alarms] })],
      [
        graph('Instances', cluster.groups.flatMap(({ id, autoScalingGroup }) => [
          groupMetric(autoScalingGroup, 'GroupInServiceInstances').with({ label: `${id} in service` }),
          groupMetric(autoScalingGroup, 'GroupDesiredCapacity').with({ label: `${id} wanted` }),
        ])),
        graph('Members', [
          inFiveMinutes(metrics.memberJoined, 'joined'), inFiveMinutes(metrics.memberLeft, 'left'),
          inFiveMinutes(metrics.coordinatorElected, 'coordinators elected'),
        ]),
      ],
      ...(cluster.targets.length > 0 ? [cluster.targets.map(each => graph(`Targets of ${each.name}`, [each.healthy, each.unhealthy]))] : []),
      ...(hosts ? [[
        graph('Memory, disk and swap', [
          hosts.memoryUsedPercent.with({ label: 'memory %' }), hosts.diskUsedPercent.with({ label: 'disk %' }),
          hosts.swapUsedPercent.with({ label: 'swap %' }),
        ]),
        graph('Open files', [hosts.openFiles.with({ label: 'open files' })], [
          hosts.clockOffset.with({ label: 'clock offset, s' }), hosts.notServing.with({ label: 'not serving, s' }),
        ]),
      ]] : []),
      [
        graph('Errors', [inFiveMinutes(metrics.errors, 'errors')], [inFiveMinutes(metrics.failedBoots, 'failed boots')]),
        ...(cluster.database ? [graph('Database', [
          cluster.database.metricCPUUtilization({ label: 'CPU %' }), cluster.database.metricDatabaseConnections({ label: 'connections' }),
        ], [cluster.database.metricFreeStorageSpace({ label: 'free storage' })])] : []),
      ],
    ],
  });
}
