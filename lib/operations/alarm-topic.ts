import { Aspects, RemovalPolicy, Resource, Stack, Token } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { alarmsPublish, allowAlarms } from '../access/key-access';
import { allowInPolicy } from '../access/resource-policies';

/**
 * A topic that alarms of this account may publish to, encrypted, over TLS only.
 *
 * @param encryptionKey the cluster's key; the topic has a key of its own where absent
 */
export function alarmTopic(scope: Construct, encryptionKey?: kms.IKey): sns.Topic {
  const masterKey = encryptionKey ?? alarmKey(scope);
  const topic = new sns.Topic(scope, 'Alarms', { masterKey, enforceSSL: true });
  // A topic with a policy has no longer the one that lets its account publish.
  topic.addToResourcePolicy(alarmsPublish(scope, topic.topicArn));
  allowAlarms(scope, masterKey);
  return topic;
}

/** AWS's own key for SNS does not let CloudWatch in, and its policy cannot be changed. */
function alarmKey(scope: Construct): kms.Key {
  return new kms.Key(scope, 'AlarmsKey', {
    description: 'Alarms of a WSO2 Carbon cluster',
    enableKeyRotation: true,
    // It encrypts messages on their way only.
    removalPolicy: RemovalPolicy.DESTROY,
  });
}

/**
 * Lets alarms of this account publish to a topic that exists.
 *
 * @throws if alarms of this stack cannot publish to the topic, whatever its policy allows
 */
export function allowAlarmsToPublish(scope: Construct, topic: sns.ITopic): void {
  checkTopic(scope, topic);
  if (topic.masterKey) allowAlarms(scope, topic.masterKey);
  const statement = alarmsPublish(scope, topic.topicArn);
  if (!Resource.isOwnedResource(topic)) {
    allowInPolicy(scope, { kind: 'topic', arn: topic.topicArn, resource: topic }, statement);
    return;
  }
  // Without a policy of its own a topic lets its account publish, and so CloudWatch. Whether it has one is known when the app is complete.
  Aspects.of(scope).add({ visit: node => {
    if (node === scope && topic.node.tryFindChild('Policy')) topic.addToResourcePolicy(statement);
  } });
}

function checkTopic(scope: Construct, topic: sns.ITopic): void {
  const { region } = Stack.of(scope);
  if (!Token.isUnresolved(region) && !Token.isUnresolved(topic.env.region) && region !== topic.env.region) {
    throw new Error(`alarmTopic must be in region ${region}, where the alarms are, got region ${topic.env.region}: create a topic in ${region}`);
  }
  if (!topic.masterKey?.keyArn.endsWith(':alias/aws/sns')) return;
  throw new Error('alarmTopic must not be encrypted with alias/aws/sns, which CloudWatch may not use: encrypt the topic with a key of your own');
}
