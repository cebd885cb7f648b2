import { Duration, Names, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ClusterLogGroups, ClusterLogMetrics } from './cluster-operations';
import { ClusterIdentity } from '../network/cluster-identity';

/** Lines as Carbon's clustering agent writes them on every kernel (carbon-kernel, HazelcastClusteringAgent and the membership schemes). */
const JOINED = 'Member joined [';
const LEFT = 'Member left [';
const ELECTED = ['Elected this member [', 'as the Coordinator node'];
/** Level and logger, as in the layouts of the shipped log4j.properties and log4j2.properties: `%5p {%c}`. */
const ERRORS = ['ERROR {', 'FATAL {'];
/** boot/programs/boot.py: `carbon-cluster phase pack failed: ...`. */
const FAILED_BOOT = ['carbon-cluster phase', 'failed:'];

/** Metric filters on the logs. Terms are quoted by FilterPattern: without quotes a bracket would begin another kind of pattern. */
export function logMetrics(scope: Construct, groups: ClusterLogGroups, metricNamespace: string): ClusterLogMetrics {
  const metric = (metricName: string, logGroup: logs.ILogGroup, filterPattern: logs.IFilterPattern): cloudwatch.Metric => new logs.MetricFilter(
    // A group that says nothing of it says 0, so that a graph tells silence from health.
    scope, `${metricName}Filter`, { logGroup, filterPattern, metricNamespace, metricName, metricValue: '1', defaultValue: 0 },
  ).metric({ statistic: cloudwatch.Stats.SUM, period: Duration.minutes(1) });
  const all = (...terms: string[]): logs.IFilterPattern => logs.FilterPattern.allTerms(...terms);
  return {
    memberJoined: metric('MemberJoined', groups.carbon, all(JOINED)),
    memberLeft: metric('MemberLeft', groups.carbon, all(LEFT)),
    coordinatorElected: metric('CoordinatorElected', groups.carbon, all(...ELECTED)),
    errors: metric('Errors', groups.carbon, logs.FilterPattern.anyTerm(...ERRORS)),
    failedBoots: metric('FailedBoots', groups.boot, all(...FAILED_BOOT)),
  };
}

/** Of this cluster alone, as its tag is: metrics from logs have no dimensions that would tell clusters apart. */
export function namespaceOf(scope: Construct, { tagValue }: ClusterIdentity): string {
  const name = Token.isUnresolved(tagValue) ? Names.uniqueResourceName(scope, { maxLength: 200, separator: '-' }) : tagValue;
  return `CarbonCluster/${name.replace(/[^A-Za-z0-9._/#-]+/g, '-').slice(0, 200)}`;
}
