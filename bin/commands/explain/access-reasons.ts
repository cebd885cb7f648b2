import { Purpose } from './purposes';
import { unique } from './values';

/** What is known of an action, whatever it is done to. */
interface ActionReason {
  readonly why: string;
  /** Why its resource can only be any. */
  readonly wildcard?: string;
}

const DESCRIBE_EC2 = 'EC2 has no resource-level permissions for Describe actions, so the resource can only be any.';

/** Actions by their names in IAM, which compares them without regard to case. */
const ACTIONS: Readonly<Record<string, ActionReason>> = {
  'ec2:DescribeInstances': {
    why: 'Members find each other by it: it is the only call that Carbon\'s membership makes.',
    wildcard: DESCRIBE_EC2,
  },
  'cloudformation:SignalResource': { why: 'A node tells the stack that it is in service, or why it is not.' },
  'autoscaling:CompleteLifecycleAction': { why: 'A node that ends tells its group that its server has left the cluster in order.' },
  'autoscaling:SetInstanceHealth': { why: 'A node tells its group that its server hangs, where no load balancer does.' },
  'autoscaling:DescribeAutoScalingInstances': {
    why: 'A node that ends looks whether its load balancer still waits for requests that are under way.',
    wildcard: 'Auto Scaling has no resource-level permissions for Describe actions, so the resource can only be any.',
  },
  's3:GetObject': { why: 'It reads a file.' },
  's3:PutObject': { why: 'The manager publishes its artifacts.' },
  's3:DeleteObject': { why: 'The manager takes an artifact back that was removed; its versions stay.' },
  's3:ListBucket': { why: 'S3 says that a file is missing only to those who may list it; a condition on s3:prefix names the file.' },
  'secretsmanager:GetSecretValue': { why: 'The value is read when it is needed, so that it stands in no template and no user data.' },
  'secretsmanager:PutSecretValue': { why: 'A new value is put there: the key pair that the deployment made, or what rotation made.' },
  'secretsmanager:UpdateSecretVersionStage': { why: 'Rotation makes the new value the current one.' },
  'iam:CreateAccessKey': { why: 'Rotation makes a new access key.' },
  'iam:UpdateAccessKey': { why: 'Rotation switches off a key that was replaced.' },
  'iam:DeleteAccessKey': { why: 'Rotation takes away a key that nobody uses any more.' },
  'iam:ListAccessKeys': { why: 'Rotation must never leave more than two keys.' },
  'iam:GetAccessKeyLastUsed': { why: 'Rotation asks whether a replaced key is still in use.' },
  'ec2:AttachNetworkInterface': { why: 'A node takes the interface whose address it keeps, whichever instance it is.' },
  'ec2:DescribeSubnets': {
    why: 'The function that prepares the databases looks up from which addresses their users connect.',
    wildcard: DESCRIBE_EC2,
  },
  'ec2:DescribeVpcs': { why: 'The function that prepares the databases looks up from which addresses their users connect.' },
  'ec2:CreateNetworkInterface': {
    why: 'Lambda connects the function to the VPC with it; the function itself is denied it.',
    wildcard: 'The interface has no ARN before it is created.',
  },
  'ec2:DeleteNetworkInterface': { why: 'Lambda removes the interface of a function that is gone.' },
  'ec2:AssignPrivateIpAddresses': { why: 'Lambda gives the interface of a function addresses.' },
  'ec2:UnassignPrivateIpAddresses': { why: 'Lambda takes addresses from the interface of a function.' },
  'ec2:DescribeNetworkInterfaces': {
    why: 'A node looks whether its interface is free, and Lambda whether the interface of a function is there.',
    wildcard: DESCRIBE_EC2,
  },
  'cloudformation:DescribeStacks': { why: 'Deletion protection asks whether a stack is rolled back or deleted by somebody.' },
  'rds:DescribeDBInstances': { why: 'Deletion protection asks whether the database is protected.' },
  'rds:ModifyDBInstance': { why: 'The database is protected against deletion once the nodes are in service.' },
  'elasticloadbalancing:DescribeLoadBalancerAttributes': {
    why: 'Deletion protection asks whether the load balancer is protected.',
    wildcard: 'Elastic Load Balancing has no resource-level permissions for Describe actions.',
  },
  'elasticloadbalancing:ModifyLoadBalancerAttributes': { why: 'The load balancer is protected against deletion once the nodes are in service.' },
  'ssm:UpdateInstanceInformation': {
    why: 'Systems Manager\'s agent registers the instance: sessions and commands take the place of SSH, no port is open and no key is kept.',
    wildcard: 'The id of an instance is not known before it is launched.',
  },
  ...Object.fromEntries(['CreateControlChannel', 'CreateDataChannel', 'OpenControlChannel', 'OpenDataChannel'].map(each => [`ssmmessages:${each}`, {
    why: 'Sessions and commands of Systems Manager take the place of SSH: no port is open and no key is kept.',
    wildcard: 'The channels of Systems Manager have no resource-level permissions.',
  }])),
  'kms:Decrypt': { why: 'What it may read is encrypted with this key.' },
  'kms:GenerateDataKey': { why: 'What it writes is encrypted with this key.' },
  'sts:AssumeRole': { why: 'It may take another role.' },
  'elasticfilesystem:ClientMount': { why: 'It may mount the file system.' },
  'elasticfilesystem:ClientWrite': { why: 'It may write to the file system.' },
  'elasticfilesystem:ClientRootAccess': { why: 'It may own what is on the file system as root does.' },
  'elasticloadbalancing:DescribeTargetHealth': {
    why: 'It asks whether the load balancer finds it healthy.',
    wildcard: 'Elastic Load Balancing has no resource-level permissions for Describe actions.',
  },
  'logs:CreateLogGroup': { why: 'It makes the group that its log goes to.' },
  'logs:CreateLogStream': { why: 'It opens a stream for its log.' },
  'logs:PutLogEvents': { why: 'It writes its log.' },
  'logs:DescribeLogStreams': { why: 'It looks for the stream of its log.' },
  'cloudwatch:PutMetricData': {
    why: 'A machine publishes its memory, disk, swap, open files and clock as metrics.',
    wildcard: 'CloudWatch has no resource-level permissions for it; a condition on cloudwatch:namespace narrows it.',
  },
};

