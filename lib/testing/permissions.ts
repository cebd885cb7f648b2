/** One action on one resource, as a policy allows it. */
export interface Allowed {
  readonly action: string;
  readonly resource: string;
  /** Stack that the policy is in. */
  readonly stackName: string;
  /** Values of `StringEquals` by key, and those of `StringLike` for `kms:ViaService`. */
  readonly conditions: ReadonlyMap<string, readonly unknown[]>;
}

/** What a resource of a statement must be for an action to be as narrow as it can be. */
export interface Scope {
  /** For the reader of a finding. */
  readonly words: string;
  readonly fits: (allowed: Allowed) => boolean;
}

/** Why the cluster needs an action, and on what. */
export interface NeededPermission {
  readonly action: string;
  readonly scope: Scope;
  readonly reason: string;
}

/** No wildcard; CDK stands six of them for the suffix of a secret that is known by its name only. */
const ONE_RESOURCE: Scope = { words: 'on one named resource', fits: ({ resource }) => !/[*?]/.test(resource.replace(/-\?{6}$/, '')) };
const ONE_OBJECT: Scope = { words: 'on one object of one bucket', fits: ({ resource }) => /^[^/*?]+\/[^*?]+$/.test(withoutReferences(resource)) };
/** A prefix that is empty, or one part that ends with a slash, would list others, too; the folders of artifacts are deeper. */
const OF_ONE_OBJECT: Scope = {
  words: 'on one named bucket with a condition on s3:prefix, which is the key of one object or a folder of artifacts',
  fits: allowed => {
    const prefixes = allowed.conditions.get('s3:prefix') ?? [];
    return ONE_RESOURCE.fits(allowed) && prefixes.length > 0 && prefixes.every(each => typeof each !== 'string' || /[^/]$|[^/]\/[^/]+\/$/.test(each));
  },
};
const THROUGH_S3: Scope = {
  words: 'on one named key with a condition on kms:ViaService, which is S3',
  fits: allowed => {
    const services = allowed.conditions.get('kms:ViaService') ?? [];
    return ONE_RESOURCE.fits(allowed) && services.length > 0 && services.every(each => /"s3\.(?!\*)/.test(JSON.stringify(each)));
  },
};
const BELOW_ONE_PREFIX: Scope = {
  words: 'below one prefix of one bucket', fits: ({ resource }) => /^[^/*?]+\/[^/*?]+\/\*$/.test(withoutReferences(resource)),
};
const OBJECTS: Scope = {
  words: 'on one object of one bucket, or below the prefix of the artifacts', fits: each => ONE_OBJECT.fits(each) || BELOW_ONE_PREFIX.fits(each),
};
const THIS_STACK: Scope = { words: 'on this stack', fits: ({ resource, stackName }) => resource === `<${stackName}/AWS::StackId>` };
const OF_ONE_REGION: Scope = {
  words: 'with a condition on aws:RequestedRegion',
  fits: ({ conditions }) => conditions.get('aws:RequestedRegion')?.length === 1,
};
const ONE_INTERFACE_OR_OWN_INSTANCES: Scope = {
  words: 'on one named interface, and on instances with a condition on the tag of the cluster',
  fits: allowed => ONE_RESOURCE.fits(allowed)
    || (/:instance\/\*$/.test(allowed.resource) && [...allowed.conditions.keys()].some(key => key.startsWith('aws:ResourceTag/'))),
};
const THROUGH_ONE_ACCESS_POINT: Scope = {
  words: 'on one named file system with a condition on its access point',
  fits: allowed => ONE_RESOURCE.fits(allowed) && allowed.conditions.has('elasticfilesystem:AccessPointArn'),
};

/** Of actions that IAM decides about without a resource. */
const ANY_RESOURCE: Scope = { words: 'on any resource', fits: () => true };

const FINDING_MEMBERS: NeededPermission = { action: 'ec2:DescribeInstances', scope: OF_ONE_REGION, reason: 'members find each other' };

const IN_ONE_NAMESPACE: Scope = {
  words: 'with a condition on cloudwatch:namespace, which is one',
  fits: ({ conditions }) => conditions.get('cloudwatch:namespace')?.length === 1,
};
/** Written down here once more, because a judge that asks the constructs what is right always agrees with them. */
const SESSION_ACTIONS = [
  'ssm:UpdateInstanceInformation',
  'ssmmessages:CreateControlChannel', 'ssmmessages:CreateDataChannel', 'ssmmessages:OpenControlChannel', 'ssmmessages:OpenDataChannel',
];

/** What nodes need. */
export const NODE_PERMISSIONS: readonly NeededPermission[] = [
  { action: 'secretsmanager:GetSecretValue', scope: ONE_RESOURCE, reason: 'the configuration takes it from there, at each start of the server' },
  { action: 'kms:Decrypt', scope: ONE_RESOURCE, reason: 'a secret or a bucket is encrypted with a key of yours' },
  { action: 'kms:GenerateDataKey', scope: THROUGH_S3, reason: 'the manager publishes its artifacts to a bucket that a key of yours encrypts' },
  { action: 's3:GetObject', scope: OBJECTS, reason: 'boot programs, product pack, its checksum, JDBC driver, certificates, artifacts' },
  ...['s3:PutObject', 's3:DeleteObject'].map(action => ({ action, scope: BELOW_ONE_PREFIX, reason: 'the manager publishes its artifacts' })),
  { action: 's3:ListBucket', scope: OF_ONE_OBJECT, reason: 'S3 says that a file is missing only to those who may list it' },
  { action: 'cloudformation:SignalResource', scope: THIS_STACK, reason: 'a node says itself when it is in service' },
  { action: 'ec2:AttachNetworkInterface', scope: ONE_INTERFACE_OR_OWN_INSTANCES, reason: 'a well-known member keeps its address' },
  { action: 'ec2:DescribeNetworkInterfaces', scope: OF_ONE_REGION, reason: 'a well-known member looks where its interface is' },
  { action: 'autoscaling:CompleteLifecycleAction', scope: ONE_RESOURCE, reason: 'a node says to its own group that it has left its cluster' },
  { action: 'autoscaling:SetInstanceHealth', scope: ONE_RESOURCE, reason: 'a node says to its own group that its server hangs' },
  { action: 'autoscaling:DescribeAutoScalingInstances', scope: OF_ONE_REGION, reason: 'a node that is to leave looks whether it is drained' },
  ...['elasticfilesystem:ClientMount', 'elasticfilesystem:ClientWrite'].map(action => ({
    action, scope: THROUGH_ONE_ACCESS_POINT, reason: 'artifacts are on a file system that the nodes share',
  })),
  ...['CreateLogStream', 'PutLogEvents'].map(action => ({
    action: `logs:${action}`, scope: ONE_RESOURCE, reason: 'its logs are sent to the log groups of the cluster',
  })),
  ...SESSION_ACTIONS.map(action => ({ action, scope: ANY_RESOURCE, reason: 'sessions and commands of Systems Manager replace SSH' })),
  { action: 'cloudwatch:PutMetricData', scope: IN_ONE_NAMESPACE, reason: 'a machine publishes its metrics under the namespace of the cluster' },
  FINDING_MEMBERS,
];

/** Why a managed policy of AWS's allows more than nodes need. */
export const TOO_WIDE_POLICIES: Readonly<Record<string, string>> = {
  AmazonSSMManagedInstanceCore: 'it allows ssm:GetParameter and ssm:GetParameters on every parameter of the account',
};

/** What the user of the `aws` membership scheme needs. */
export const MEMBER_PERMISSIONS: readonly NeededPermission[] = [FINDING_MEMBERS];

/** What the function needs that rotates the access key of the membership. */
export const ROTATION_PERMISSIONS: readonly NeededPermission[] = [
  ...['CreateAccessKey', 'DeleteAccessKey', 'GetAccessKeyLastUsed', 'ListAccessKeys', 'UpdateAccessKey'].map(action => ({
    action: `iam:${action}`, scope: ONE_RESOURCE, reason: 'it makes keys, and takes away those that are no longer used',
  })),
  ...['GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage'].map(action => ({
    action: `secretsmanager:${action}`, scope: ONE_RESOURCE, reason: 'the current key is in a secret',
  })),
  ...['Decrypt', 'GenerateDataKey'].map(action => ({
    action: `kms:${action}`, scope: ONE_RESOURCE, reason: 'its environment and the secret are encrypted with a key of yours',
  })),
  ...['CreateLogStream', 'PutLogEvents'].map(action => ({ action: `logs:${action}`, scope: ONE_RESOURCE, reason: 'it has a log group of its own' })),
];

/**
 * Actions that take no resource, among those that nodes are commonly given; IAM ignores what a policy names instead of `*`.
 * AWS Service Authorization Reference, the tables of actions of each service.
 */
export const WITHOUT_RESOURCE: ReadonlySet<string> = new Set([
  'autoscaling:DescribeAutoScalingGroups', 'autoscaling:DescribeAutoScalingInstances', 'autoscaling:DescribeLifecycleHooks',
  'cloudwatch:PutMetricData', 'ec2:DescribeAddresses', 'ec2:DescribeAvailabilityZones', 'ec2:DescribeInstances', 'ec2:DescribeInstanceStatus',
  'ec2:DescribeNetworkInterfaces', 'ec2:DescribeRegions', 'ec2:DescribeRouteTables', 'ec2:DescribeSecurityGroups', 'ec2:DescribeSubnets',
  'ec2:DescribeTags', 'ec2:DescribeVolumes', 'ec2:DescribeVpcs', 'ecr:GetAuthorizationToken', 'elasticloadbalancing:DescribeLoadBalancers',
  'elasticloadbalancing:DescribeTargetGroups', 'elasticloadbalancing:DescribeTargetHealth', 'kms:ListAliases', 'route53:ListHostedZones',
  's3:ListAllMyBuckets', 'secretsmanager:GetRandomPassword', 'secretsmanager:ListSecrets', 'sts:GetCallerIdentity', 'tag:GetResources',
  'xray:PutTelemetryRecords', 'xray:PutTraceSegments',
].map(each => each.toLowerCase()));

/** References hold slashes of their own. */
function withoutReferences(text: string): string {
  return text.replace(/<[^>]*>/g, 'x');
}
