import { RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { CloudWatchOperationsOptions } from './cloud-watch-operations-options';
import { ClusterLogGroups } from './cluster-operations';
import { LoggingMachines, OperationsHost } from './operations-host';
import { hostMetricsPolicy } from '../access/host-metrics';
import { allowLogs } from '../access/key-access';
import { LogName, LogsModel } from '../boot/node-document';

const RETENTION = logs.RetentionDays.THREE_MONTHS;

const IDS: Readonly<Record<LogName, string>> = { carbon: 'CarbonLog', audit: 'AuditLog', boot: 'BootLog', access: 'AccessLog', nginx: 'NginxLog' };

/** The log groups of a cluster, and what each machine sends to them. */
export class LogGroups {
  private readonly groups = new Map<LogName, logs.LogGroup>();
  private readonly encryptionKey?: kms.IKey;
  private readonly metricsPolicy?: iam.ManagedPolicy;

  public constructor(
    private readonly scope: Construct,
    private readonly host: OperationsHost,
    private readonly options: CloudWatchOperationsOptions,
    private readonly namespace: string,
  ) {
    this.encryptionKey = options.encryptionKey ?? host.encryptionKey;
    this.metricsPolicy = options.hostMetrics === false ? undefined : hostMetricsPolicy(scope, 'HostMetricsPolicy', namespace);
    if (this.encryptionKey) allowLogs(scope, this.encryptionKey);
    const always: LogName[] = ['carbon', 'audit', 'boot'];
    always.forEach(each => this.group(each));
  }

  /** Those that some machine has logs for. */
  public get all(): ClusterLogGroups {
    const [access, nginx] = [this.groups.get('access'), this.groups.get('nginx')];
    return {
      carbon: this.group('carbon'), audit: this.group('audit'), boot: this.group('boot'), ...(access ? { access } : {}), ...(nginx ? { nginx } : {}),
    };
  }

  /** Lets a machine write to exactly the groups that it has logs for. */
  public bind(machines: LoggingMachines): LogsModel {
    const files = this.files(machines);
    iam.Grant.addToPrincipal({
      grantee: machines.role,
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resourceArns: files.map(each => this.group(each).logGroupArn),
    });
    files.forEach(each => machines.values.name(`${each}Log`, this.group(each).logGroupName));
    if (this.metricsPolicy) machines.role.addManagedPolicy(this.metricsPolicy);
    return {
      stream: machines.stream,
      ...(machines.home ? { home: machines.home } : {}),
      files,
      ...(this.metricsPolicy ? { metrics: { namespace: this.namespace } } : {}),
    };
  }

  private files({ kind }: LoggingMachines): LogName[] {
    if (kind === 'nginx') return ['boot', 'nginx'];
    // The log of a balancer of WSO2's would count each member once more.
    if (kind === 'elastic-load-balancer') return ['boot'];
    return ['boot', 'carbon', 'audit', ...(this.options.accessLogs ? ['access' as const] : [])];
  }

  private group(name: LogName): logs.LogGroup {
    const group = this.groups.get(name) ?? this.create(name);
    this.groups.set(name, group);
    return group;
  }

  /** Without a name of their own, so that groups of a stack that is gone are in nobody's way. */
  private create(name: LogName): logs.LogGroup {
    return new logs.LogGroup(this.scope, IDS[name], {
      retention: this.options.retention ?? RETENTION,
      encryptionKey: this.encryptionKey,
      removalPolicy: this.host.removalPolicy === RemovalPolicy.DESTROY ? RemovalPolicy.DESTROY : kept(name),
    });
  }
}

/** All outlive their stack. That of boots, which is small, tells why a creation was rolled back, so it outlives that, too, and expires by itself. */
function kept(name: LogName): RemovalPolicy {
  return name === 'boot' ? RemovalPolicy.RETAIN : RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;
}
