import { TargetGroup, TargetHealthDescription } from '@aws-sdk/client-elastic-load-balancing-v2';
import { Api } from './api';
import { Cluster, instanceIdsOf, instanceName, MachineGroup, machinesOf } from './cluster';
import { answered, failure, Finding, finding, Problem, warning } from './finding';
import { classicNames, targetGroups } from './load-balancers';

/** On the way in or out, which no repair shortens. */
const PASSING = ['initial', 'draining'];

/** What the load balancers say of the nodes. */
export async function targets(cluster: Cluster, api: Api): Promise<readonly Finding[]> {
  const ofGroups = answered('target groups', async () => {
    const groups = await targetGroups(cluster, api);
    return (await Promise.all(groups.map(each => answered(each.TargetGroupName!, async () => [await judge(cluster, each, api)])))).flat();
  });
  const ofClassic = classicNames(cluster).map(name => answered(name, async () => [await judgeClassic(cluster, name, api)]));
  const findings = (await Promise.all([ofGroups, ...ofClassic])).flat();
  if (findings.length > 0) return findings;
  return [{ what: 'load balancers', state: 'not answered', detail: 'the nodes are targets of no load balancer that AWS knows' }];
}

async function judge(cluster: Cluster, group: TargetGroup, api: Api): Promise<Finding> {
  const health = await api.targetHealth(group.TargetGroupArn!);
  const attached = machinesOf(cluster).filter(each => each.autoScalingGroup.TargetGroupARNs?.includes(group.TargetGroupArn!));
  const healthy = health.filter(each => each.TargetHealth?.State === 'healthy');
  return finding(`${group.TargetGroupName} (port ${group.Port})`, [
    ...(health.length === 0 ? [failure('it has no targets')] : []),
    ...(attached.length === 0 ? [failure('no auto scaling group of the cluster registers its instances with it')] : []),
    ...unregistered(cluster, attached, health.map(each => each.Target!.Id!)),
    ...health.flatMap(each => healthProblem(cluster, each)),
  ], `${healthy.length} of ${health.length} targets are healthy`);
}

function healthProblem(cluster: Cluster, { Target, TargetHealth }: TargetHealthDescription): Problem[] {
  const state = TargetHealth?.State ?? 'unknown';
  if (state === 'healthy') return [];
  const sentence = `${instanceName(cluster, Target!.Id!)} is ${state}${reason(TargetHealth?.Description ?? TargetHealth?.Reason)}`;
  return [PASSING.includes(state) ? warning(sentence) : failure(sentence)];
}

function reason(said: string | undefined): string {
  return said === undefined || said === 'N/A' ? '' : ` (${said})`;
}

function unregistered(cluster: Cluster, groups: readonly MachineGroup[], registered: readonly string[]): Problem[] {
  return instanceIdsOf(groups).filter(id => !registered.includes(id))
    .map(id => failure(`${instanceName(cluster, id)} is not registered, so that no request reaches it`));
}

async function judgeClassic(cluster: Cluster, name: string, api: Api): Promise<Finding> {
  const states = await api.instanceHealth(name);
  const attached = machinesOf(cluster).filter(each => each.autoScalingGroup.LoadBalancerNames?.includes(name));
  const bad = states.filter(each => each.State !== 'InService')
    .map(each => failure(`${instanceName(cluster, each.InstanceId!)} is ${each.State}${reason(each.Description)}`));
  const nobody = states.length === 0 ? [failure('it has no instances')] : [];
  return finding(`${name} (Classic)`, [...nobody, ...unregistered(cluster, attached, states.map(each => each.InstanceId!)), ...bad],
    `${states.length} of ${states.length} instances are in service`);
}
