/** What a rehearsal showed, for people and for tools. */
import { Authorization, authorizationOf, authorizationText } from './authorization/report';
import { Json } from './cluster-document';
import { HostPath } from './host-paths';
import { PHASES, Rehearsal, RehearsedNode } from './rehearsal';

export interface RehearsalReport {
  /** Everything that must hold does. */
  readonly passed: boolean;
  readonly problems: readonly string[];
  readonly standIn: boolean;
  readonly nodes: readonly Json[];
  readonly ec2Calls: readonly Json[];
  readonly awsCalls: readonly Json[];
  /** How the calls were judged by the deployed policies, and what was granted and not used. */
  readonly authorization: Authorization;
  readonly targets: readonly Json[];
  readonly requests: readonly Json[];
  readonly blocked: readonly Json[];
  /** Packets that a VPC drops, because they left by an interface without their address. */
  readonly strayed: readonly Json[];
  readonly seconds: Readonly<Record<string, number>>;
}

const HINTS: readonly [RegExp, string][] = [
  [/:pack:checksum/, 'the checksum beside the pack, or the one in the code, is of another file'],
  [/:pack:not-a-zip|:pack:layout/, 'the object in the bucket is no product pack; look at what was uploaded'],
  [/:pack:jdbc-driver/, 'put a MySQL driver into the pack or give jdbcDriver'],
  [/:forbidden/, 'S3 answers 403: the object does not exist, or the role, the bucket or its key does not allow the node to read it'],
  [/:not-found/, 'S3 answers 404: there is no such bucket or object'],
  [/:late/, 'the phase took longer than bootTimeout allows'],
  [/:pack:disk-full/, 'the root volume is too small: rootVolumeSize'],
  [/ResourceNotFoundException/, 'a secret that the node was told of does not exist any more'],
  [/:databases:/, 'the database did not answer or refused; its endpoint, security group and administrator\'s secret must fit'],
  [/:configuration:/, 'a configuration file of this pack is not as expected; try carbon-cluster render on it'],
  [/:(join|health):service-failed/, 'the server stopped by itself; its last lines say why'],
  [/:join:not-joined/, 'the server runs but never became a member; look for Hazelcast in its log'],
  [/:health:not-healthy/, 'the server runs but does not answer on its health port'],
  [/:bootstrap/, 'the boot programs could not be fetched: role, bucket or network'],
];

/** Waits for the load balancer's opinion, asks each host name, and puts it together. */
export async function makeReport(rehearsal: Rehearsal, hostPaths: readonly HostPath[]): Promise<RehearsalReport> {
  const nodes = [...rehearsal.nodes.values()];
  const healthy = nodes.filter(each => !each.failure).map(each => each.id);
  const targets = healthy.length === 0 ? [] : await rehearsal.command('wait-healthy', { nodes: healthy, timeout: 90 });
  const requests = [];
  for (const each of hostPaths) requests.push(await request(rehearsal, each));
  const summary = await rehearsal.command('summary');
  const members = await rehearsal.memberships();
  const authorization = await authorizationOf(await rehearsal.authorizations());
  const problems = [
    ...nodes.flatMap(each => failureOf(each)),
    ...nodes.flatMap(each => membershipProblem(each, nodes, members.get(each.id))),
    ...(targets as Json[]).filter(each => each.state !== 'healthy').map(each => `target ${each.instance} of ${each.loadBalancer} is ${each.state}`),
    ...requests.filter(each => each.status !== 200).map(each => `${each.url} answered ${each.status || each.error}`),
    ...authorization.problems,
    ...(summary.awsCalls as Json[]).filter(each => each.bypassed > 0).map(each => `${each.bypassed} calls of ${each.service}:${each.action} were not judged`),
    ...(summary.blocked as Json[]).map(each => `a security group kept ${each.from} from ${each.to}:${each.port}`),
    ...(summary.strayed as Json[]).map(each => `${each.at} sent packets from ${each.address} by another interface, which a VPC drops`),
  ];
  return {
    passed: problems.length === 0,
    problems,
    standIn: rehearsal.standIn,
    nodes: nodes.map(each => ({ ...each, lastLines: each.failure ? each.lastLines : [], members: members.get(each.id) })),
    ec2Calls: byPrincipal(summary.awsCalls, 'ec2'),
    awsCalls: byPrincipal(summary.awsCalls),
    authorization,
    targets,
    requests,
    blocked: summary.blocked,
    strayed: summary.strayed,
    seconds: rehearsal.times,
  };
}

async function request(rehearsal: Rehearsal, { host, path, url, internal, insecure }: HostPath): Promise<Json> {
  // Nobody outside reaches an internal load balancer, so a node asks in its place.
  const from = internal ? { from: [...rehearsal.nodes.keys()][0] } : {};
  const answer = await rehearsal.command('request', { url, insecure, ...from });
  return { host, path, url, status: answer.status, instance: answer.instance, error: answer.error, seconds: answer.seconds };
}

