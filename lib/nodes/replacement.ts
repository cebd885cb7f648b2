import { Duration } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';

/** How many instances a group has while its nodes are replaced. */
export interface Replacement {
  readonly maxCapacity: number;
  readonly minInstancesInService: number;
}

/**
 * The new node is in service before an old one leaves, so the group may have one more for that time. A node that must be alone,
 * for there is one of its role or of its address, leaves before the new one comes.
 */
export function replacementOf(count: number, maxCount: number, alone: boolean): Replacement {
  if (alone) return { maxCapacity: count, minInstancesInService: count - 1 };
  return { maxCapacity: Math.max(maxCount, count + 1), minInstancesInService: count };
}

/** CloudFormation takes no more (CloudFormation Template Reference, "UpdatePolicy attribute", `PauseTime`). */
const LONGEST_PAUSE = Duration.hours(1);

/** One node after the other; CloudFormation takes back what was changed when a new one does not say that it is in service. */
export function oneByOne(replacement: Replacement, bootTimeout: Duration): autoscaling.UpdatePolicy {
  return autoscaling.UpdatePolicy.rollingUpdate({
    maxBatchSize: 1,
    minInstancesInService: replacement.minInstancesInService,
    waitOnResourceSignals: true,
    // One node at a time waits for no other, so that the hour is enough however many there are.
    pauseTime: bootTimeout.toSeconds() > LONGEST_PAUSE.toSeconds() ? LONGEST_PAUSE : bootTimeout,
    // What else could launch or terminate an instance meanwhile.
    suspendProcesses: [
      autoscaling.ScalingProcess.AZ_REBALANCE,
      autoscaling.ScalingProcess.ALARM_NOTIFICATION,
      autoscaling.ScalingProcess.HEALTH_CHECK,
      autoscaling.ScalingProcess.REPLACE_UNHEALTHY,
      autoscaling.ScalingProcess.SCHEDULED_ACTIONS,
    ],
  });
}
