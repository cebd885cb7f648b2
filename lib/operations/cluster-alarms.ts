import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { CloudWatchOperationsOptions } from './cloud-watch-operations-options';
import { ClusterHostMetrics, ClusterLogMetrics } from './cluster-operations';
import { databaseAlarms } from './database-alarms';
import { groupMetric } from './group-metrics';
import { hostAlarms, silenceAlarm } from './host-metrics';
import { WatchedCluster, WatchedGroup, WatchedTargets } from './operations-host';
import { replacementAlarm, replacementQueue } from './replacements';

const MINUTE = Duration.minutes(1);
const FIVE_MINUTES = Duration.minutes(5);
/** Health checks find a dead node within half a minute; a pause of a Java for less is forgiven. */
const OUTAGE_MINUTES = 3;

/** When it is too much, and what it means that nothing is said. */
export interface Limit {
  readonly description: string;
  readonly threshold: number;
  /** Minutes, or periods of the metric. */
  readonly evaluationPeriods: number;
  readonly comparisonOperator?: cloudwatch.ComparisonOperator;
  readonly treatMissingData: cloudwatch.TreatMissingData;
}

/** What the cluster says of itself. */
export interface ClusterMetrics {
  readonly namespace: string;
  readonly logs: ClusterLogMetrics;
  /** Absent where machines publish none. */
  readonly hosts?: ClusterHostMetrics;
  /** The cluster's key, for what the metrics need. */
  readonly encryptionKey?: kms.IKey;
}

/** Makes an alarm of each metric that must not be beyond its limit. */
export type AddAlarm = (id: string, metric: cloudwatch.IMetric, limit: Limit) => void;

export function clusterAlarms(
  scope: Construct, cluster: WatchedCluster, metrics: ClusterMetrics, options: CloudWatchOperationsOptions,
): cloudwatch.Alarm[] {
  const alarms: cloudwatch.Alarm[] = [];
  const add: AddAlarm = (id, metric, limit) => {
    alarms.push(new cloudwatch.Alarm(scope, `${id}Alarm`, {
      metric,
      alarmDescription: limit.description,
      threshold: limit.threshold,
      evaluationPeriods: limit.evaluationPeriods,
      comparisonOperator: limit.comparisonOperator ?? cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: limit.treatMissingData,
    }));
  };
  cluster.groups.forEach(each => addMembers(add, each));
  cluster.targets.forEach(each => addTargets(add, each));
  addLogs(add, metrics.logs, options);
  if (metrics.hosts) {
    hostAlarms(add, metrics.hosts, cluster, options);
    cluster.groups.forEach(each => silenceAlarm(add, metrics.namespace, each));
  }
  const queue = replacementQueue(scope, metrics.encryptionKey);
  cluster.groups.forEach(each => replacementAlarm(scope, add, queue, each));
  if (cluster.database) databaseAlarms(add, cluster.database, options);
  return alarms;
}

/** What lasts longer than a boot may does not repair itself: until then it is an update, or a node that is replaced. */
function addMembers(add: AddAlarm, { id, autoScalingGroup, bootTimeout }: WatchedGroup): void {
  add(`${id}Members`, new cloudwatch.MathExpression({
    expression: 'desired - inService',
    usingMetrics: {
      desired: groupMetric(autoScalingGroup, 'GroupDesiredCapacity'),
      inService: groupMetric(autoScalingGroup, 'GroupInServiceInstances'),
    },
    label: `${id} missing`,
    period: MINUTE,
  }), {
    description: `Fewer instances of ${id} are in service than are wanted, for longer than one may take to boot`,
    threshold: 1,
    evaluationPeriods: Math.ceil(bootTimeout.toMinutes({ integral: false })),
    // A group says how many it has each minute, as long as there is one.
    treatMissingData: cloudwatch.TreatMissingData.BREACHING,
  });
}

function addTargets(add: AddAlarm, { id, name, healthy, unhealthy, bootTimeout }: WatchedTargets): void {
  add(`${id}Outage`, healthy, {
    description: `Nothing serves ${name}: no target is healthy`,
    threshold: 1,
    comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
    evaluationPeriods: OUTAGE_MINUTES,
    // A load balancer with no targets at all says nothing.
    treatMissingData: cloudwatch.TreatMissingData.BREACHING,
  });
  add(`${id}Targets`, unhealthy, {
    description: `A target of ${name} is unhealthy, for longer than one may take to boot`,
    threshold: 1,
    evaluationPeriods: Math.ceil(bootTimeout.toMinutes({ integral: false })),
    // The alarm above tells when nothing is said.
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
  });
}

/** Silence of the logs is no event in them. */
function addLogs(add: AddAlarm, metrics: ClusterLogMetrics, options: CloudWatchOperationsOptions): void {
  const inFiveMinutes = (metric: cloudwatch.Metric): cloudwatch.Metric => metric.with({ period: FIVE_MINUTES });
  const limit = { evaluationPeriods: 1, treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING };
  add('Coordinators', inFiveMinutes(metrics.coordinatorElected), {
    // An update elects at most one for each node that it replaces, and one takes minutes.
    description: 'More than one member took itself for the coordinator within five minutes: the cluster may be split', threshold: 2, ...limit,
  });
  add('FailedBoots', inFiveMinutes(metrics.failedBoots), {
    description: 'A boot failed: the boot log names the phase and the reason', threshold: 1, ...limit,
  });
  if (options.errorsInFiveMinutes === undefined) return;
  const threshold = options.errorsInFiveMinutes;
  add('Errors', inFiveMinutes(metrics.errors), { description: 'The servers log more errors than usual', threshold, ...limit });
}
