import { Construct } from 'constructs';
import { CloudWatchOperations } from './cloud-watch-operations';
import { CloudWatchOperationsOptions } from './cloud-watch-operations-options';
import { OperationsConfig, OperationsHost } from './operations-host';

/** How a cluster is seen by those who run it. */
export abstract class Operations {
  /**
   * Amazon CloudWatch: the logs of servers and boots in log groups, sent by the CloudWatch agent; metrics from the lines about members,
   * coordinator, errors and failed boots; metrics of the machines; alarms; a dashboard.
   *
   * The agent is installed where the image has none: on Amazon Linux by its package, on Ubuntu and Debian from Amazon's bucket in the
   * region, its signature checked. A node whose agent cannot be installed serves all the same and tries again every minute.
   *
   * @throws if there are a topic and actions, a number is out of its range, or a limit is given for a metric that is not published
   */
  public static cloudWatch(options: CloudWatchOperationsOptions = {}): Operations {
    return new BoundOperations((scope, host) => new CloudWatchOperations(scope, host, options).config(), options);
  }

  /** Logs stay on the nodes, which have no CloudWatch agent and publish no metrics, and there are no alarms. */
  public static none(): Operations {
    return new BoundOperations(() => ({}), {});
  }

  /** @internal */
  public abstract _bind(scope: Construct, host: OperationsHost): OperationsConfig;
}

class BoundOperations extends Operations {
  public constructor(private readonly binding: (scope: Construct, host: OperationsHost) => OperationsConfig, options: CloudWatchOperationsOptions) {
    super();
    checkOptions(options);
  }

  /** @internal */
  public _bind(scope: Construct, host: OperationsHost): OperationsConfig {
    return this.binding(scope, host);
  }
}

const PERCENTAGES = ['memoryPercent', 'diskPercent', 'swapPercent'] as const;
const COUNTS = ['databaseConnections', 'errorsInFiveMinutes', 'openFiles'] as const;

function checkOptions(options: CloudWatchOperationsOptions): void {
  if (options.alarmTopic && options.alarmActions) {
    throw new Error('alarmTopic and alarmActions say both where alarms go, give one of them: an action can be new SnsAction(topic)');
  }
  checkHostOptions(options);
  for (const name of COUNTS) {
    const value = options[name];
    if (value === undefined || (Number.isInteger(value) && value > 0)) continue;
    throw new Error(`${name} ${value} is no whole number above 0, give one or leave it out`);
  }
}

function checkHostOptions(options: CloudWatchOperationsOptions): void {
  const given = (['memoryPercent', 'diskPercent', 'swapPercent', 'openFiles', 'clockOffset'] as const).find(each => options[each] !== undefined);
  if (options.hostMetrics === false && given) throw new Error(`${given} must not be given with hostMetrics: false, which publishes no such metric`);
  for (const name of PERCENTAGES) {
    const value = options[name];
    if (value === undefined || (value > 0 && value <= 100)) continue;
    throw new Error(`${name} must be a number above 0 and up to 100, got ${value}`);
  }
  if (options.clockOffset?.toMilliseconds() === 0) throw new Error('clockOffset must be longer than 0 milliseconds, got 0');
}
