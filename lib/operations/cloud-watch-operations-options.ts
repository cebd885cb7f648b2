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
   * Key that encrypts the logs. It is allowed to CloudWatch Logs if its policy can be changed from here; that of an imported key must do so already.
   *
   * @default - the key of CloudWatch Logs, which encrypts all logs
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Requests to the servers are sent too (`http_access_*.log`): with the addresses of clients, and as many lines as there are requests.
   *
   * @default false
   */
  readonly accessLogs?: boolean;

  /**
   * Where alarms go, and their end. If it is encrypted, the policy of its key must let CloudWatch use it.
   *
   * @default - a topic of the cluster's own, encrypted with a key of its own; subscribe to it: `cluster.operations!.alarmTopic`
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
   * There is a dashboard.
   *
   * @default true
   */
  readonly dashboard?: boolean;
}
