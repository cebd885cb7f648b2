/**
 * The cluster document of the machine room, made of what the emulator's API says was deployed: instances with their user data,
 * load balancers, databases, security groups. Nothing is taken from the template.
 */
import * as ec2 from '@aws-sdk/client-ec2';
import * as elb from '@aws-sdk/client-elastic-load-balancing-v2';
import * as iam from '@aws-sdk/client-iam';
import * as rds from '@aws-sdk/client-rds';
import * as secrets from '@aws-sdk/client-secrets-manager';
import { Emulator } from '../emulator/emulator';

export type Json = Record<string, any>;

export interface DocumentOptions {
  /** Health checks come this much faster than the template says. */
  readonly healthCheckSpeed: number;
  /** Java versions that the nodes' images have. */
  readonly java: readonly string[];
}

interface Clients {
  readonly ec2: ec2.EC2Client;
  readonly elb: elb.ElasticLoadBalancingV2Client;
  readonly iam: iam.IAMClient;
  readonly rds: rds.RDSClient;
  readonly secrets: secrets.SecretsManagerClient;
}

export async function clusterDocument(emulator: Emulator, options: DocumentOptions): Promise<Json> {
  const settings = { endpoint: emulator.url, region: emulator.region, credentials: { accessKeyId: 'testing', secretAccessKey: 'testing' } };
  const clients: Clients = {
    ec2: new ec2.EC2Client(settings), elb: new elb.ElasticLoadBalancingV2Client(settings), iam: new iam.IAMClient(settings),
    rds: new rds.RDSClient(settings), secrets: new secrets.SecretsManagerClient(settings),
  };
  const instances = await runningInstances(clients);
  const vpc = instances[0].VpcId!;
  const balancing = await loadBalancers(clients);
  return {
    region: emulator.region,
    account: emulator.account,
    emulator: { url: emulator.url },
    network: await network(clients, vpc),
    nodes: await Promise.all(instances.map(each => node(clients, each))),
    databases: await databases(clients),
    ...balancing,
    names: hostNames(balancing.loadBalancers),
    securityGroups: await securityGroups(clients, vpc),
    principals: await principals(clients),
    java: options.java,
    healthCheckSpeed: options.healthCheckSpeed,
    logs: ['/var/log/carbon-cluster/boot.log', '/opt/wso2/carbon/repository/logs/wso2carbon.log'],
  };
}

async function runningInstances(clients: Clients): Promise<ec2.Instance[]> {
  const answer = await clients.ec2.send(new ec2.DescribeInstancesCommand({ Filters: [{ Name: 'instance-state-name', Values: ['running'] }] }));
  const instances = (answer.Reservations ?? []).flatMap(each => each.Instances ?? []);
  if (instances.length === 0) throw new Error('the deployed stack has no running instance, so there is nothing to rehearse');
  return instances.sort((a, b) => nameOf(a).localeCompare(nameOf(b)) || a.InstanceId!.localeCompare(b.InstanceId!));
}

function tagsOf(instance: ec2.Instance): Record<string, string> {
  return Object.fromEntries((instance.Tags ?? []).map(each => [each.Key!, each.Value!]));
}

function nameOf(instance: ec2.Instance): string {
  return tagsOf(instance).Name ?? instance.InstanceId!;
}

async function network(clients: Clients, vpc: string): Promise<Json> {
  const filter = { Filters: [{ Name: 'vpc-id', Values: [vpc] }] };
  const [vpcs, subnets] = await Promise.all([
    clients.ec2.send(new ec2.DescribeVpcsCommand({ VpcIds: [vpc] })), clients.ec2.send(new ec2.DescribeSubnetsCommand(filter)),
  ]);
  return {
    id: vpc,
    cidr: vpcs.Vpcs![0].CidrBlock,
    subnets: subnets.Subnets!.map(each => ({ cidr: each.CidrBlock, id: each.SubnetId, zone: each.AvailabilityZone })),
  };
}

async function node(clients: Clients, instance: ec2.Instance): Promise<Json> {
  const attribute = await clients.ec2.send(new ec2.DescribeInstanceAttributeCommand({ InstanceId: instance.InstanceId, Attribute: 'userData' }));
  return {
    instanceId: instance.InstanceId,
    name: nameOf(instance),
    privateIp: instance.PrivateIpAddress,
    userData: Buffer.from(attribute.UserData?.Value ?? '', 'base64').toString(),
    imageId: instance.ImageId,
    instanceType: instance.InstanceType,
    tags: tagsOf(instance),
    securityGroups: (instance.SecurityGroups ?? []).map(each => each.GroupId),
    imds: {
      httpTokens: instance.MetadataOptions?.HttpTokens ?? 'optional',
      hopLimit: instance.MetadataOptions?.HttpPutResponseHopLimit ?? 1,
      tags: instance.MetadataOptions?.InstanceMetadataTags === 'enabled',
    },
    ...instance.IamInstanceProfile ? { role: await role(clients, instance.IamInstanceProfile.Arn!) } : {},
  };
}

