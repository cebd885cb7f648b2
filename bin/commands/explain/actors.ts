import { isMember } from './clusters';
import { Machines, NginxUserData } from './machines';
import { subnetsOf, SubnetSummary } from './subnets';
import { at, counted, listOf } from './values';
import { Resource, World } from './world';

export type ActorKind = 'nodes' | 'instances' | 'balancer' | 'database' | 'file-system' | 'function' | 'endpoint' | 'interface';

/** Something with security groups, that talks or is talked to. */
export interface Actor {
  readonly kind: ActorKind;
  readonly resource: Resource;
  readonly label: string;
  /** Short lines about it: what it is, how many, how large. */
  readonly about: readonly string[];
  /** Security groups as the template names them. */
  readonly securityGroups: readonly unknown[];
  readonly subnets: SubnetSummary;
}

/** How actors of a resource type are read. A type that is not here is no actor: it is among the other resources. */
interface Reading {
  readonly kind: ActorKind;
  readonly about: (world: World, resource: Resource) => readonly string[];
  readonly securityGroups: (world: World, resource: Resource) => unknown;
  readonly subnets: (world: World, resource: Resource) => unknown;
}

const READINGS: Readonly<Record<string, Reading>> = {
  'AWS::ElasticLoadBalancingV2::LoadBalancer': {
    kind: 'balancer',
    about: (world, each) => [balancerType(world, each), scheme(at(each.properties, 'Scheme'))],
    securityGroups: (_, { properties }) => at(properties, 'SecurityGroups'),
    subnets: (_, { properties }) => at(properties, 'Subnets') ?? listOf(at(properties, 'SubnetMappings')).map(each => at(each, 'SubnetId')),
  },
  'AWS::ElasticLoadBalancing::LoadBalancer': {
    kind: 'balancer',
    about: (_, { properties }) => ['Classic Load Balancer', scheme(at(properties, 'Scheme'))],
    securityGroups: (_, { properties }) => at(properties, 'SecurityGroups'),
    subnets: (_, { properties }) => at(properties, 'Subnets'),
  },
  'AWS::RDS::DBInstance': {
    kind: 'database',
    about: aboutDatabase,
    securityGroups: (_, { properties }) => at(properties, 'VPCSecurityGroups'),
    subnets: databaseSubnets,
  },
  'AWS::RDS::DBCluster': {
    kind: 'database',
    about: aboutDatabase,
    securityGroups: (_, { properties }) => at(properties, 'VpcSecurityGroupIds'),
    subnets: databaseSubnets,
  },
  'AWS::EFS::FileSystem': {
    kind: 'file-system',
    about: () => ['EFS file system'],
    securityGroups: (world, each) => mountTargets(world, each).flatMap(target => listOf(at(target.properties, 'SecurityGroups'))),
    subnets: (world, each) => mountTargets(world, each).map(target => at(target.properties, 'SubnetId')),
  },
  'AWS::Lambda::Function': {
    kind: 'function',
    about: (world, { template, properties }) => [`Lambda function, ${world.text(template, at(properties, 'Runtime'))}`],
    securityGroups: (_, { properties }) => at(properties, 'VpcConfig', 'SecurityGroupIds'),
    subnets: (_, { properties }) => at(properties, 'VpcConfig', 'SubnetIds'),
  },
  'AWS::EC2::VPCEndpoint': {
    kind: 'endpoint',
    about: (world, { template, properties }) => [`endpoint of ${world.text(template, at(properties, 'ServiceName'))}`],
    securityGroups: (_, { properties }) => at(properties, 'SecurityGroupIds'),
    subnets: (_, { properties }) => at(properties, 'SubnetIds'),
  },
  'AWS::EC2::NetworkInterface': {
    kind: 'interface',
    about: (world, { template, properties }) => ['network interface', world.text(template, at(properties, 'PrivateIpAddress'))],
    securityGroups: (_, { properties }) => at(properties, 'GroupSet'),
    subnets: (_, { properties }) => at(properties, 'SubnetId'),
  },
};

export function actorsOf(world: World, machines: readonly Machines[]): Actor[] {
  const readings = world.resources.filter(each => isActor(each)).map(resource => read(world, resource));
  const actors = [...machines.map(each => ofMachines(world, each)), ...readings];
  return actors.sort((a, b) => world.resources.indexOf(a.resource) - world.resources.indexOf(b.resource));
}

/** An instance of a database cluster is told of as the cluster. */
function isActor({ type, properties }: Resource): boolean {
  return Object.hasOwn(READINGS, type) && (type !== 'AWS::RDS::DBInstance' || at(properties, 'DBClusterIdentifier') === undefined);
}

function read(world: World, resource: Resource): Actor {
  const reading = READINGS[resource.type];
  return {
    kind: reading.kind,
    resource,
    label: resource.label.replace(/(?<=.)\/Instance$/, ''),
    about: reading.about(world, resource).filter(line => line !== ''),
    securityGroups: listOf(reading.securityGroups(world, resource)),
    subnets: subnetsOf(world, resource.template, listOf(reading.subnets(world, resource))),
  };
}

function ofMachines(world: World, machines: Machines): Actor {
  const { resource, launchTemplate, data, count, node, nginx } = machines;
  const type = world.text(launchTemplate.template, at(data, 'InstanceType'));
  return {
    kind: node && isMember(node) ? 'nodes' : node || nginx ? 'balancer' : 'instances',
    resource,
    label: machines.label,
    about: [node?.title ?? (nginx ? nginxName(nginx) : 'instances'), `${countText(count)} × ${type}`],
    securityGroups: machines.securityGroups,
    subnets: subnetsOf(world, resource.template, machines.subnets),
  };
}

export function nginxName({ document: { edition } }: NginxUserData): string {
  return `NGINX${edition.plus ? ' Plus' : ''}${edition.version ? ` ${edition.version}` : ''}`;
}

/** `2`, or `2 to 4` where the group may grow. */
export function countText({ minimum, maximum }: Machines['count']): string {
  return minimum === maximum ? minimum : `${minimum} to ${maximum}`;
}

function balancerType(world: World, { template, properties }: Resource): string {
  const type = world.text(template, at(properties, 'Type')) || 'application';
  return `${type.charAt(0).toUpperCase()}${type.slice(1)} Load Balancer`;
}

function scheme(value: unknown): string {
  return value === 'internal' ? 'internal' : 'internet-facing';
}

function aboutDatabase(world: World, { template, type, properties }: Resource): string[] {
  const text = (name: string): string => world.text(template, at(properties, name));
  const isCluster = type === 'AWS::RDS::DBCluster';
  const size = isCluster ? counted(instancesOfCluster(world, template.resources, properties), 'instance') : text('DBInstanceClass');
  const standby = at(properties, 'MultiAZ') === true ? ', standby in another zone' : '';
  return [`${text('Engine')} ${text('EngineVersion')}`.trim(), `${size}${standby}`];
}

function instancesOfCluster(world: World, resources: readonly Resource[], cluster: unknown): number {
  return resources.filter(each => each.type === 'AWS::RDS::DBInstance'
    && world.target(each.template, at(each.properties, 'DBClusterIdentifier'))?.resource.properties === cluster).length;
}

function databaseSubnets(world: World, { template, properties }: Resource): unknown {
  const group = world.target(template, at(properties, 'DBSubnetGroupName'))?.resource;
  return at(group?.properties, 'SubnetIds');
}

function mountTargets(world: World, fileSystem: Resource): Resource[] {
  return world.ofType('AWS::EFS::MountTarget')
    .filter(each => world.target(each.template, at(each.properties, 'FileSystemId'))?.resource === fileSystem);
}
