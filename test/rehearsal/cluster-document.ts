/**
 * The cluster document of the machine room, made of what the emulator's API says was deployed: instances with their user data,
 * load balancers, databases, file systems, names, security groups. Nothing is taken from the template.
 */
import * as ec2 from '@aws-sdk/client-ec2';
import * as iam from '@aws-sdk/client-iam';
import { NodeUserData, parseUserData } from '../../bin/deployed-user-data';
import { Emulator } from '../emulator/emulator';
import { loadBalancers } from './document/balancers';
import { classicLoadBalancers } from './document/classic';
import { Clients, Json } from './document/clients';
import { fileSystems } from './document/file-systems';
import { ruleNames, zoneNames } from './document/names';
import { databases, svnServers } from './document/servers';

export type { Json };

/** Of instances that an auto scaling group launched. */
const GROUP_TAG = 'aws:autoscaling:groupName';

export interface DocumentOptions {
  /** Health checks come this much faster than the template says. */
  readonly healthCheckSpeed: number;
  /** Java versions that the nodes' images have. */
  readonly java: readonly string[];
}

export async function clusterDocument(emulator: Emulator, options: DocumentOptions): Promise<Json> {
  const clients = new Clients(emulator);
  const instances = await runningInstances(clients);
  const vpc = instances[0].VpcId!;
  const nodes = await Promise.all(instances.map(each => node(clients, each)));
  const userData = nodes.map(each => parseUserData(each.userData)).filter((each): each is NodeUserData => each !== undefined);
  const place = await network(clients, vpc);
  const [modern, classic] = await Promise.all([loadBalancers(clients), classicLoadBalancers(clients)]);
  const balancers = [...modern.loadBalancers, ...classic.loadBalancers].map(each => inSubnets(each, place));
  const zones = await zoneNames(clients, vpc, emulator.region);
  return {
    region: emulator.region,
    account: emulator.account,
    emulator: { url: emulator.url },
    network: place,
    nodes,
    databases: await databases(clients, await emulator.functionCalls()),
    loadBalancers: balancers,
    targetGroups: [...modern.targetGroups, ...classic.targetGroups],
    names: [...zones, ...ruleNames(balancers, zones)],
    fileSystems: await fileSystems(clients),
    svnServers: svnServers(userData),
    securityGroups: await securityGroups(clients, vpc),
    principals: await principals(clients),
    java: options.java,
    healthCheckSpeed: options.healthCheckSpeed,
    logs: ['/var/log/carbon-cluster/boot.log', '/opt/wso2/carbon/repository/logs/wso2carbon.log'],
  };
}

/** Where its addresses are: the API names subnets, the machine room wants their ranges. */
function inSubnets(balancer: Json, place: Json): Json {
  const ranges = place.subnets.filter((each: Json) => balancer.subnets.includes(each.id)).map((each: Json) => each.cidr);
  return { ...balancer, subnets: ranges };
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
  const [vpcs, subnets, interfaces] = await Promise.all([
    clients.ec2.send(new ec2.DescribeVpcsCommand({ VpcIds: [vpc] })), clients.ec2.send(new ec2.DescribeSubnetsCommand(filter)),
    clients.ec2.send(new ec2.DescribeNetworkInterfacesCommand(filter)),
  ]);
  const free = interfaces.NetworkInterfaces!.filter(each => each.Attachment?.DeviceIndex !== 0);
  return {
    id: vpc,
    cidr: vpcs.Vpcs![0].CidrBlock,
    subnets: subnets.Subnets!.map(each => ({ cidr: each.CidrBlock, id: each.SubnetId, zone: each.AvailabilityZone })),
    reserved: free.map(each => each.PrivateIpAddress),
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
    ...tagsOf(instance)[GROUP_TAG] ? { lifecycleState: 'InService' } : {},
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
