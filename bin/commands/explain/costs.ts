import { countText } from './actors';
import { Machines } from './machines';
import { at, counted, listOf, unique } from './values';
import { Resource, World } from './world';

/** What is paid for, without its price: prices differ by region and change. */
export interface Cost {
  /** `EC2 instances`. */
  readonly kind: string;
  /** What is counted: hours, gigabytes, requests. */
  readonly billedBy: string;
  /** How many, and how large, as the template says. */
  readonly items: readonly string[];
}

type Describe = (world: World, resource: Resource) => string | undefined;

interface Kind { readonly kind: string; readonly billedBy: string; readonly item: Describe }

const PUBLIC_ADDRESSES = { kind: 'Public IPv4 addresses', billedBy: 'hours of each address' };

/** Resources that are billed by themselves. Machines are counted apart, since an auto scaling group has many. */
const KINDS: Readonly<Record<string, Kind>> = {
  'AWS::ElasticLoadBalancingV2::LoadBalancer': { kind: 'Load balancers', billedBy: 'hours, and capacity units of traffic', item: balancer },
  'AWS::ElasticLoadBalancing::LoadBalancer': { kind: 'Classic Load Balancers', billedBy: 'hours, and gigabytes of traffic', item: named },
  'AWS::RDS::DBInstance': {
    kind: 'RDS database instances',
    billedBy: 'hours (twice with a standby in another zone), gigabytes of storage, backups beyond its size',
    item: database,
  },
  'AWS::RDS::DBCluster': { kind: 'RDS database clusters', billedBy: 'storage, requests to it, backups', item: named },
  'AWS::EFS::FileSystem': { kind: 'EFS file systems', billedBy: 'gigabytes of storage, and throughput', item: named },
  'AWS::EC2::NatGateway': { kind: 'NAT gateways', billedBy: 'hours, and gigabytes through them', item: named },
  'AWS::EC2::EIP': { ...PUBLIC_ADDRESSES, item: named },
  'AWS::EC2::VPCEndpoint': { kind: 'Endpoints of the VPC', billedBy: 'hours in each zone, and gigabytes through them', item: endpoint },
  'AWS::EC2::Volume': { kind: 'EBS volumes', billedBy: 'gigabytes of storage', item: named },
  'AWS::SecretsManager::Secret': { kind: 'Secrets', billedBy: 'months of each secret, and calls', item: named },
  'AWS::KMS::Key': { kind: 'Keys of KMS', billedBy: 'months of each key, and calls', item: named },
  'AWS::S3::Bucket': { kind: 'S3 buckets', billedBy: 'gigabytes of storage, and requests', item: named },
  'AWS::Logs::LogGroup': { kind: 'CloudWatch log groups', billedBy: 'gigabytes written and kept', item: retention },
  'AWS::CloudWatch::Alarm': { kind: 'CloudWatch alarms', billedBy: 'months of each metric it watches', item: named },
  'AWS::CloudWatch::CompositeAlarm': { kind: 'CloudWatch alarms', billedBy: 'months of each alarm', item: named },
  'AWS::CloudWatch::Dashboard': { kind: 'CloudWatch dashboards', billedBy: 'months of each, beyond the first ones', item: named },
  'AWS::SNS::Topic': { kind: 'SNS topics', billedBy: 'messages delivered', item: named },
  'AWS::SQS::Queue': { kind: 'SQS queues', billedBy: 'messages sent and received', item: named },
  'AWS::Route53::HostedZone': { kind: 'Route 53 hosted zones', billedBy: 'months of each zone, and queries', item: named },
  'AWS::Lambda::Function': { kind: 'Lambda functions', billedBy: 'requests, and their running time', item: named },
  'AWS::Backup::BackupVault': { kind: 'Backup vaults', billedBy: 'gigabytes kept', item: named },
  'AWS::CertificateManager::Certificate': { kind: 'ACM certificates', billedBy: 'nothing, as long as they are public ones', item: named },
};

/** Types that cost nothing by themselves. */
const FREE: readonly RegExp[] = [
  /^AWS::(IAM|AutoScaling|CloudFormation|CDK)::/,
  /^AWS::EC2::(VPC|Subnet|RouteTable|SubnetRouteTableAssociation|Route|InternetGateway|VPCGatewayAttachment|NetworkAcl\w*)$/,
  /^AWS::EC2::(SecurityGroup\w*|LaunchTemplate|Instance|NetworkInterface\w*|EIPAssociation|VolumeAttachment)$/,
  /^AWS::ElasticLoadBalancingV2::(Listener\w*|TargetGroup)$/,
  /^AWS::RDS::(DBSubnetGroup|DB\w*ParameterGroup|OptionGroup)$/,
  /^Custom::(CarbonDatabases|DeletionProtection|KeyPair|MembershipAccessKeys)$/,
  /^(AWS::SecretsManager::(SecretTargetAttachment|ResourcePolicy|RotationSchedule)|AWS::Events::Rule)$/,
  /^AWS::(KMS::Alias|SSM::Parameter|S3::BucketPolicy|SQS::QueuePolicy|Lambda::Permission)$/,
  /^AWS::(EFS::(MountTarget|AccessPoint)|Route53::RecordSet|SNS::(TopicPolicy|Subscription)|Logs::(LogStream|MetricFilter))$/,
];

