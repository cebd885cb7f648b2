import { Instance, SecurityGroup } from '@aws-sdk/client-ec2';
import { DBInstance } from '@aws-sdk/client-rds';
import { Api } from './api';
import { Cluster, idsOf, MachineGroup, resourceName } from './cluster';
import { databases } from './database';
import { answered, failure, Finding, finding, Problem, warning } from './finding';
import { Balancer, balancers, nodePortsOfNginx } from './load-balancers';
import { excess, isEverywhere, lack, Need, noWayOut, Opening, openingsOf, portText } from './security-rules';
import { PortRange } from '../../../lib/network/cluster-security-group';
import { resolve } from '../../deployed-user-data';

const HTTPS = { port: 443, name: 'APIs of AWS, package repositories' };

/** Of an instance that is still being made. */
const MYSQL_PORT = 3306;

/** What is there, with the groups of each. */
interface Network {
  readonly memberGroups: readonly string[];
  readonly balancers: readonly Balancer[];
  /** The load balancers that are machines of the cluster. */
  readonly nginx: readonly Nginx[];
  readonly databases: readonly DBInstance[];
  /** Of the function that prepares the databases. */
  readonly preparerGroups: readonly string[];
  readonly groups: readonly SecurityGroup[];
}

type Nginx = Pick<Balancer, 'name' | 'securityGroups' | 'nodePorts'>;

/** The rules of the members', the load balancers' and the databases' security groups against what each needs. */
export async function securityGroups(cluster: Cluster, api: Api): Promise<readonly Finding[]> {
  return answered('security groups', async () => {
    const network = await readNetwork(cluster, api);
    return [
      membersFinding(cluster, network),
      ...network.nginx.map(each => nginxFinding(each, network)),
      ...network.balancers.map(each => balancerFinding(each, network)),
      ...network.databases.map(each => databaseFinding(cluster, each, network)),
      ...otherFindings(network),
    ];
  });
}

async function readNetwork(cluster: Cluster, api: Api): Promise<Network> {
  const [instances, loadBalancers, servers] = await Promise.all([cluster.instances(), balancers(cluster, api), databases(cluster, api)]);
  const memberGroups = unique(cluster.groups.flatMap(each => groupsOf(each, instances)));
  const nginx = cluster.balancers.map(each => ({ name: each.name, securityGroups: groupsOf(each, instances), nodePorts: nodePortsOfNginx(each) }));
  const ids = unique([
    ...memberGroups,
    ...[...nginx, ...loadBalancers].flatMap(each => each.securityGroups),
    ...servers.flatMap(databaseGroups),
    ...idsOf(cluster, 'AWS::EC2::SecurityGroup'),
  ]);
  const groups = await api.securityGroups(ids);
  return { memberGroups, balancers: loadBalancers, nginx, databases: servers, preparerGroups: preparerGroups(cluster), groups };
}

/** What its instances have, and what the next one will have. */
function groupsOf({ instanceIds, launchTemplate }: MachineGroup, instances: readonly Instance[]): string[] {
  const own = instances.filter(each => instanceIds.includes(each.InstanceId!));
  return unique([
    ...own.flatMap(each => each.SecurityGroups ?? []).map(each => each.GroupId!),
    ...launchTemplate.SecurityGroupIds ?? [],
    ...(launchTemplate.NetworkInterfaces ?? []).flatMap(each => each.Groups ?? []),
  ]);
}

function portOf(database: DBInstance): number {
  return database.Endpoint?.Port ?? MYSQL_PORT;
}

function databaseGroups(database: DBInstance): string[] {
  return (database.VpcSecurityGroups ?? []).map(each => each.VpcSecurityGroupId!);
}

function membersFinding(cluster: Cluster, network: Network): Finding {
  const { memberGroups } = network;
  const [entries, exits] = bothWays(network, memberGroups);
  const among = memberNeeds(cluster, memberGroups);
  const needs = [...among, ...productNeeds([...network.balancers, ...network.nginx])];
  const out = [...among, ...network.databases.map(each => ({ name: 'the database', port: portOf(each) })), HTTPS];
  const problems = distinct([...excess(entries, needs), ...lack(entries, needs), ...noWayOut(exits, out)]);
  const ports = [...new Set(needs.map(each => portText(each.ports)))];
  return finding(`members: ${names(network, memberGroups)}`, problems, `${ports.join(', ')}: each is open to who needs it only`);
}

/** What members say to each other. */
function memberNeeds({ groups }: Cluster, memberGroups: readonly string[]): Need[] {
  const among = { who: 'the members themselves', peers: memberGroups };
  const hazelcast = groups.flatMap(({ membership, userData: { document, values } }): [number, PortRange][] => {
    const { members } = document.configuration ?? {};
    const written = members && 'hosts' in members ? members.hosts.map(each => Number(resolve(each.port, values))) : [];
    return [[membership.localMemberPort, membership.memberPorts], ...written.map((port): [number, PortRange] => [port, { from: port, to: port }])];
  });
  return [...new Map(hazelcast)].map(([port, ports]) => ({ name: 'Hazelcast', ...among, ports, port }));
}

