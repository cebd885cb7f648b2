/**
 * The Lambda function that rotates the access key of a cluster's membership.
 *
 * Called by    Secrets Manager, once for each step of a rotation; EventBridge, once a day; CloudFormation, before it deletes the user
 * Environment  USER_NAME          the IAM user whose keys these are
 *              MEMBERSHIP_REGION  region in which members look for each other
 * Fails        with a sentence, and without having touched a key that is in use
 *
 * `npm run build` makes function/index.js of it.
 */
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { IAMClient } from '@aws-sdk/client-iam';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { answer, ResourceRequest } from './resource-request';
import { AccessKeyPair, RotatedAccessKeys } from './rotated-access-keys';

/** A step of a rotation, as Secrets Manager asks for it. */
export interface RotationStep { readonly Step: string; readonly SecretId: string; readonly ClientRequestToken: string }

/** What EventBridge sends each day. */
export interface Retirement { readonly retire: string }

/** The custom resource is present as long as the user may have keys. */
export type KeysRequest = ResourceRequest<{ readonly UserName: string }>;

export async function handler(event: RotationStep | Retirement | KeysRequest): Promise<void> {
  if ('ResponseURL' in event) return about(event);
  const keys = keysOf(process.env.USER_NAME!);
  return 'retire' in event ? keys.retire(event.retire) : step(event, keys);
}

function keysOf(userName: string): RotatedAccessKeys {
  return new RotatedAccessKeys(userName, {
    iam: new IAMClient({}),
    secrets: new SecretsManagerClient({}),
    tryAsMember: describeInstances,
    now: Date.now,
    pause: milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds)),
    log: console.log,
  });
}

/** The least that EC2 answers with. */
async function describeInstances(credentials: AccessKeyPair): Promise<void> {
  const ec2 = new EC2Client({ region: process.env.MEMBERSHIP_REGION, credentials, maxAttempts: 1 });
  await ec2.send(new DescribeInstancesCommand({ MaxResults: 5 }));
}

async function step({ Step: name, SecretId: secretId, ClientRequestToken: token }: RotationStep, keys: RotatedAccessKeys): Promise<void> {
  switch (name) {
    case 'createSecret': return keys.createSecret(secretId, token);
    // IAM has known the new key since it made it.
    case 'setSecret': return;
    case 'testSecret': return keys.testSecret(secretId, token);
    case 'finishSecret': return keys.finishSecret(secretId, token);
    default: throw new Error(`'${name}' is no step of a rotation`);
  }
}

async function about(request: KeysRequest): Promise<void> {
  const { UserName: userName } = request.ResourceProperties;
  return answer(request, userName, async () => {
    if (request.RequestType === 'Delete') await keysOf(userName).deleteAll();
    return userName;
  });
}
