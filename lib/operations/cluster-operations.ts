import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sns from 'aws-cdk-lib/aws-sns';

/** Where the logs of a cluster are; each node has a stream there, named after its group and its instance. */
export interface ClusterLogGroups {
  /** `wso2carbon.log` of the servers. */
  readonly carbon: logs.ILogGroup;
  /** `audit.log` of the servers: who changed what. */
  readonly audit: logs.ILogGroup;
  /** The boot of all machines, those of load balancers included. */
  readonly boot: logs.ILogGroup;
  /** Requests to the servers; only with `accessLogs`. */
  readonly access?: logs.ILogGroup;
  /** Which nodes load balancers of NGINX found; only where there are some. */
  readonly nginx?: logs.ILogGroup;
}

/** What the logs tell in numbers: events in a minute, over all nodes. */
export interface ClusterLogMetrics {
  /** Members that others saw join. */
  readonly memberJoined: cloudwatch.Metric;
  /** Members that others saw leave. */
  readonly memberLeft: cloudwatch.Metric;
  /** Members that took themselves for the coordinator. */
  readonly coordinatorElected: cloudwatch.Metric;
  /** Lines of the levels ERROR and FATAL. */
  readonly errors: cloudwatch.Metric;
  /** Boots that failed. */
  readonly failedBoots: cloudwatch.Metric;
}

/** What machines measure of themselves: the worst of all machines of the cluster in five minutes, or with the dimension `Group` of one group. */
export interface ClusterHostMetrics {
  /** Memory in use, in percent. */
  readonly memoryUsedPercent: cloudwatch.Metric;
  /** Space in use on the root volume, in percent. */
  readonly diskUsedPercent: cloudwatch.Metric;
  /** Swap space in use, in percent; 0 where there is none. */
  readonly swapUsedPercent: cloudwatch.Metric;
  /** Files and connections that the server, or NGINX, has open. */
  readonly openFiles: cloudwatch.Metric;
  /** Difference between the clock and the Amazon Time Sync Service, in seconds. */
  readonly clockOffset: cloudwatch.Metric;
  /** Time since the service was last in service, in seconds; 0 while it is. */
  readonly notServing: cloudwatch.Metric;
}

/** How a cluster is seen. */
export interface IClusterOperations {
  /** Where the logs are. */
  readonly logGroups: ClusterLogGroups;
  /** What the logs tell in numbers, for alarms and dashboards of your own. */
  readonly logMetrics: ClusterLogMetrics;
  /** What machines measure of themselves; absent with `hostMetrics: false`. */
  readonly hostMetrics?: ClusterHostMetrics;
  /** All alarms. */
  readonly alarms: cloudwatch.Alarm[];
  /** Who subscribes to it hears of alarms; none where the options name other actions. */
  readonly alarmTopic?: sns.ITopic;
  /** One look at the cluster; none with `dashboard: false`. */
  readonly dashboard?: cloudwatch.Dashboard;
}
