import { ArnFormat, Aws, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';

const CLOUDWATCH = new iam.ServicePrincipal('cloudwatch.amazonaws.com');

/** A topic that alarms of this account may publish to, encrypted, over TLS only. */
export function alarmTopic(scope: Construct): sns.Topic {
  const topic = new sns.Topic(scope, 'Alarms', { masterKey: alarmKey(scope), enforceSSL: true });
  // A topic with a policy has no longer the one that lets its account publish.
  topic.addToResourcePolicy(new iam.PolicyStatement({
    sid: 'AlarmsOfThisAccount',
    principals: [CLOUDWATCH],
    actions: ['sns:Publish'],
    resources: [topic.topicArn],
    conditions: ofThisAccount(scope),
  }));
  return topic;
}

/** AWS's own key for SNS does not let CloudWatch in, and its policy cannot be changed. */
function alarmKey(scope: Construct): kms.Key {
  const key = new kms.Key(scope, 'AlarmsKey', {
    description: 'Alarms of a WSO2 Carbon cluster',
    enableKeyRotation: true,
    // It encrypts messages on their way only.
    removalPolicy: RemovalPolicy.DESTROY,
  });
  key.addToResourcePolicy(new iam.PolicyStatement({
    sid: 'AlarmsOfThisAccount',
    principals: [CLOUDWATCH],
    actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
    resources: ['*'],
    conditions: ofThisAccount(scope),
  }));
  return key;
}

function ofThisAccount(scope: Construct): Record<string, Record<string, string>> {
  const alarms = Stack.of(scope).formatArn({ service: 'cloudwatch', resource: 'alarm', resourceName: '*', arnFormat: ArnFormat.COLON_RESOURCE_NAME });
  return { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID }, ArnLike: { 'aws:SourceArn': alarms } };
}
