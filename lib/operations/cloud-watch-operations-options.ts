import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sns from 'aws-cdk-lib/aws-sns';

/** Options of `Operations.cloudWatch`. */
export interface CloudWatchOperationsOptions {
  /**
   * How long logs are kept.
   *
   * @default logs.RetentionDays.THREE_MONTHS
   */
  readonly retention?: logs.RetentionDays;

  /**
   * Key that encrypts the logs. CloudWatch Logs is allowed to use it. The policy of an imported key cannot be changed from the app: the
   * warning `cdk-wso2-cluster:importedKey` says what its owner must add.
   *
   * @default - the cluster's `encryptionKey`; without one the key of CloudWatch Logs, which encrypts all logs
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Requests to the servers are sent too (`http_access_*.log`): with the addresses of clients, and as many lines as there are requests.
   *
   * @default false
   */
  readonly accessLogs?: boolean;

  /**
   * Topic that alarms notify when they start and when they end, in the stack's region. Where the topic and its key are of the app, CloudWatch
   * is allowed to publish to the topic and to use the key. Otherwise the warnings `cdk-wso2-cluster:importedResource` and
   * `cdk-wso2-cluster:importedKey` say what their owners must add. Import an encrypted topic by `Topic.fromTopicAttributes()` with its `keyArn`.
   *
   * @default - a topic of the cluster's own, encrypted with the cluster's `encryptionKey`, or without one with a key of its own; subscribe to it:
   * `cluster.operations!.alarmTopic`
   */
  readonly alarmTopic?: sns.ITopic;

  /**
   * What alarms do, in place of a topic.
   *
   * @default - they tell the topic
   */
  readonly alarmActions?: cloudwatch.IAlarmAction[];

  /**
   * Connections to the cluster's own database from which on there is an alarm.
   *
   * @default - 70 % of what RDS for MySQL takes by the nominal memory of the instance class; no alarm for classes other than T, M and R
   */
  readonly databaseConnections?: number;

  /**
   * Lines of the levels ERROR and FATAL in five minutes, over all nodes, from which on there is an alarm.
   *
   * @default - no alarm: what is usual differs from product to product
   */
  readonly errorsInFiveMinutes?: number;

  /**
   * Machines publish their memory, disk, swap, open files and clock as metrics of the cluster's namespace, with alarms. CloudWatch charges for them
   * as for custom metrics: six for the cluster, for each group and for each instance.
   *
   * @default true
   */
  readonly hostMetrics?: boolean;

  /**
   * Memory in use, in percent, from which on there is an alarm when it lasts a quarter of an hour.
   *
   * @default 90
   */
  readonly memoryPercent?: number;

  /**
   * Space in use on the root volume, in percent, from which on there is an alarm.
   *
   * @default 80
   */
  readonly diskPercent?: number;

  /**
   * Swap space in use, in percent, from which on there is an alarm when it lasts a quarter of an hour. Instances have none unless their
   * image makes it.
   *
   * @default 50
   */
  readonly swapPercent?: number;

  /**
   * Files and connections that one server has open from which on there is an alarm.
   *
   * @default 52428 - 80 % of the 65,535 that it may open
   */
  readonly openFiles?: number;

  /**
   * Difference between a machine's clock and the Amazon Time Sync Service from which on there is an alarm when it lasts a quarter of an hour.
   *
   * @default Duration.seconds(1)
   */
  readonly clockOffset?: Duration;

  /**
   * There is a dashboard.
   *
   * @default true
   */
  readonly dashboard?: boolean;
}