async function role(clients: Clients, profileArn: string): Promise<Json> {
  const name = profileArn.split('/').pop()!;
  const profile = await clients.iam.send(new iam.GetInstanceProfileCommand({ InstanceProfileName: name }));
  const [first] = profile.InstanceProfile!.Roles!;
  return { name: first.RoleName, arn: first.Arn, instanceProfileArn: profileArn };
}

async function databases(clients: Clients): Promise<Json[]> {
  const answer = await clients.rds.send(new rds.DescribeDBInstancesCommand({}));
  return Promise.all((answer.DBInstances ?? []).map(async each => ({
    endpoint: each.Endpoint!.Address,
    port: each.Endpoint!.Port,
    engine: each.Engine,
    version: each.EngineVersion!.split('.').slice(0, 2).join('.'),
    ...each.DBName ? { databaseName: each.DBName } : {},
    master: { user: each.MasterUsername, secretArn: await masterSecret(clients, each.Endpoint!.Address!, each.MasterUsername!) },
    parameters: await parameters(clients, each.DBParameterGroups?.[0]?.DBParameterGroupName),
    securityGroups: (each.VpcSecurityGroups ?? []).map(group => group.VpcSecurityGroupId),
  })));
}

/** The one secret that names this host and its administrator. */
async function masterSecret(clients: Clients, host: string, user: string): Promise<string> {
  const all = await clients.secrets.send(new secrets.ListSecretsCommand({ MaxResults: 100 }));
  for (const { ARN } of all.SecretList ?? []) {
    const text = (await clients.secrets.send(new secrets.GetSecretValueCommand({ SecretId: ARN }))).SecretString ?? '';
    if (text.startsWith('{') && JSON.parse(text).host === host && JSON.parse(text).username === user) return ARN!;
  }
  throw new Error(`no secret names ${host} and ${user}, so the database cannot be started with the right password`);
}

async function parameters(clients: Clients, group: string | undefined): Promise<Record<string, string>> {
  if (!group) return {};
  const answer = await clients.rds.send(new rds.DescribeDBParametersCommand({ DBParameterGroupName: group, Source: 'user' }));
  const given = (answer.Parameters ?? []).filter(each => each.ParameterValue !== undefined);
  return Object.fromEntries(given.map(each => [each.ParameterName!, each.ParameterValue!]));
}

async function securityGroups(clients: Clients, vpc: string): Promise<Json[]> {
  const answer = await clients.ec2.send(new ec2.DescribeSecurityGroupsCommand({ Filters: [{ Name: 'vpc-id', Values: [vpc] }] }));
  return (answer.SecurityGroups ?? []).map(group => ({
    id: group.GroupId,
    name: group.GroupName,
    ingress: (group.IpPermissions ?? []).map(rule => ({
      protocol: rule.IpProtocol === '-1' ? 'all' : rule.IpProtocol,
      ...rule.FromPort === undefined || rule.FromPort < 0 ? {} : { fromPort: rule.FromPort, toPort: rule.ToPort },
      cidrs: (rule.IpRanges ?? []).map(each => each.CidrIp),
      groups: (rule.UserIdGroupPairs ?? []).map(each => each.GroupId),
    })),
  }));
}

async function principals(clients: Clients): Promise<Record<string, string>> {
  const users = (await clients.iam.send(new iam.ListUsersCommand({}))).Users ?? [];
  const keys = await Promise.all(users.map(async user => {
    const answer = await clients.iam.send(new iam.ListAccessKeysCommand({ UserName: user.UserName }));
    return (answer.AccessKeyMetadata ?? []).map((key): [string, string] => [key.AccessKeyId!, `user ${user.UserName}`]);
  }));
  return Object.fromEntries(keys.flat());
}

async function loadBalancers(clients: Clients): Promise<Json> {
  const all = (await clients.elb.send(new elb.DescribeLoadBalancersCommand({}))).LoadBalancers ?? [];
  const groups = (await clients.elb.send(new elb.DescribeTargetGroupsCommand({}))).TargetGroups ?? [];
  return {
    loadBalancers: await Promise.all(all.map(each => loadBalancer(clients, each))),
    targetGroups: await Promise.all(groups.map(each => targetGroup(clients, each))),
  };
}

