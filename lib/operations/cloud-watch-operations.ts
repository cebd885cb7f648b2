import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { alarmTopic, allowAlarmsToPublish } from './alarm-topic';
import { CloudWatchOperationsOptions } from './cloud-watch-operations-options';
import { clusterAlarms } from './cluster-alarms';
import { clusterDashboard } from './cluster-dashboard';
import { ClusterLogMetrics, IClusterOperations } from './cluster-operations';
import { collectGroupMetrics } from './group-metrics';
import { hostMetrics } from './host-metrics';
import { LogGroups } from './log-groups';
import { logMetrics, namespaceOf } from './log-metrics';
import { OperationsConfig, OperationsHost, WatchedCluster } from './operations-host';
import { checkKey } from '../access/key-access';

/** Logs before there are nodes, alarms and dashboard when all of the cluster exists. */
export class CloudWatchOperations {
  private readonly logGroups: LogGroups;
  private readonly logMetrics: ClusterLogMetrics;
  private readonly namespace: string;

  public constructor(
    private readonly scope: Construct,
    private readonly host: OperationsHost,
    private readonly options: CloudWatchOperationsOptions,
  ) {
    if (options.encryptionKey) checkKey('encryptionKey of Operations.cloudWatch', options.encryptionKey, scope);
    this.namespace = namespaceOf(scope, host.identity);
    this.logGroups = new LogGroups(scope, host, options, this.namespace);
    this.logMetrics = logMetrics(scope, this.logGroups.all, this.namespace);
  }

  public config(): OperationsConfig {
    return { bindMachines: machines => this.logGroups.bind(machines), watch: cluster => this.watch(cluster) };
  }

  private watch(cluster: WatchedCluster): IClusterOperations {
    cluster.groups.forEach(each => collectGroupMetrics(each.autoScalingGroup));
    const metrics = {
      namespace: this.namespace, logs: this.logMetrics, hosts: this.options.hostMetrics === false ? undefined : hostMetrics(this.namespace),
      encryptionKey: this.host.encryptionKey,
    };
    const alarms = clusterAlarms(this.scope, cluster, metrics, this.options);
    const topic = this.topic();
    alarms.forEach(each => this.act(each, topic));
    return {
      logGroups: this.logGroups.all,
      logMetrics: this.logMetrics,
      ...(metrics.hosts ? { hostMetrics: metrics.hosts } : {}),
      alarms,
      alarmTopic: topic,
      dashboard: this.options.dashboard === false ? undefined : clusterDashboard(this.scope, cluster, metrics, alarms),
    };
  }

  private topic(): sns.ITopic | undefined {
    const { alarmActions, alarmTopic: given } = this.options;
    if (alarmActions) return undefined;
    if (given === undefined) return alarmTopic(this.scope, this.host.encryptionKey);
    allowAlarmsToPublish(this.scope, given);
    return given;
  }

  /** The end of an alarm is news too. */
  private act(alarm: cloudwatch.Alarm, topic: sns.ITopic | undefined): void {
    const actions = topic ? [new SnsAction(topic)] : this.options.alarmActions!;
    alarm.addAlarmAction(...actions);
    alarm.addOkAction(...actions);
  }
}