function productNeeds(all: readonly Nginx[]): Need[] {
  return all.flatMap(({ name, securityGroups: peers, nodePorts }) => unique(nodePorts).map((port): Need => ({
    name: 'the product', who: `load balancer ${name}`, peers, ports: { from: port, to: port }, port,
  })));
}

/** Who may reach instances of NGINX: the load balancer before them. */
function nginxFinding({ name, securityGroups: own, nodePorts }: Nginx, network: Network): Finding {
  const [entries, exits] = bothWays(network, own);
  const needs = network.balancers.flatMap(each => each.balancerPorts.map((port): Need => ({
    name: 'NGINX', who: `load balancer ${each.name}`, peers: each.securityGroups, ports: { from: port, to: port }, port,
  })));
  const out = [...nodePorts.map(port => ({ port, name: 'the product' })), HTTPS];
  const problems = distinct([...excess(entries, needs), ...lack(entries, needs), ...noWayOut(exits, out)]);
  return finding(`NGINX: ${name}`, problems, `${needs.map(each => portText(each.ports)).join(', ')}: each is open to the load balancer only`);
}

function balancerFinding(balancer: Balancer, network: Network): Finding {
  const { name, internetFacing, listenerPorts } = balancer;
  const [entries, exits] = bothWays(network, balancer.securityGroups);
  const problems = entries.flatMap(({ what, ports, peer }): Problem[] => {
    const isListener = listenerPorts.some(port => port === ports?.from && port === ports.to);
    const open = `${what} is open to ${peer}`;
    if (isEverywhere(peer) && !internetFacing) return [failure(`${open}, and the load balancer is internal`)];
    if (isEverywhere(peer) && !isListener) return [failure(`${open}, and is no port of a listener`)];
    return isListener ? [] : [warning(`${open}, and is no port of a listener`)];
  });
  const out = [
    ...balancer.nodePorts.map(port => ({ port, name: 'the product' })),
    ...balancer.balancerPorts.map(port => ({ port, name: 'NGINX' })),
  ];
  return finding(`load balancer: ${name}`, distinct([...problems, ...noWayOut(exits, out)]),
    `only the ports of its listeners (${listenerPorts.join(', ')}) are open${internetFacing ? '' : ', and to no 0.0.0.0/0'}`);
}

function databaseFinding(cluster: Cluster, database: DBInstance, network: Network): Finding {
  const port = portOf(database);
  const own = { name: 'the database', ports: { from: port, to: port }, port };
  const needs: Need[] = [
    { ...own, who: 'the members', peers: network.memberGroups },
    ...(network.preparerGroups.length > 0 ? [{ ...own, who: 'the function that prepares it', peers: network.preparerGroups }] : []),
  ];
  const [entries] = bothWays(network, databaseGroups(database));
  const problems = distinct([...excess(entries, needs), ...lack(entries, needs)]);
  const open = `port ${port} is open only to ${needs.map(each => each.who).join(' and ')}`;
  return finding(`database: ${resourceName(cluster, database.DBInstanceIdentifier!)}`, problems, open);
}

function preparerGroups({ resources }: Cluster): string[] {
  return resources.filter(each => each.type === 'AWS::EC2::SecurityGroup' && /DatabasePreparationSecurityGroup/.test(each.logicalId))
    .map(each => each.physicalId!);
}

/** Whatever else the cluster has groups for: nobody from everywhere. */
function otherFindings(network: Network): Finding[] {
  const { memberGroups, balancers: all, nginx, databases: servers } = network;
  const known = [...memberGroups, ...[...all, ...nginx].flatMap(each => each.securityGroups), ...servers.flatMap(databaseGroups)];
  return network.groups.filter(each => !known.includes(each.GroupId!)).map(group => {
    const open = openingsOf(group.IpPermissions ?? []).filter(each => isEverywhere(each.peer));
    return finding(`other: ${names(network, [group.GroupId!])}`, open.map(each => failure(`${each.what} is open to ${each.peer}`)),
      'nothing is open to 0.0.0.0/0');
  });
}

/** What groups let in and out, all of them together. */
function bothWays(network: Network, ids: readonly string[]): [Opening[], Opening[]] {
  const groups = network.groups.filter(each => ids.includes(each.GroupId!));
  return [openingsOf(groups.flatMap(each => each.IpPermissions ?? [])), openingsOf(groups.flatMap(each => each.IpPermissionsEgress ?? []))];
}

function names(network: Network, ids: readonly string[]): string {
  return ids.map(id => {
    const name = network.groups.find(each => each.GroupId === id)?.GroupName;
    return name === undefined ? id : `${id} (${name})`;
  }).join(', ');
}

function distinct(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map(each => [each.sentence, each])).values()];
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
