import { Api } from './api';
import { Cluster, idsOf } from './cluster';
import { TargetGroup } from '@aws-sdk/client-elastic-load-balancing-v2';

/** What stands in front of the nodes, whichever generation of load balancer it is. */
export interface Balancer {
  readonly name: string;
  readonly internetFacing: boolean;
  readonly securityGroups: readonly string[];
  readonly listenerPorts: readonly number[];
  /** Ports of the nodes that it forwards to, or asks for health. */
  readonly productPorts: readonly number[];
}

/** The target groups of the nodes' auto scaling groups, and those of the cluster that have lost theirs. */
export async function targetGroups(cluster: Cluster, api: Api): Promise<TargetGroup[]> {
  const attached = cluster.groups.flatMap(each => each.autoScalingGroup.TargetGroupARNs ?? []);
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
  return Promise.all(described.map(async each => ({
    name: each.LoadBalancerName!,
    internetFacing: each.Scheme === 'internet-facing',
    securityGroups: each.SecurityGroups ?? [],
    listenerPorts: (await api.listeners(each.LoadBalancerArn!)).map(listener => listener.Port!),
    productPorts: unique(groups.filter(group => group.LoadBalancerArns?.includes(each.LoadBalancerArn!)).flatMap(portsOf)),
  })));
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
      productPorts: unique([...listeners.map(one => one.InstancePort!), ...(Number.isInteger(health) ? [health] : [])]),
    };
  });
}

function unique(ports: readonly number[]): number[] {
  return [...new Set(ports)].sort((a, b) => a - b);
}
