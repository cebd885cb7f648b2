import { Actor, ActorKind } from './actors';
import { Machines, NginxUserData } from './machines';
import { Fact, NeighbourView, RouteView } from './model';
import { groupsOf, machineFacts } from './node-view';
import { Route } from './routes';
import { Security } from './security';
import { partsOf, textOf } from './settings';
import { subnetText } from './subnets';
import { at, entriesOf, listOf } from './values';
import { Resource, World } from './world';

const KIND_NAMES: Readonly<Record<ActorKind, string>> = {
  nodes: 'Carbon nodes',
  instances: 'Other instances',
  balancer: 'Load balancer',
  database: 'Database',
  'file-system': 'File system',
  function: 'Function',
  endpoint: 'Endpoint of the VPC',
  interface: 'Network interface',
};

/** What is told of a resource: what it is called here, and its property. */
type Row = readonly [name: string, property: string];

const PROTECTED = 'Cannot be deleted by mistake';

const DATABASE_ROWS: readonly Row[] = [
  ['Storage, GiB', 'AllocatedStorage'],
  ['Grows to, GiB', 'MaxAllocatedStorage'],
  ['Kind of storage', 'StorageType'],
  ['Encrypted', 'StorageEncrypted'],
  ['Standby in another zone', 'MultiAZ'],
  ['Public address', 'PubliclyAccessible'],
  ['Backups kept, days', 'BackupRetentionPeriod'],
  [PROTECTED, 'DeletionProtection'],
  ['Minor versions come by themselves', 'AutoMinorVersionUpgrade'],
];

const ROWS: Readonly<Record<string, readonly Row[]>> = {
  'AWS::RDS::DBInstance': DATABASE_ROWS,
  'AWS::RDS::DBCluster': DATABASE_ROWS,
  'AWS::EFS::FileSystem': [['Encrypted', 'Encrypted'], ['Performance', 'PerformanceMode'], ['Throughput', 'ThroughputMode']],
  'AWS::Lambda::Function': [['Does', 'Description'], ['Handler', 'Handler'], ['Timeout, seconds', 'Timeout']],
  'AWS::EC2::VPCEndpoint': [['Kind', 'VpcEndpointType'], ['Private DNS', 'PrivateDnsEnabled']],
  'AWS::EC2::NetworkInterface': [['Private address', 'PrivateIpAddress'], ['Description', 'Description']],
};

export function neighbourView(
  world: World, actor: Actor, routes: readonly Route[], machines: readonly Machines[], security: Security,
): NeighbourView {
  const { resource, label, kind, about, subnets } = actor;
  const own = machines.find(each => each.resource === resource);
  const facts = own ? [...machineFacts(world, own), ...own.nginx ? nginxFacts(own.nginx) : []] : [
    { name: 'What', value: about.join(', ') },
    { name: 'Subnets', value: subnetText(subnets) },
    ...rows(world, resource),
    ...attributes(world, resource),
    ...protection(world, resource),
    ...parameters(world, resource),
    ...accessPoints(world, resource),
    ...callers(world, resource),
  ];
  return {
    anchor: resource.anchor,
    label,
    kind: KIND_NAMES[kind],
    facts: facts.filter(fact => fact.value !== ''),
    securityGroups: groupsOf(security, actor),
    routes: routes.filter(route => route.balancer === resource).map(routeView),
  };
}

function rows(world: World, { type, template, properties }: Resource): Fact[] {
  return (ROWS[type] ?? []).map(([name, property]) => ({ name, value: yesOrText(world.text(template, at(properties, property))) }));
}

function yesOrText(text: string): string {
  return { true: 'yes', false: 'no' }[text] ?? text;
}

/** Attributes of a load balancer, in a reader's words. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  'deletion_protection.enabled': PROTECTED,
  'routing.http.drop_invalid_header_fields.enabled': 'Drops invalid headers',
  'access_logs.s3.enabled': 'Writes access logs',
  'access_logs.s3.bucket': 'Access logs go to',
  'idle_timeout.timeout_seconds': 'Idle timeout, seconds',
  'routing.http2.enabled': 'HTTP/2',
};

/** Of a load balancer: attributes, and what its TLS listeners offer. */
function attributes(world: World, resource: Resource): Fact[] {
  const { template, properties } = resource;
  const text = (value: unknown): string => world.text(template, value);
  const own = listOf(at(properties, 'LoadBalancerAttributes')).map(each => {
    const key = text(at(each, 'Key'));
    return { name: ATTRIBUTES[key] ?? key, value: yesOrText(text(at(each, 'Value'))) };
  });
  const listeners = world.ofType('AWS::ElasticLoadBalancingV2::Listener')
    .filter(each => world.target(each.template, at(each.properties, 'LoadBalancerArn'))?.resource === resource);
  const policies = listeners.flatMap(each => {
    const certificates = listOf(at(each.properties, 'Certificates')).map(certificate => world.name(each.template, at(certificate, 'CertificateArn')));
    const [port, policy] = ['Port', 'SslPolicy'].map(name => world.text(each.template, at(each.properties, name)));
    return [{ name: `TLS policy of port ${port}`, value: policy }, { name: `Certificate of port ${port}`, value: certificates.join(', ') }];
  });
  return [...policies, ...own];
}

