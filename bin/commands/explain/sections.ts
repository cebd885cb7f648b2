/** Parts of the page, by their names, in their order. */
export const SECTIONS = {
  picture: 'Topology',
  nodes: 'Nodes',
  neighbours: 'Load balancers and data',
  discovery: 'Discovery',
  security: 'Security groups',
  access: 'IAM',
  secrets: 'Secrets',
  costs: 'Costs',
  stacks: 'Outputs',
  resources: 'Resources',
} as const;

export type Section = keyof typeof SECTIONS;

/** The part of the page that tells of resources of a type. One that no pattern knows is among the other resources. */
const BY_TYPE: readonly (readonly [RegExp, Section])[] = [
  [/^AWS::(AutoScaling::(AutoScalingGroup|ScalingPolicy|LifecycleHook)|EC2::(Instance|LaunchTemplate)|IAM::InstanceProfile)$/, 'nodes'],
  [/^AWS::ElasticLoadBalancingV2::(LoadBalancer|Listener|ListenerRule|TargetGroup)$/, 'neighbours'],
  [/^AWS::ElasticLoadBalancing::LoadBalancer$/, 'neighbours'],
  [/^AWS::RDS::(DBInstance|DBCluster|DBSubnetGroup|DBParameterGroup|DBClusterParameterGroup)$/, 'neighbours'],
  [/^AWS::EFS::(FileSystem|MountTarget)$/, 'neighbours'],
  [/^AWS::EC2::(NetworkInterface|VPCEndpoint)$/, 'neighbours'],
  [/^AWS::EC2::(VPC|Subnet)$/, 'picture'],
  [/^AWS::EC2::SecurityGroup(Ingress|Egress)?$/, 'security'],
  [/^AWS::IAM::(Role|User|Group|Policy|ManagedPolicy|RolePolicy|UserPolicy|AccessKey)$/, 'access'],
  [/^AWS::SecretsManager::(Secret|SecretTargetAttachment)$/, 'secrets'],
  [/^AWS::(EC2::(NatGateway|EIP)|Lambda::Function)$/, 'costs'],
  [/^AWS::(KMS::Key|S3::Bucket|Logs::LogGroup|CloudWatch::(Alarm|CompositeAlarm|Dashboard)|SNS::Topic|Route53::HostedZone)$/, 'costs'],
  // These say nothing that a reader would miss: the network around the subnets, and CDK's own.
  [/^AWS::EC2::(RouteTable|SubnetRouteTableAssociation|Route|InternetGateway|VPCGatewayAttachment)$/, 'resources'],
  [/^AWS::(CDK::Metadata|CloudFormation::Stack)$/, 'resources'],
];

export function sectionOf(type: string): Section | undefined {
  return BY_TYPE.find(([pattern]) => pattern.test(type))?.[1];
}
