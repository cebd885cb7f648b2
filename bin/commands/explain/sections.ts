import { at, listOf } from './values';
import { Resource, World } from './world';

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

/** Whether a resource of a type is told of there; all are where that is absent. */
type Condition = (world: World, resource: Resource) => boolean;

/** The part of the page that tells of resources of a type. One that no pattern knows is among the other resources. */
const BY_TYPE: readonly (readonly [RegExp, Section, Condition?])[] = [
  [/^AWS::(AutoScaling::(AutoScalingGroup|ScalingPolicy|LifecycleHook)|EC2::(Instance|LaunchTemplate)|IAM::InstanceProfile)$/, 'nodes'],
  [/^AWS::ElasticLoadBalancingV2::(LoadBalancer|Listener|ListenerRule|TargetGroup)$/, 'neighbours'],
  [/^AWS::ElasticLoadBalancing::LoadBalancer$/, 'neighbours'],
  [/^AWS::RDS::(DBInstance|DBCluster|DBSubnetGroup|DBParameterGroup|DBClusterParameterGroup)$/, 'neighbours'],
  [/^AWS::(EFS::(FileSystem|MountTarget|AccessPoint)|Route53::RecordSet)$/, 'neighbours'],
  [/^AWS::Lambda::(Function|Permission)$/, 'neighbours'],
  [/^AWS::Events::Rule$/, 'neighbours', callsFunction],
  [/^AWS::EC2::(NetworkInterface|VPCEndpoint)$/, 'neighbours'],
  [/^AWS::EC2::(VPC|Subnet)$/, 'picture'],
  [/^AWS::EC2::SecurityGroup(Ingress|Egress)?$/, 'security'],
  [/^AWS::IAM::(Role|User|Group|Policy|ManagedPolicy|RolePolicy|UserPolicy|AccessKey)$/, 'access'],
  [/^Custom::(KeyPair|MembershipAccessKeys)$/, 'access'],
  [/^Custom::CarbonDatabases$/, 'neighbours'],
  [/^Custom::DeletionProtection$/, 'neighbours'],
  [/^AWS::SecretsManager::(Secret|SecretTargetAttachment|RotationSchedule)$/, 'secrets'],
  [/^AWS::(EC2::(NatGateway|EIP)|CertificateManager::Certificate)$/, 'costs'],
  [/^AWS::(KMS::Key|S3::Bucket|Logs::LogGroup|CloudWatch::(Alarm|CompositeAlarm|Dashboard)|SNS::Topic|SQS::Queue|Route53::HostedZone)$/, 'costs'],
  // These say nothing that a reader would miss: the network around the subnets, what belongs to a log group or a topic, and CDK's own.
  [/^AWS::EC2::(RouteTable|SubnetRouteTableAssociation|Route|InternetGateway|VPCGatewayAttachment)$/, 'resources'],
  [/^AWS::(Logs::MetricFilter|SNS::TopicPolicy|SQS::QueuePolicy|CDK::Metadata|CloudFormation::Stack)$/, 'resources'],
  // Its alarm says what it counts.
  [/^AWS::Events::Rule$/, 'costs', sendsToQueue],
];

export function sectionOf(world: World, resource: Resource): Section | undefined {
  return BY_TYPE.find(([pattern, , condition]) => pattern.test(resource.type) && (condition === undefined || condition(world, resource)))?.[1];
}

function sendsToQueue(world: World, { template, properties }: Resource): boolean {
  return world.targets(template, listOf(at(properties, 'Targets')).map(each => at(each, 'Arn'))).some(each => each.type === 'AWS::SQS::Queue');
}

function callsFunction(world: World, { template, properties }: Resource): boolean {
  return world.targets(template, listOf(at(properties, 'Targets')).map(each => at(each, 'Arn'))).some(each => each.type === 'AWS::Lambda::Function');
}
