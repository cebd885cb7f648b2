/** What several scenarios ask of a rehearsal. */
import { Json } from '../cluster-document';
import { hostPaths } from '../host-paths';
import { CARBON_LOG, Rehearsal, RehearsedNode } from '../rehearsal';
import { carbonsAmong, makeReport } from '../report';
import { label, must, ScenarioFailure, SETTLE_SECONDS, until } from './scenario';

/** Everything that `npm run rehearse` looks at. */
export async function reportPasses(rehearsal: Rehearsal): Promise<void> {
  const report = await makeReport(rehearsal, hostPaths(rehearsal));
  must(report.passed, report.problems.join('; '));
}

export function nodesOf(rehearsal: Rehearsal): RehearsedNode[] {
  return [...rehearsal.nodes.values()];
}

/** The workers, which the scenarios treat badly. */
export function workersOf(rehearsal: Rehearsal): RehearsedNode[] {
  const workers = nodesOf(rehearsal).filter(each => /worker/i.test(each.name));
  must(workers.length > 0, 'the deployed cluster has no worker');
  return workers;
}

/** Until all nodes are in service, as one cluster. */
export async function allJoined(rehearsal: Rehearsal): Promise<void> {
  await rehearsal.settled(SETTLE_SECONDS);
  await inService(nodesOf(rehearsal));
  await oneCluster(rehearsal, nodesOf(rehearsal));
}

/** As `allJoined`, and healthy targets of every load balancer. */
export async function allServing(rehearsal: Rehearsal): Promise<void> {
  await allJoined(rehearsal);
  await rehearsal.command('wait-healthy', { nodes: [...rehearsal.nodes.keys()], timeout: 90 });
}

/** Until an update has ended all of these nodes. */
export async function gone(rehearsal: Rehearsal, before: readonly RehearsedNode[]): Promise<void> {
  await until('the old nodes did not end', 180, async () => before.every(each => !rehearsal.nodes.has(each.id)));
}

/** Until each of these nodes sees exactly them; the seconds it took. */
export async function oneCluster(rehearsal: Rehearsal, nodes: readonly RehearsedNode[], seconds = 60): Promise<number> {
  let seen = 'nothing';
  const took = until('', seconds, async () => {
    const problems = await strangers(rehearsal, nodes);
    seen = problems.join('; ');
    return problems.length === 0;
  });
  return took.catch(error => { throw error instanceof ScenarioFailure ? new ScenarioFailure(`${seen}, still after ${seconds} s`) : error; });
}

/** A sentence for each node that sees others than these. */
export async function strangers(rehearsal: Rehearsal, nodes: readonly RehearsedNode[]): Promise<string[]> {
  const memberships = await rehearsal.memberships();
  const members = nodes.filter(each => !each.loadBalancer);
  const expected = members.map(each => each.memberIp).sort().join(', ');
  return members.flatMap(each => {
    const seen = carbonsAmong(memberships.get(each.id) ?? [], nodesOf(rehearsal)).join(', ');
    return seen === expected ? [] : [`${label(each)} sees ${seen || 'no members'} instead of ${expected}`];
  });
}

export async function inService(nodes: readonly RehearsedNode[]): Promise<void> {
  const failed = nodes.filter(each => each.failure);
  must(failed.length === 0, failed.map(each => `${label(each)} failed as ${each.failure}: ${each.lastLines.slice(-3).join(' | ')}`).join('; '));
}

export async function targetState(rehearsal: Rehearsal, id: string): Promise<string> {
  const targets: Json[] = await rehearsal.command('health');
  return targets.find(each => each.instance === id)?.state ?? 'not a target';
}

export async function carbonLog(rehearsal: Rehearsal, node: RehearsedNode): Promise<string> {
  return rehearsal.command('read', { node: node.id, path: CARBON_LOG, bytes: 1 << 22 }).catch(() => '');
}

/** Nobody outside reaches an internal load balancer, so this node asks in its place. */
export function askedFrom(rehearsal: Rehearsal, node: RehearsedNode): { from?: string } {
  return rehearsal.internal ? { from: node.id } : {};
}

/** How often a text is in a node's file. */
export function count(text: string, part: string): number {
  return text.split(part).length - 1;
}

/** A fresh entry for a node that starts anew, so that its phases are told again. */
export function forget(rehearsal: Rehearsal, node: RehearsedNode): RehearsedNode {
  const fresh: RehearsedNode = { ...node, phases: {}, lastLines: [], failure: undefined, bootedAt: 0 };
  rehearsal.nodes.set(node.id, fresh);
  return fresh;
}