/** Managed policies of AWS's. */
const MANAGED: Readonly<Record<string, string>> = {
  AmazonSSMManagedInstanceCore: 'Sessions through Systems Manager take the place of SSH: no port is open and no key is kept.',
  CloudWatchAgentServerPolicy: 'The CloudWatch agent writes logs and metrics.',
  'service-role/AWSLambdaBasicExecutionRole': 'The function writes its own log.',
  'service-role/AWSLambdaVPCAccessExecutionRole': 'The function has an interface in the VPC.',
  'service-role/AmazonRDSEnhancedMonitoringRole': 'RDS writes the metrics of enhanced monitoring.',
};

export function managedPolicyReason(name: string): string | undefined {
  return MANAGED[name];
}

export interface GrantReasons { readonly reasons: readonly string[]; readonly wildcard?: string }

/** What the purposes say of the resource itself goes before what is true of the action. */
export function reasonsOf(actions: readonly string[], resource: string, purposes: readonly Purpose[]): GrantReasons {
  const known = actions.flatMap(action => Object.entries(ACTIONS).filter(([name]) => name.toLowerCase() === action.toLowerCase()))
    .map(([, reason]) => reason);
  const own = actions.flatMap(action => purposes.filter(purpose => isAbout(purpose, action, resource)).map(purpose => purpose.why));
  const wildcard = isAny(resource) ? known.find(each => each.wildcard)?.wildcard : undefined;
  return { reasons: unique(own.length > 0 ? own : known.map(each => each.why)), ...(wildcard ? { wildcard } : {}) };
}

function isAbout(purpose: Purpose, action: string, resource: string): boolean {
  if (purpose.kind === 'object') return /^s3:/i.test(action) && resource.endsWith(purpose.of);
  if (!/^secretsmanager:/i.test(action)) return false;
  // The ARN of a secret that was imported by name has the place of six random characters behind it. A node may ask by the name alone.
  return resource === purpose.of || resource === `${purpose.of}-??????` || resource.endsWith(`:secret:${purpose.of}-??????`);
}

/** Any resource, or any of an account, region or service. */
export function isAny(resource: string): boolean {
  return resource === '*' || /^arn:[^/]*:\*$/.test(resource);
}
