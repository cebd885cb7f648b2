import { Duration } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { ScaledGroup } from './scaled-group';

/** What every kind of scaling needs to know. */
export interface NodeScalingOptions {
  /** How many nodes there may be at most; `workerCount` or `nodeCount` says how many there are at least. */
  readonly maxCount: number;

  /**
   * Time that a new node gets to join and to take its share, before its load counts and, where nodes come one at a time, before another
   * may come or go.
   *
   * @default Duration.minutes(5), which is also what Amazon EC2 Auto Scaling waits without a choice. Servers of a cluster start one after
   * the other, so that more than one new node takes longer
   */
  readonly settlingTime?: Duration;
}

/** Options of `NodeScaling.cpu`. */
export interface CpuScalingOptions extends NodeScalingOptions {
  /** Average use of the nodes' processors that is aimed at, in percent. */
  readonly targetPercent: number;
}

/** Options of `NodeScaling.requests`. */
export interface RequestScalingOptions extends NodeScalingOptions {
  /** Requests to each node in a minute that are aimed at. */
  readonly perMinute: number;
}

/** Options of `NodeScaling.oneAtATime`. */
export interface StepScalingOptions extends NodeScalingOptions {
  /**
   * Average use of the nodes' processors from which on one more node comes, in percent.
   *
   * @default 70
   */
  readonly upPercent?: number;

  /**
   * Average use of the nodes' processors below which one node goes, in percent. What the others get of its load must not bring it back: so
   * at most half of `upPercent`.
   *
   * @default 30
   */
  readonly downPercent?: number;
}

const SETTLING = Duration.minutes(5);
const UP_PERCENT = 70;
const DOWN_PERCENT = 30;
/** A node that goes takes its sessions with it, so that it must be long of no use. */
const UP_MINUTES = 3;
const DOWN_MINUTES = 15;

/** How the number of workers, or of nodes that are all alike, follows the load. The manager is always one. */
export abstract class NodeScaling {
  /**
   * As many nodes as keep the average use of processors at a target (target tracking).
   *
   * @throws if a number is none, or the settling time is
   */
  public static cpu(options: CpuScalingOptions): NodeScaling {
    checkPercent('targetPercent', options.targetPercent);
    return new BoundScaling(options, (scope, group) => new autoscaling.TargetTrackingScalingPolicy(scope, 'Cpu', {
      autoScalingGroup: group.autoScalingGroup,
      predefinedMetric: autoscaling.PredefinedMetric.ASG_AVERAGE_CPU_UTILIZATION,
      targetValue: options.targetPercent,
      estimatedInstanceWarmup: settlingTime(options),
    }));
  }

  /**
   * As many nodes as keep the requests to each at a target (target tracking). Needs a load balancer that counts them for each target,
   * LoadBalancing.application().
   *
   * @throws if a number is none, or the settling time is
   */
  public static requests(options: RequestScalingOptions): NodeScaling {
    if (!(options.perMinute > 0)) throw new Error(`perMinute ${options.perMinute} of the scaling is no number of requests, give one above 0`);
    return new BoundScaling(options, (scope, { autoScalingGroup, requests }) => {
      if (!requests) {
        throw new Error('scaling by requests needs their number for each target, which only LoadBalancing.application() tells: '
          + 'use that, or NodeScaling.cpu');
      }
      new autoscaling.TargetTrackingScalingPolicy(scope, 'Requests', {
        autoScalingGroup,
        predefinedMetric: autoscaling.PredefinedMetric.ALB_REQUEST_COUNT_PER_TARGET,
        resourceLabel: requests.label,
        targetValue: options.perMinute,
        estimatedInstanceWarmup: settlingTime(options),
      }).node.addDependency(requests.after);
    });
  }

  /**
   * One node more while processors are busy, one less while they are idle, and nothing else for the settling time after either.
   *
   * @throws if a number is none, or the settling time is
   */
  public static oneAtATime(options: StepScalingOptions): NodeScaling {
    const [up, down] = [options.upPercent ?? UP_PERCENT, options.downPercent ?? DOWN_PERCENT];
    checkPercent('upPercent', up);
    checkPercent('downPercent', down);
    if (down > up / 2) {
      throw new Error(`downPercent ${down} of the scaling is above half of upPercent ${up}, so that of two nodes one would come and go: `
        + `give at most ${up / 2}`);
    }
    return new BoundScaling(options, (scope, group) => {
      addStep(scope, 'Up', { group, options, by: 1, percent: up, minutes: UP_MINUTES });
      addStep(scope, 'Down', { group, options, by: -1, percent: down, minutes: DOWN_MINUTES });
    });
  }

  /** @internal */
  public abstract readonly _maxCount: number;

  /** @internal */
  public abstract _bind(scope: Construct, group: ScaledGroup): void;
}

class BoundScaling extends NodeScaling {
  /** @internal */
  public readonly _maxCount: number;

  public constructor(options: NodeScalingOptions, private readonly binding: (scope: Construct, group: ScaledGroup) => void) {
    super();
    const seconds = settlingTime(options).toSeconds();
    if (seconds < 60) throw new Error(`settlingTime of ${seconds} seconds is too short for a node to join, give a minute or more`);
    this._maxCount = options.maxCount;
  }

  /** @internal */
  public _bind(scope: Construct, group: ScaledGroup): void {
    this.binding(scope, group);
  }
}

interface Step {
  readonly group: ScaledGroup;
  readonly options: NodeScalingOptions;
  readonly by: 1 | -1;
  readonly percent: number;
  readonly minutes: number;
}

/** Of the policies of Auto Scaling only the simple one waits after a node has gone, too. */
function addStep(scope: Construct, id: string, { group: { autoScalingGroup }, options, by, percent, minutes }: Step): void {
  const policy = new autoscaling.CfnScalingPolicy(scope, id, {
    autoScalingGroupName: autoScalingGroup.autoScalingGroupName,
    policyType: 'SimpleScaling',
    adjustmentType: 'ChangeInCapacity',
    scalingAdjustment: by,
    cooldown: String(settlingTime(options).toSeconds()),
  });
  new cloudwatch.Alarm(scope, `${id}Alarm`, {
    alarmDescription: `The processors are ${by > 0 ? 'busy: one more node comes' : 'idle: one node goes'}`,
    metric: new cloudwatch.Metric({
      namespace: 'AWS/EC2',
      metricName: 'CPUUtilization',
      dimensionsMap: { AutoScalingGroupName: autoScalingGroup.autoScalingGroupName },
      period: Duration.minutes(1),
    }),
    threshold: percent,
    comparisonOperator: by > 0 ? cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD : cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
    evaluationPeriods: minutes,
    // Who says nothing is neither busy nor idle.
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
  }).addAlarmAction({ bind: () => ({ alarmActionArn: policy.ref }) });
}

function settlingTime(options: NodeScalingOptions): Duration {
  return options.settlingTime ?? SETTLING;
}

function checkPercent(name: string, value: number): void {
  if (value > 0 && value <= 100) return;
  throw new Error(`${name} ${value} of the scaling is no percentage, give one above 0 and up to 100`);
}
