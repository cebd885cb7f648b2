import { Api } from './api';
import { Cluster, idsOf, MachineGroup, machinesOf } from './cluster';
import { TargetGroup } from '@aws-sdk/client-elastic-load-balancing-v2';

/** What stands in front of the nodes, whichever generation of load balancer it is. */
export interface Balancer {
  readonly name: string;
  readonly internetFacing: boolean;
  readonly securityGroups: readonly string[];
  readonly listenerPorts: readonly number[];
  /** Ports of the nodes that it forwards to, or asks for health. */
  readonly nodePorts: readonly number[];
  /** The same of the load balancers behind it. */
  readonly balancerPorts: readonly number[];
}

/** The target groups of the machines' auto scaling groups, and those of the cluster that have lost theirs. */
export async function targetGroups(cluster: Cluster, api: Api): Promise<TargetGroup[]> {
  const attached = machinesOf(cluster).flatMap(each => each.autoScalingGroup.TargetGroupARNs ?? []);
  return api.targetGroups([...new Set([...attached, ...idsOf(cluster, 'AWS::ElasticLoadBalancingV2::TargetGroup')])]);
}

export function classicNames(cluster: Cluster): string[] {
  const attached = cluster.groups.flatMap(each => each.autoScalingGroup.LoadBalancerNames ?? []);
  return [...new Set([...attached, ...idsOf(cluster, 'AWS::ElasticLoadBalancing::LoadBalancer')])];
}

export async function balancers(cluster: Cluster, api: Api): Promise<Balancer[]> {
  const [ofGroups, classic] = await Promise.all([balancersOfGroups(cluster, api), classicBalancers(cluster, api)]);
  return [...ofGroups, ...classic];
}

async function balancersOfGroups(cluster: Cluster, api: Api): Promise<Balancer[]> {
  const groups = await targetGroups(cluster, api);
  const described = await api.loadBalancers([...new Set(groups.flatMap(each => each.LoadBalancerArns ?? []))]);
  const toBalancers = new Set(cluster.balancers.flatMap(each => each.autoScalingGroup.TargetGroupARNs ?? []));
  return Promise.all(described.map(async each => {
    const own = groups.filter(group => group.LoadBalancerArns?.includes(each.LoadBalancerArn!));
    return {
      name: each.LoadBalancerName!,
      internetFacing: each.Scheme === 'internet-facing',
      securityGroups: each.SecurityGroups ?? [],
      listenerPorts: (await api.listeners(each.LoadBalancerArn!)).map(listener => listener.Port!),
      nodePorts: unique(own.filter(group => !toBalancers.has(group.TargetGroupArn!)).flatMap(portsOf)),
      balancerPorts: unique(own.filter(group => toBalancers.has(group.TargetGroupArn!)).flatMap(portsOf)),
    };
  }));
}

function portsOf({ Port, HealthCheckPort }: TargetGroup): number[] {
  const health = Number(HealthCheckPort);
  // Otherwise `traffic-port`.
  return Number.isInteger(health) ? [Port!, health] : [Port!];
}

async function classicBalancers(cluster: Cluster, api: Api): Promise<Balancer[]> {
  return (await api.classicLoadBalancers(classicNames(cluster))).map(each => {
    const listeners = (each.ListenerDescriptions ?? []).map(one => one.Listener!);
    // HTTPS:9443/carbon
    const health = Number(/^\w+:(\d+)/.exec(each.HealthCheck?.Target ?? '')?.[1]);
    return {
      name: each.LoadBalancerName!,
      internetFacing: each.Scheme === 'internet-facing',
      securityGroups: each.SecurityGroups ?? [],
      listenerPorts: unique(listeners.map(one => one.LoadBalancerPort!)),
      nodePorts: unique([...listeners.map(one => one.InstancePort!), ...(Number.isInteger(health) ? [health] : [])]),
      balancerPorts: [],
    };
  });
}

/** Ports of the nodes that NGINX passes requests on to, or asks for health. */
export function nodePortsOfNginx({ userData: { document: { service, console } } }: MachineGroup): number[] {
  return unique([service, console].filter(each => each !== undefined).flatMap(({ http, https, health }) => [
    ...(http === undefined ? [] : [http]), https, Number(/:\/\/:(\d+)/.exec(health)![1]),
  ]));
}

function unique(ports: readonly number[]): number[] {
  return [...new Set(ports)].sort((a, b) => a - b);
}
