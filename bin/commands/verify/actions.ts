/** Every call that `verify` makes, as a policy names it. All of them read, and none reads the value of a secret. */
export const ACTIONS = [
  'autoscaling:DescribeAutoScalingGroups',
  'cloudformation:DescribeStacks',
  'cloudformation:GetTemplate',
  'cloudformation:ListStackResources',
  'ec2:DescribeInstances',
  'ec2:DescribeLaunchTemplateVersions',
  'ec2:DescribeSecurityGroups',
  'elasticloadbalancing:DescribeInstanceHealth',
  'elasticloadbalancing:DescribeListeners',
  'elasticloadbalancing:DescribeLoadBalancers',
  'elasticloadbalancing:DescribeTargetGroups',
  'elasticloadbalancing:DescribeTargetHealth',
  'iam:GetAccessKeyLastUsed',
  'iam:GetInstanceProfile',
  'iam:GetUser',
  'iam:ListAccessKeys',
  'iam:SimulatePrincipalPolicy',
  'logs:FilterLogEvents',
  'rds:DescribeDBInstances',
  'rds:DescribeDBParameters',
] as const;

export type Action = typeof ACTIONS[number];
