import { Construct } from 'constructs';
import { CloudWatchOperations } from './cloud-watch-operations';
import { CloudWatchOperationsOptions } from './cloud-watch-operations-options';
import { OperationsConfig, OperationsHost } from './operations-host';

/** How a cluster is seen by those who run it. */
export abstract class Operations {
  /**
   * Amazon CloudWatch: the logs of servers and boots in log groups, sent by the CloudWatch agent; metrics from the lines about members,
   * coordinator, errors and failed boots; alarms; a dashboard.
   *
   * The agent is installed where the image has none: on Amazon Linux by its package, on Ubuntu and Debian from Amazon's bucket in the
   * region, its signature checked. A node whose agent cannot be installed serves all the same and tries again every minute.
   *
   * @throws if there are a topic and actions, or a number is none
   */
  public static cloudWatch(options: CloudWatchOperationsOptions = {}): Operations {
    return new BoundOperations((scope, host) => new CloudWatchOperations(scope, host, options).config(), options);
  }

  /** Logs stay on the nodes, and there are no alarms. */
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

function checkOptions(options: CloudWatchOperationsOptions): void {
  if (options.alarmTopic && options.alarmActions) {
    throw new Error('alarmTopic and alarmActions say both where alarms go, give one of them: an action can be new SnsAction(topic)');
  }
  for (const name of ['databaseConnections', 'errorsInFiveMinutes'] as const) {
    const value = options[name];
    if (value === undefined || (Number.isInteger(value) && value > 0)) continue;
    throw new Error(`${name} ${value} is no whole number above 0, give one or leave it out`);
  }
}
