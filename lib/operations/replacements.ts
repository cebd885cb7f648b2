import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as events from 'aws-cdk-lib/aws-events';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { AddAlarm } from './cluster-alarms';
import { WatchedGroup } from './operations-host';
import { acknowledgeFindings } from '../access/findings';
import { allowEvents, rulesSend } from '../access/key-access';

/** One replacement repairs a machine; a second one within the time of three boots shows that the first did not. */
const REPLACEMENTS = 2;
const BOOTS = 3;
/** After its boot a node has this long before the load balancer's opinion of it counts (lib/nodes/node-group.ts), and as long to leave. */
const BETWEEN_BOOTS = Duration.minutes(10);
/** CloudWatch takes no longer period of an alarm (PutMetricAlarm in the Amazon CloudWatch API Reference). */
const LONGEST_PERIOD_HOURS = 24;
/** The longest that a queue keeps a message. */
const KEPT = Duration.days(14);

/**
 * Why an instance ended because of its health, in Auto Scaling's own words: "... an EC2 health check ...", "... an ELB system health check
 * failure", "... a user health-check", "... EC2 instance status checks failure" (Amazon EC2 Auto Scaling User Guide,
 * "Troubleshoot health checks").
 * Updates and scaling have other causes.
 */
const UNHEALTHY = ['*health check*', '*health-check*', '*status check*'];

/** Where the events go that the alarms count: who was replaced, and why. Whether a rule without a target has a metric is documented nowhere. */
export function replacementQueue(scope: Construct, encryptionKey?: kms.IKey): sqs.Queue {
  const queue = new sqs.Queue(scope, 'Replacements', {
    encryption: encryptionKey ? sqs.QueueEncryption.KMS : sqs.QueueEncryption.SQS_MANAGED,
    encryptionMasterKey: encryptionKey,
    enforceSSL: true,
    retentionPeriod: KEPT,
  });
  queue.addToResourcePolicy(rulesSend(scope, queue.queueArn));
  if (encryptionKey) allowEvents(scope, encryptionKey);
  acknowledgeFindings(queue, { id: 'AwsSolutions-SQS3', reason: 'It keeps events for people to read, which nobody receives and processes' });
  return queue;
}

/** An alarm on a group that replaces unhealthy instances again and again. */
export function replacementAlarm(scope: Construct, add: AddAlarm, queue: sqs.IQueue, { id, autoScalingGroup, bootTimeout }: WatchedGroup): void {
  const rule = new events.Rule(scope, `${id}Replacement`, {
    description: `Instances of ${id} that their group replaces because of their health`,
    eventPattern: {
      source: ['aws.autoscaling'],
      detailType: ['EC2 Instance Terminate Successful', 'EC2 Instance Terminate Unsuccessful'],
      detail: { AutoScalingGroupName: [autoScalingGroup.autoScalingGroupName], Cause: UNHEALTHY.map(wildcard => ({ wildcard })) },
    },
    // Not the CDK's own target, which would let EventBridge use a customer's key without a condition.
    targets: [{ bind: () => ({ arn: queue.queueArn }) }],
  });
  const hours = Math.min(LONGEST_PERIOD_HOURS, Math.ceil(BOOTS * bootTimeout.plus(BETWEEN_BOOTS).toHours({ integral: false })));
  add(`${id}Replacements`, new cloudwatch.Metric({
    namespace: 'AWS/Events',
    metricName: 'Invocations',
    dimensionsMap: { RuleName: rule.ruleName },
    statistic: cloudwatch.Stats.SUM,
    period: Duration.hours(hours),
  }), {
    description: `Unhealthy instances of ${id} were replaced more than once within ${hours} hours: a replacement does not repair them`,
    threshold: REPLACEMENTS,
    evaluationPeriods: 1,
    // EventBridge says nothing where nothing happens.
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
  });
}
