import { Duration, Size, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as rds from 'aws-cdk-lib/aws-rds';
import { CloudWatchOperationsOptions } from './cloud-watch-operations-options';
import type { AddAlarm } from './cluster-alarms';

const FIVE_MINUTES = Duration.minutes(5);
const BUSY_PERCENT = 90;
/** max_connections of RDS for MySQL is DBInstanceClassMemory / 12582880 (Amazon RDS User Guide, quotas). */
const BYTES_PER_CONNECTION = 12582880;
/** DBInstanceClassMemory is what the system and RDS itself leave over of the class's memory. */
const SHARE_OF_CONNECTIONS = 0.7;
/** RDS makes storage larger when less than 10 % of it is free for five minutes (Amazon RDS User Guide, storage autoscaling). */
const FREE_SHARE = 0.1;
/** GiB of the size `large`; memory halves and doubles with the size. */
const LARGE_GIB: readonly [RegExp, number][] = [[/^[tm]\d/, 8], [/^r\d/, 16]];
const SIZES: Readonly<Record<string, number>> = { micro: 0.125, small: 0.25, medium: 0.5, large: 1, xlarge: 2 };

/** Of a database that is the cluster's own. */
export function databaseAlarms(add: AddAlarm, database: rds.DatabaseInstance, options: CloudWatchOperationsOptions): void {
  const resource = database.node.defaultChild as rds.CfnDBInstance;
  add('DatabaseCpu', database.metricCPUUtilization({ period: FIVE_MINUTES }), {
    description: `The database is busy above ${BUSY_PERCENT} % for a quarter of an hour, or says nothing`,
    threshold: BUSY_PERCENT,
    evaluationPeriods: 3,
    // An instance that does not run says nothing; this alarm tells for all three.
    treatMissingData: cloudwatch.TreatMissingData.BREACHING,
  });
  const connections = options.databaseConnections ?? usualConnections(Stack.of(database).resolve(resource.dbInstanceClass));
  if (connections !== undefined) {
    add('DatabaseConnections', database.metricDatabaseConnections({ period: FIVE_MINUTES, statistic: cloudwatch.Stats.MAXIMUM }), {
      description: 'The database has nearly as many connections as it takes: lower maxActive of datasourcePool, or take a larger instance class',
      threshold: connections,
      evaluationPeriods: 1,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
  }
  add('DatabaseStorage', database.metricFreeStorageSpace({ period: FIVE_MINUTES, statistic: cloudwatch.Stats.MINIMUM }), {
    description: 'The database has little storage left, and RDS has not made it larger within half an hour',
    threshold: Size.gibibytes(Number(resource.allocatedStorage)).toBytes() * FREE_SHARE,
    comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
    evaluationPeriods: 6,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
  });
}

/** `db.t4g.medium` has 4 GiB: 341 connections by its nominal memory, of which 238 are many. */
function usualConnections(instanceClass: unknown): number | undefined {
  const [, family, size] = /^db\.([a-z0-9]+)\.([a-z0-9]+)$/.exec(String(instanceClass)) ?? [];
  const large = LARGE_GIB.find(([pattern]) => pattern.test(family ?? ''))?.[1];
  const factor = SIZES[size ?? ''] ?? (/^\d+xlarge$/.test(size ?? '') ? 2 * parseInt(size!, 10) : undefined);
  if (large === undefined || factor === undefined) return undefined;
  return Math.floor(Math.floor(Size.gibibytes(large).toBytes() * factor / BYTES_PER_CONNECTION) * SHARE_OF_CONNECTIONS);
}
