/** What to ask the load balancers for. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Json } from './cluster-document';
import { Rehearsal } from './rehearsal';

export function deployedDocument(rehearsal: Rehearsal): Json {
  return JSON.parse(fs.readFileSync(path.join(rehearsal.workFolder, 'cluster.json'), 'utf8'));
}

/** Each host name of the load balancer's rules, with a path that its targets answer. */
export function hostPaths(rehearsal: Rehearsal): Record<string, string> {
  const document = deployedDocument(rehearsal);
  const pairs = rulesOf(document).flatMap(rule => {
    const group = groupOf(document, rule);
    return rule.hostHeader.map((host: string): [string, string] => [host, pathOf(group)]);
  });
  return Object.fromEntries(pairs);
}

/** An address that leads to this instance and others like it. */
export function urlTo(rehearsal: Rehearsal, instance: string): string {
  const document = deployedDocument(rehearsal);
  const rule = rulesOf(document).find(each => each.hostHeader.length > 0 && groupOf(document, each)?.targets.includes(instance));
  if (!rule) throw new Error(`no host name of a load balancer leads to ${instance}`);
  return `https://${rule.hostHeader[0]}${pathOf(groupOf(document, rule))}`;
}

/** What the health check asks for, where it asks at the port that requests go to; what every Carbon answers otherwise. */
function pathOf(group: Json | undefined): string {
  if (!group) return '/';
  const elsewhere = group.health.port !== undefined && group.health.port !== group.port;
  return elsewhere ? '/services/Version' : group.health.path ?? '/';
}

function rulesOf(document: Json): Json[] {
  return document.loadBalancers.flatMap((balancer: Json) => balancer.listeners.flatMap((listener: Json) => listener.rules));
}

function groupOf(document: Json, rule: Json): Json | undefined {
  return document.targetGroups.find((each: Json) => each.id === rule.action.targetGroup);
}