export function costsOf(world: World, machines: readonly Machines[]): Cost[] {
  const billed = world.resources.flatMap(resource => {
    const kind = KINDS[resource.type];
    const item = kind?.item(world, resource);
    return item === undefined ? [] : [{ kind: kind.kind, billedBy: kind.billedBy, item }];
  });
  return gathered([...machineCosts(world, machines), ...billed, ...traffic(machines)]);
}

/** Types of which nothing is known, neither that they cost something nor that they do not. */
export function unknownCosts(world: World): string[] {
  return unique(world.resources.map(each => each.type)).filter(type => !Object.hasOwn(KINDS, type) && !FREE.some(pattern => pattern.test(type)));
}

interface Item { readonly kind: string; readonly billedBy: string; readonly item: string }

function gathered(items: readonly Item[]): Cost[] {
  return unique(items.map(each => each.kind)).map(kind => {
    const own = items.filter(each => each.kind === kind);
    return { kind, billedBy: own[0].billedBy, items: own.map(each => each.item) };
  });
}

function machineCosts(world: World, machines: readonly Machines[]): Item[] {
  return machines.flatMap(each => {
    const { data, count, label, launchTemplate: { template } } = each;
    const text = (value: unknown, name: string): string => world.text(template, at(value, name));
    const volumes = listOf(at(data, 'BlockDeviceMappings')).map(mapping => at(mapping, 'Ebs')).filter(volume => volume !== undefined);
    const [number, monitored] = [countText(count), at(data, 'Monitoring', 'Enabled') ?? at(data, 'Monitoring')];
    return [
      { kind: 'EC2 instances', billedBy: 'hours of each instance', item: `${number} × ${text(data, 'InstanceType') || 'an instance'} (${label})` },
      ...volumes.map(volume => ({
        kind: 'EBS volumes',
        billedBy: 'gigabytes of storage',
        item: `${number} × ${text(volume, 'VolumeSize') || 'the image\'s'} GiB ${text(volume, 'VolumeType')} (${label})`,
      })),
      ...(monitored === true ? [{ kind: 'Detailed monitoring', billedBy: 'metrics of each instance', item: `${number} × ${label}` }] : []),
      ...(at(data, 'NetworkInterfaces', 0, 'AssociatePublicIpAddress') === true ? [{ ...PUBLIC_ADDRESSES, item: `${number} × ${label}` }] : []),
    ];
  });
}

function traffic(machines: readonly Machines[]): Item[] {
  if (machines.length === 0) return [];
  return [{ kind: 'Traffic', billedBy: 'gigabytes between zones, and out of AWS', item: 'nodes, load balancer and database in several zones' }];
}

function named(_: World, { label }: Resource): string {
  return label;
}

function balancer(world: World, { template, properties, label }: Resource): string {
  const type = world.text(template, at(properties, 'Type')) || 'application';
  const zones = counted(listOf(at(properties, 'Subnets')).length, 'zone');
  return `${label}: ${type}${at(properties, 'Scheme') === 'internal' ? '' : `, a public address in ${zones}`}`;
}

function database(world: World, { template, properties, label }: Resource): string {
  const text = (name: string): string => world.text(template, at(properties, name));
  const storage = text('AllocatedStorage');
  const most = text('MaxAllocatedStorage');
  const size = storage === '' ? '' : `, ${storage}${most === '' ? '' : ` to ${most}`} GiB ${text('StorageType')}`;
  const backups = text('BackupRetentionPeriod');
  return `${label}: ${text('DBInstanceClass')}${at(properties, 'MultiAZ') === true ? ' with a standby in another zone' : ''}${size}`
    + `${backups === '' ? '' : `, backups of ${backups} days`}`;
}

function endpoint(world: World, { template, properties, label }: Resource): string | undefined {
  // Those of S3 and DynamoDB by the route table are free.
  return at(properties, 'VpcEndpointType') === 'Interface' ? `${label}: ${world.text(template, at(properties, 'ServiceName'))}` : undefined;
}

function retention(world: World, { template, properties, label }: Resource): string {
  const days = world.text(template, at(properties, 'RetentionInDays'));
  return `${label}: ${days === '' ? 'kept for ever' : `kept for ${days} days`}`;
}