async function loadBalancer(clients: Clients, balancer: elb.LoadBalancer): Promise<Json> {
  const listeners = (await clients.elb.send(new elb.DescribeListenersCommand({ LoadBalancerArn: balancer.LoadBalancerArn }))).Listeners ?? [];
  return {
    name: balancer.LoadBalancerName,
    dnsName: balancer.DNSName,
    type: balancer.Type,
    scheme: balancer.Scheme,
    securityGroups: balancer.SecurityGroups ?? [],
    listeners: await Promise.all(listeners.map(each => listener(clients, each))),
  };
}

async function listener(clients: Clients, each: elb.Listener): Promise<Json> {
  const rules = (await clients.elb.send(new elb.DescribeRulesCommand({ ListenerArn: each.ListenerArn }))).Rules ?? [];
  const own = rules.filter(rule => !rule.IsDefault).map(rule => ({
    priority: Number(rule.Priority),
    hostHeader: valuesOf(rule, 'host-header'),
    pathPattern: valuesOf(rule, 'path-pattern'),
    action: action(rule.Actions!),
  }));
  return {
    port: each.Port,
    protocol: each.Protocol,
    ...each.Certificates?.length ? { certificateNames: own.flatMap(rule => rule.hostHeader) } : {},
    ...each.SslPolicy ? { sslPolicy: each.SslPolicy } : {},
    defaultAction: action(each.DefaultActions!),
    rules: own,
  };
}

/** Whoever deploys points the host names at the load balancer; so does the rehearsal. */
function hostNames(balancers: Json[]): Json[] {
  return balancers.flatMap(balancer => {
    const names = balancer.listeners.flatMap((each: Json) => each.rules.flatMap((rule: Json) => rule.hostHeader)) as string[];
    return [...new Set(names)].map(name => ({ name, alias: balancer.dnsName }));
  });
}

function valuesOf(rule: elb.Rule, field: string): string[] {
  const condition = (rule.Conditions ?? []).find(each => each.Field === field);
  return condition?.HostHeaderConfig?.Values ?? condition?.PathPatternConfig?.Values ?? condition?.Values ?? [];
}

function action(actions: elb.Action[]): Json {
  const [first] = actions;
  if (first.Type === 'forward') return { targetGroup: first.TargetGroupArn ?? first.ForwardConfig!.TargetGroups![0].TargetGroupArn };
  if (first.Type === 'fixed-response') {
    const { StatusCode, ContentType, MessageBody } = first.FixedResponseConfig!;
    return { fixedResponse: { status: Number(StatusCode), contentType: ContentType ?? 'text/plain', body: MessageBody ?? '' } };
  }
  if (first.Type === 'redirect') {
    const { Protocol, Host, Port, Path, Query, StatusCode } = first.RedirectConfig!;
    const given = { protocol: Protocol, host: Host, port: Port, path: Path, query: Query };
    return { redirect: { ...Object.fromEntries(Object.entries(given).filter(([, value]) => value)), status: StatusCode === 'HTTP_301' ? 301 : 302 } };
  }
  throw new Error(`the rehearsal cannot do what the load balancer's action '${first.Type}' asks for`);
}

async function targetGroup(clients: Clients, group: elb.TargetGroup): Promise<Json> {
  const [attributes, health] = await Promise.all([
    clients.elb.send(new elb.DescribeTargetGroupAttributesCommand({ TargetGroupArn: group.TargetGroupArn })),
    clients.elb.send(new elb.DescribeTargetHealthCommand({ TargetGroupArn: group.TargetGroupArn })),
  ]);
  const value = Object.fromEntries((attributes.Attributes ?? []).map(each => [each.Key!, each.Value!]));
  const port = Number(group.HealthCheckPort);
  return {
    id: group.TargetGroupArn,
    port: group.Port,
    protocol: group.Protocol,
    health: {
      protocol: group.HealthCheckProtocol,
      ...Number.isInteger(port) ? { port } : {},
      ...group.HealthCheckPath ? { path: group.HealthCheckPath } : {},
      matcher: group.Matcher?.HttpCode ?? '200',
      interval: group.HealthCheckIntervalSeconds,
      timeout: group.HealthCheckTimeoutSeconds,
      healthy: group.HealthyThresholdCount,
      unhealthy: group.UnhealthyThresholdCount,
    },
    ...value['stickiness.enabled'] === 'true' ? { stickiness: stickiness(value) } : {},
    deregistrationDelay: Number(value['deregistration_delay.timeout_seconds'] ?? 300),
    targets: (health.TargetHealthDescriptions ?? []).map(each => each.Target!.Id),
  };
}

function stickiness(value: Record<string, string>): Json {
  const type = value['stickiness.type'];
  if (type === 'app_cookie') {
    return { type, cookie: value['stickiness.app_cookie.cookie_name'], duration: Number(value['stickiness.app_cookie.duration_seconds'] ?? 86400) };
  }
  return { type, duration: Number(value['stickiness.lb_cookie.duration_seconds'] ?? 86400) };
}
