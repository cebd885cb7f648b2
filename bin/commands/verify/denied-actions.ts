/**
 * What neither a node nor the members' key needs on resources that are not the cluster's: a sample of what would hurt most,
 * or leads to more rights. Parameters of Systems Manager are in it, which AWS's policy AmazonSSMManagedInstanceCore gives every instance.
 */
export const DENIED_TO_ALL: readonly string[] = [
  // Rights for more rights.
  'iam:AttachRolePolicy', 'iam:AttachUserPolicy', 'iam:CreateAccessKey', 'iam:CreateLoginProfile', 'iam:CreatePolicyVersion', 'iam:CreateUser',
  'iam:PassRole', 'iam:PutRolePolicy', 'iam:PutUserPolicy', 'iam:UpdateAssumeRolePolicy', 'iam:ListUsers',
  'sts:AssumeRole', 'sts:GetFederationToken',
  'organizations:LeaveOrganization', 'organizations:ListAccounts',
  // Machines, and what is on their disks.
  'ec2:AuthorizeSecurityGroupIngress', 'ec2:CreateKeyPair', 'ec2:CreateSnapshot', 'ec2:CreateTags', 'ec2:DescribeInstanceAttribute',
  'ec2:GetPasswordData', 'ec2:ModifyInstanceAttribute', 'ec2:ModifyInstanceMetadataOptions', 'ec2:ModifySnapshotAttribute', 'ec2:RunInstances',
  'ec2:StopInstances', 'ec2:TerminateInstances',
  'autoscaling:CreateLaunchConfiguration', 'autoscaling:SetDesiredCapacity', 'autoscaling:UpdateAutoScalingGroup',
  'ssm:CreateAssociation', 'ssm:GetParameter', 'ssm:GetParameters', 'ssm:GetParametersByPath', 'ssm:PutParameter',
  'ssm:SendCommand', 'ssm:StartSession',
  'lambda:CreateFunction', 'lambda:InvokeFunction', 'lambda:UpdateFunctionCode',
  'ecs:RunTask', 'eks:CreateCluster',
  // Data and secrets.
  'secretsmanager:DeleteSecret', 'secretsmanager:GetSecretValue', 'secretsmanager:ListSecrets', 'secretsmanager:PutSecretValue',
  'kms:CreateGrant', 'kms:Decrypt', 'kms:ScheduleKeyDeletion',
  's3:DeleteBucket', 's3:DeleteObject', 's3:GetObject', 's3:ListAllMyBuckets', 's3:PutBucketPolicy', 's3:PutObject',
  'rds:CreateDBSnapshot', 'rds:DeleteDBInstance', 'rds:ModifyDBInstance', 'rds:ModifyDBSnapshotAttribute',
  'dynamodb:GetItem', 'dynamodb:Scan', 'dynamodb:DeleteTable',
  'elasticfilesystem:DeleteFileSystem', 'backup:DeleteRecoveryPoint',
  'ecr:GetAuthorizationToken', 'ecr:PutImage',
  'sns:Publish', 'sqs:ReceiveMessage', 'sqs:SendMessage',
  // What the others rely on.
  'cloudformation:CreateStack', 'cloudformation:DeleteStack', 'cloudformation:UpdateStack', 'cloudformation:SignalResource',
  'elasticloadbalancing:DeleteLoadBalancer', 'elasticloadbalancing:ModifyListener',
  'route53:ChangeResourceRecordSets', 'acm:DeleteCertificate', 'acm:ExportCertificate',
  'events:PutTargets', 'config:StopConfigurationRecorder',
  // Traces.
  'cloudtrail:DeleteTrail', 'cloudtrail:StopLogging', 'guardduty:DeleteDetector', 'logs:DeleteLogGroup', 'logs:PutResourcePolicy',
];

/** The key signs one call; what describes the account tells its thief more than members need. */
export const DENIED_TO_THE_KEY: readonly string[] = [
  ...DENIED_TO_ALL,
  'ec2:DescribeSecurityGroups', 'ec2:DescribeVolumes', 'ec2:DescribeVpcs', 'autoscaling:DescribeAutoScalingGroups',
  'cloudwatch:PutMetricData', 'elasticloadbalancing:DescribeLoadBalancers', 'elasticloadbalancing:DescribeTargetHealth',
  'logs:PutLogEvents', 'rds:DescribeDBInstances', 'ssm:DescribeInstanceInformation',
  'ssmmessages:OpenDataChannel', 'ec2messages:GetMessages',
];