/** The template itself protects nothing: a function does, once the nodes are in service. */
function protection(world: World, resource: Resource): Fact[] {
  const isAbout = ({ template, properties }: Resource): boolean => (
    ['DatabaseInstance', 'LoadBalancer'].some(name => world.target(template, at(properties, name))?.resource === resource));
  return world.ofType('Custom::DeletionProtection').filter(isAbout).map(({ properties }) => ({
    name: PROTECTED, value: String(at(properties, 'Enabled')) === 'true' ? 'yes, once the nodes are in service' : 'no',
  }));
}

function nginxFacts({ document, values }: NginxUserData): Fact[] {
  const { certificate, discovery, tls, limits } = document;
  const [tag, value] = [discovery.tag, discovery.value].map(each => textOf(partsOf(each, values)));
  return [
    { name: 'Finds the nodes by', value: `the tag ${tag} = ${value} and their ${discovery.roleTag}, every ${discovery.seconds} seconds` },
    {
      name: 'Certificate',
      value: 'secret' in certificate ? textOf([{ stands: 'secret', for: nameOfSecret(certificate.secret, values) }])
        : `made on each instance, for ${certificate.selfSigned.join(' and ')}`,
    },
    { name: 'TLS', value: `${tls.protocols}; ${tls.ciphers}` },
    { name: 'Limits', value: `${limits.timeoutSeconds} seconds, ${limits.bodyBytes} bytes` },
  ];
}

function nameOfSecret(name: string, values: NginxUserData['values']): string {
  const value = values.find(each => each.name === name);
  return value?.open[0] ?? value?.text ?? name;
}

/** Of a file system: the folders that it shows to whom. */
function accessPoints(world: World, fileSystem: Resource): Fact[] {
  return world.ofType('AWS::EFS::AccessPoint')
    .filter(each => world.target(each.template, at(each.properties, 'FileSystemId'))?.resource === fileSystem)
    .map(({ template, properties, label }) => {
      const [path, user] = [['RootDirectory', 'Path'], ['PosixUser', 'Uid']].map(names => world.text(template, at(properties, ...names)));
      return { name: 'Access point', value: `${label}: ${path} as user ${user}` };
    });
}

/** Of a function: who calls it, and when. */
function callers(world: World, called: Resource): Fact[] {
  const isCalled = ({ template }: Resource, value: unknown): boolean => world.target(template, value)?.resource === called;
  return [
    ...world.ofType('AWS::Lambda::Permission').filter(each => isCalled(each, at(each.properties, 'FunctionName')))
      .map(({ template, properties }) => ({ name: 'May be called by', value: world.text(template, at(properties, 'Principal')) })),
    ...world.ofType('AWS::Events::Rule').filter(each => listOf(at(each.properties, 'Targets')).some(target => isCalled(each, at(target, 'Arn'))))
      .map(({ template, properties }) => ({
        name: 'Is called',
        value: world.text(template, at(properties, 'ScheduleExpression')) || 'by events',
        note: world.text(template, at(properties, 'Description')),
      })),
  ];
}

/** Of a database: what its parameter group sets. */
function parameters(world: World, { template, properties }: Resource): Fact[] {
  const group = world.target(template, at(properties, 'DBParameterGroupName') ?? at(properties, 'DBClusterParameterGroupName'))?.resource;
  return entriesOf(at(group?.properties, 'Parameters')).map(([name, value]) => ({ name, value: world.text(group!.template, value) }));
}

function routeView({ listener, condition, targets, to, healthCheck, stickiness }: Route): RouteView {
  return {
    listener,
    condition,
    targets: targets.map(each => ({ label: each.label, anchor: each.resource.anchor })),
    to,
    healthCheck,
    stickiness,
  };
}
