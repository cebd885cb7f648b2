import * as asg from '@aws-sdk/client-auto-scaling';
import * as ec2 from '@aws-sdk/client-ec2';
import * as elb from '@aws-sdk/client-elastic-load-balancing-v2';
import * as iam from '@aws-sdk/client-iam';
import * as rds from '@aws-sdk/client-rds';
import * as secrets from '@aws-sdk/client-secrets-manager';
import * as sts from '@aws-sdk/client-sts';
import { Emulator } from './emulator';

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

/** A key pair of a user, or of a session of a role. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** How a call ended: `unauthenticated` is a wrong key, `failed` something that has nothing to do with permissions. */
export type Outcome = 'allowed' | 'denied' | 'unauthenticated' | 'failed';

/** One call that was tried. */
export interface Attempt {
  /** As a policy names it. */
  readonly action: string;
  readonly outcome: Outcome;
  /** What the service said, unless the call was allowed. */
  readonly reason?: string;
}

/** The one call that a member needs to find the others. */
export const NEEDED_ACTION = 'ec2:DescribeInstances';

/**
 * Tries calls with the given keys: the one that members need, and others that nobody should be able to make with a key that lies
 * on every node. Needs `Emulator.enforceIam()`; conditions of policies are not looked at by the emulator.
 */
export async function tryPermissions(emulator: Emulator, credentials: Credentials): Promise<Attempt[]> {
  const attempts: Attempt[] = [];
  // One after the other: a member does no more at once either, and the table keeps its order.
  for (const [action, call] of Object.entries(calls(emulator, credentials))) {
    attempts.push(await attempt(action, call));
  }
  return attempts;
}

function calls(emulator: Emulator, credentials: Credentials): Record<string, () => Promise<unknown>> {
  const settings = { endpoint: emulator.url, region: emulator.region, credentials, maxAttempts: 1 };
  const clients = {
    asg: new asg.AutoScalingClient(settings), ec2: new ec2.EC2Client(settings), elb: new elb.ElasticLoadBalancingV2Client(settings),
    iam: new iam.IAMClient(settings), rds: new rds.RDSClient(settings), secrets: new secrets.SecretsManagerClient(settings),
    sts: new sts.STSClient(settings),
  };
  const instance = 'i-00000000000000000';
  return {
    [NEEDED_ACTION]: () => clients.ec2.send(new ec2.DescribeInstancesCommand({})),
    // Its sister calls: user data, networks and tags tell more about an account than members need.
    'ec2:DescribeInstanceAttribute': () => clients.ec2.send(new ec2.DescribeInstanceAttributeCommand({
      InstanceId: instance, Attribute: 'userData',
    })),
    'ec2:DescribeVpcs': () => clients.ec2.send(new ec2.DescribeVpcsCommand({})),
    'ec2:DescribeSecurityGroups': () => clients.ec2.send(new ec2.DescribeSecurityGroupsCommand({})),
    'ec2:DescribeAvailabilityZones': () => clients.ec2.send(new ec2.DescribeAvailabilityZonesCommand({})),
    'ec2:RunInstances': () => clients.ec2.send(new ec2.RunInstancesCommand({ ImageId: 'ami-12345678', MinCount: 1, MaxCount: 1 })),
    'ec2:TerminateInstances': () => clients.ec2.send(new ec2.TerminateInstancesCommand({ InstanceIds: [instance] })),
    'ec2:CreateTags': () => clients.ec2.send(new ec2.CreateTagsCommand({ Resources: [instance], Tags: [{ Key: 'a', Value: 'b' }] })),
    'autoscaling:DescribeAutoScalingGroups': () => clients.asg.send(new asg.DescribeAutoScalingGroupsCommand({})),
    'elasticloadbalancing:DescribeLoadBalancers': () => clients.elb.send(new elb.DescribeLoadBalancersCommand({})),
    'iam:ListUsers': () => clients.iam.send(new iam.ListUsersCommand({})),
    'iam:CreateAccessKey': () => clients.iam.send(new iam.CreateAccessKeyCommand({})),
    'rds:DescribeDBInstances': () => clients.rds.send(new rds.DescribeDBInstancesCommand({})),
    'secretsmanager:ListSecrets': () => clients.secrets.send(new secrets.ListSecretsCommand({})),
    'secretsmanager:GetSecretValue': () => clients.secrets.send(new secrets.GetSecretValueCommand({ SecretId: 'any' })),
    'sts:AssumeRole': () => clients.sts.send(new sts.AssumeRoleCommand({
      RoleArn: `arn:aws:iam::${emulator.account}:role/any`, RoleSessionName: 'any',
    })),
  };
}

async function attempt(action: string, call: () => Promise<unknown>): Promise<Attempt> {
  try {
    await call();
    return { action, outcome: 'allowed' };
  } catch (error) {
    return { action, ...judge(error as ServiceError) };
  }
}

interface ServiceError extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly statusCode?: number };
}

/** moto denies calls of JSON services in XML, which the SDK cannot read: only the status tells it then. */
function judge(error: ServiceError): Pick<Attempt, 'outcome' | 'reason'> {
  const reason = `${error.name}: ${error.message}`;
  if (['AuthFailure', 'InvalidClientTokenId', 'SignatureDoesNotMatch'].includes(error.name)) {
    return { outcome: 'unauthenticated', reason };
  }
  const status = error.$metadata?.httpStatusCode ?? error.$response?.statusCode;
  const isDenied = status === 403 || ['UnauthorizedOperation', 'AccessDenied', 'AccessDeniedException'].includes(error.name);
  return { outcome: isDenied ? 'denied' : 'failed', reason };
}
