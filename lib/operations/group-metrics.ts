import { Duration } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';

const METRICS = ['GroupDesiredCapacity', 'GroupInServiceInstances', 'GroupPendingInstances', 'GroupTerminatingInstances'] as const;

export type GroupMetricName = typeof METRICS[number];

/** A group says nothing of itself until it is told to; it costs nothing. */
export function collectGroupMetrics(group: autoscaling.AutoScalingGroup): void {
  const resource = group.node.defaultChild as autoscaling.CfnAutoScalingGroup;
  resource.metricsCollection = [{ granularity: '1Minute', metrics: [...METRICS] }];
}

export function groupMetric(group: autoscaling.AutoScalingGroup, metricName: GroupMetricName): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: 'AWS/AutoScaling',
    metricName,
    dimensionsMap: { AutoScalingGroupName: group.autoScalingGroupName },
    statistic: cloudwatch.Stats.MINIMUM,
    period: Duration.minutes(1),
  });
}
