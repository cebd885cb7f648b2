/** What to ask the load balancers for. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Json } from './cluster-document';
import { Rehearsal } from './rehearsal';

const HTTPS_PORT = 443;
/** Of a listener that passes on whatever comes, only the port tells that it is TLS. */
const TLS_PORTS = [HTTPS_PORT, 8243, 8443, 9443];
/** What every Carbon answers, and every load balancer passes on to one. */
const CARBON_PATH = '/services/Version';

/** A host name that leads to a load balancer, and something there that answers. */
export interface HostPath {
  readonly host: string;
  readonly path: string;
  readonly url: string;
  /** Only somebody in the network can ask. */
  readonly internal: boolean;
  /** TLS ends at an instance, with a certificate of its own. */
  readonly insecure: boolean;
  /** The target groups behind it. */
  readonly targetGroups: readonly string[];
}

export function deployedDocument(rehearsal: Rehearsal): Json {
  return JSON.parse(fs.readFileSync(path.join(rehearsal.workFolder, 'cluster.json'), 'utf8'));
}

/** Each host name that leads to a load balancer, by a rule or by a zone, with a path that its targets answer. */
export function hostPaths(rehearsal: Rehearsal): HostPath[] {
  return hostPathsOf(deployedDocument(rehearsal));
}

export function hostPathsOf(document: Json): HostPath[] {
  return document.loadBalancers.flatMap((balancer: Json) => {
    const byRule = balancer.listeners.flatMap((listener: Json) => listener.rules.flatMap((rule: Json) => rule.hostHeader.map(
      (host: string) => hostPath(document, balancer, listener, host, rule.action))));
    const ruled = new Set(byRule.map((each: HostPath) => each.host));
    const listener = mainListener(balancer);
    const byName = namesOf(document, balancer).filter(host => !ruled.has(host))
      .map(host => hostPath(document, balancer, listener, host, listener.defaultAction));
    return unique([...byRule, ...byName]);
  });
}

/** A host that several listeners know is asked at the one for HTTPS. */
function unique(paths: HostPath[]): HostPath[] {
  const rank = (each: HostPath): number => (each.url.startsWith('https:') ? 0 : 1);
  const sorted = [...paths].sort((a, b) => rank(a) - rank(b));
  return paths.map(each => each.host).filter((host, index, all) => all.indexOf(host) === index)
    .map(host => sorted.find(each => each.host === host)!);
}

function hostPath(document: Json, balancer: Json, listener: Json, host: string, action: Json): HostPath {
  const group = document.targetGroups.find((each: Json) => each.id === action.targetGroup);
  const terminates = ['HTTPS', 'TLS', 'SSL'].includes(listener.protocol);
  const passes = listener.protocol === 'TCP' && TLS_PORTS.includes(listener.port);
  const scheme = terminates || passes ? 'https' : 'http';
  const standard = listener.port === (scheme === 'https' ? HTTPS_PORT : 80);
  const asked = pathOf(group);
  return {
    host,
    path: asked,
    url: `${scheme}://${host}${standard ? '' : `:${listener.port}`}${asked}`,
    internal: balancer.scheme === 'internal',
    insecure: passes,
    targetGroups: group ? [group.id] : [],
  };
}

/** Where people come first. */
function mainListener(balancer: Json): Json {
  const rank = (listener: Json): number => (listener.port === HTTPS_PORT ? 0 : TLS_PORTS.includes(listener.port) ? 1 : 2);
  return [...balancer.listeners].sort((a: Json, b: Json) => rank(a) - rank(b) || a.port - b.port)[0];
}

/** The names that lead to this load balancer, through however many others. */
function namesOf(document: Json, balancer: Json): string[] {
  const aliases = new Map<string, string>(document.names.filter((each: Json) => each.alias).map((each: Json) => [plain(each.name), plain(each.alias)]));
  const end = plain(balancer.dnsName);
  return [...aliases.keys()].filter(name => !name.startsWith('*') && leadsTo(aliases, name, end));
}

function leadsTo(aliases: ReadonlyMap<string, string>, name: string, end: string): boolean {
  const seen = new Set<string>();
  for (let each: string | undefined = name; each !== undefined && !seen.has(each); each = aliases.get(each)) {
    if (each === end) return true;
    seen.add(each);
  }
  return false;
}

function plain(name: string): string {
  return name.toLowerCase().replace(/\.$/, '').replace(/^dualstack\./, '');
}

/** An address that leads to this instance and others like it. */
export function urlTo(rehearsal: Rehearsal, instance: string): string {
  const document = deployedDocument(rehearsal);
  const targets = (each: HostPath): string[] => document.targetGroups.filter((group: Json) => each.targetGroups.includes(group.id))
    .flatMap((group: Json) => group.targets);
  const paths = hostPathsOf(document);
  const helpers = new Set(document.nodes.filter((each: Json) => isLoadBalancer(each)).map((each: Json) => each.instanceId));
  const found = paths.find(each => targets(each).includes(instance)) ?? paths.find(each => targets(each).some(one => helpers.has(one)));
  if (!found) throw new Error(`no host name of a load balancer leads to ${instance}`);
  return found.url;
}

/** Instances without the tag are members, as those of other people's stacks. */
export function isLoadBalancer(node: Json): boolean {
  return node.tags?.['carbon-cluster-role'] === 'load-balancer';
}

/** What the health check asks for, where it asks at the port that requests go to. */
function pathOf(group: Json | undefined): string {
  if (!group) return '/';
  const elsewhere = group.health.port !== undefined && group.health.port !== group.port;
  return elsewhere ? CARBON_PATH : group.health.path ?? CARBON_PATH;
}