/** What to look at, by the unique id of a failure's signal. */
export function hintFor(failure: string): string | undefined {
  return HINTS.find(([pattern]) => pattern.test(failure))?.[1];
}

function failureOf(node: RehearsedNode): string[] {
  if (!node.failure) return [];
  const hint = hintFor(node.failure);
  return [`${node.name} ${node.privateIp} failed, CloudFormation would show ${node.failure}${hint ? `: ${hint}` : ''}`];
}

/** A node must see every node of its domain that came up, and no other. */
function membershipProblem(node: RehearsedNode, nodes: readonly RehearsedNode[], members: readonly string[] | undefined): string[] {
  if (node.failure || node.loadBalancer) return [];
  const expected = nodes.filter(each => each.domain === node.domain && !each.failure && !each.loadBalancer).map(each => each.memberIp).sort();
  const seen = carbonsAmong(members ?? [], nodes);
  if (JSON.stringify(expected) === JSON.stringify(seen)) return [];
  return [`${node.name} ${node.privateIp} sees ${seen.length} of ${expected.length} members: ${seen.join(', ') || 'none'}`];
}

/** The addresses in a list of members, without load balancers: WSO2's is a member of the clusters behind it, others are of none. */
export function carbonsAmong(members: readonly string[], nodes: readonly RehearsedNode[]): string[] {
  const balancers = new Set(nodes.filter(each => each.loadBalancer).map(each => each.memberIp));
  return members.map(each => each.split(':')[0]).filter(each => !balancers.has(each)).sort();
}

/** Calls by role, not by instance, and without the names of objects: a reader wants to know who may do what. */
function byPrincipal(calls: readonly Json[], service?: string): Json[] {
  const counted = new Map<string, Json>();
  for (const call of calls.filter(each => service === undefined || each.service === service)) {
    const action = String(call.action).split(' ')[0];
    const principal = String(call.principal).split('/')[0];
    const key = [call.service, action, principal].join(' ');
    const known = counted.get(key) ?? { service: call.service, action, principal, calls: 0, failed: 0 };
    counted.set(key, { ...known, calls: known.calls + call.calls, failed: known.failed + call.failed });
  }
  return [...counted.values()];
}

export function reportText(report: RehearsalReport): string {
  const seconds = (value: number | undefined): string => (value === undefined ? '-' : `${value.toFixed(1)} s`);
  const product = report.standIn ? '; the product is a stand-in, not WSO2\'s' : '';
  const lines = [
    '', `Nodes (seconds from the start of the machine to the end of each phase)${product}`,
    ...table(['node', 'address', ...PHASES], report.nodes.map(each => [each.name, each.privateIp, ...PHASES.map(phase => seconds(each.phases[phase]))])),
    '', 'Members that each node sees',
    ...table(['node', 'domain', 'members'],
      report.nodes.filter(each => !each.loadBalancer)
        .map(each => [`${each.name} ${each.memberIp}`, each.domain, each.members?.join(', ') ?? 'none'])),
    '', 'Calls of the EC2 API', ...callTable(report.ec2Calls),
    '', 'All calls of AWS', ...callTable(report.awsCalls),
    ...authorizationText(report.authorization, table),
    '', 'Load balancer',
    ...table(['target', 'group', 'state', 'why'], report.targets.map(each => [each.instance, shortName(each.targetGroup), each.state, each.reason ?? ''])),
    '', 'Requests',
    ...table(['url', 'status', 'answered by'], report.requests.map(each => [each.url, String(each.status), each.instance ?? ''])),
    '', 'Seconds', ...table(['what', 'seconds'], Object.entries(report.seconds).map(([what, value]) => [what, value.toFixed(1)])),
    '', report.passed ? 'Passed.' : 'NOT passed:', ...report.problems.map(each => `  - ${each}`),
  ];
  for (const node of report.nodes.filter(each => each.lastLines.length > 0)) {
    lines.push('', `Last lines of ${node.name} ${node.privateIp}`, ...node.lastLines.map((line: string) => `  ${line}`));
  }
  return lines.join('\n');
}

/** Of an ARN, the part that a person knows. */
function shortName(arn: string): string {
  return arn.split('/')[1] ?? arn;
}

function callTable(calls: readonly Json[]): string[] {
  return table(['call', 'principal', 'times', 'failed'],
    calls.map(each => [`${each.service}:${each.action}`, each.principal, String(each.calls), String(each.failed)]));
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map(row => (row[column] ?? '').length)));
  const line = (cells: readonly string[]): string => `  ${cells.map((cell, column) => (cell ?? '').padEnd(widths[column])).join('  ')}`.trimEnd();
  return [line(head), line(widths.map(width => '-'.repeat(width))), ...rows.map(line)];
}
