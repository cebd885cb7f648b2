import { DatabaseReport, LoadBalancerReport, NodeReport, Report, TargetGroupReport } from './report';

/** The report for a person at a terminal. */
export function formatReport(report: Report): string {
  return [
    section('Nodes', nodeTable(report.nodes)),
    section('Their roles and tags', identityTable(report.nodes)),
    section('Who would discover whom', discoveryTable(report.nodes)),
    section('Load balancer listeners', report.loadBalancers.map(listenerTable).join('\n\n')),
    section('Target groups', targetTable(report.targetGroups)),
    section('Databases', databaseTable(report.databases)),
    section('Secrets', report.secrets.join('\n')),
    section('Not run, because the emulator has no network for functions in a VPC', report.notRun.join('\n')),
  ].join('\n');
}

function section(title: string, text: string): string {
  const body = text === '' ? 'none' : text;
  return `${title}\n${body.split('\n').map(line => `  ${line}`.trimEnd()).join('\n')}\n`;
}

function nodeTable(nodes: readonly NodeReport[]): string {
  const headers = ['instance', 'name', 'zone', 'private address', 'public', 'type', 'IMDS tokens', 'security groups'];
  return table(headers, nodes.map(node => [
    node.instanceId, node.name, node.zone, node.privateAddress, node.publicAddress ?? 'none', node.instanceType,
    `${node.metadataTokens}, hops ${node.metadataHopLimit}`, node.securityGroups.join(', '),
  ]));
}

function identityTable(nodes: readonly NodeReport[]): string {
  return table(['instance', 'role', 'tags'], nodes.map(node => [
    node.instanceId, node.role ?? 'none', Object.entries(node.tags).map(([key, value]) => `${key}=${value}`).join(', '),
  ]));
}

function discoveryTable(nodes: readonly NodeReport[]): string {
  const addresses = new Map(nodes.map(node => [node.instanceId, node.privateAddress]));
  return table(['node', 'looks for', 'finds'], nodes.map(node => [
    `${node.name} ${node.privateAddress}`, describeSearch(node),
    `${node.finds.length} of ${nodes.length}: ${node.finds.map(id => addresses.get(id) ?? id).sort().join(', ') || 'nobody'}`,
  ]));
}

function describeSearch(node: NodeReport): string {
  const search = node.looksFor;
  if (!search) {
    return 'nobody';
  }
  return [
    ...search.hosts ? [`addresses ${search.hosts.join(', ')}`] : [],
    ...search.tagKey === undefined ? [] : [`tag ${search.tagKey}=${search.tagValue ?? '*'}`],
    ...search.securityGroup === undefined ? [] : [`group ${search.securityGroup}`],
  ].join(', ');
}

function listenerTable(balancer: LoadBalancerReport): string {
  const rows = balancer.listeners.flatMap(listener => listener.rules.map((rule, index) => [
    ...index > 0 ? ['', '', ''] : [`${listener.protocol} ${listener.port}`, listener.policy ?? '', String(listener.certificates.length)],
    rule.priority, rule.condition, rule.action,
  ]));
  const title = `${balancer.name} (${balancer.type}, ${balancer.scheme})\n${balancer.dnsName}`;
  return `${title}\n${table(['listener', 'TLS policy', 'certificates', 'rule', 'when', 'does'], rows)}`;
}

function targetTable(groups: readonly TargetGroupReport[]): string {
  // Without their state: the emulator calls every registered target healthy, and nothing runs that could be.
  return table(['target group', 'port', 'health check', 'stickiness', 'registered targets'], groups.map(group => [
    group.name, `${group.protocol} ${group.port}`, group.healthCheck, group.stickiness,
    group.targets.map(target => target.id).join(', ') || 'none',
  ]));
}

function databaseTable(databases: readonly DatabaseReport[]): string {
  return databases.map(database => table(['property', 'value'], [
    ['name', database.name],
    ['engine', `${database.engine} ${database.version}`],
    ['endpoint', database.endpoint],
    ['encrypted', yes(database.encrypted)],
    ['backups kept', `${database.backupDays} days`],
    ['deletion protection', yes(database.deletionProtection)],
    ['public address', yes(database.publiclyAccessible)],
    ['subnet group', database.subnetGroup],
    ['parameter group', database.parameterGroup],
    ['TLS required', yes(database.requiresTls)],
  ])).join('\n\n');
}

function yes(value: boolean): string {
  return value ? 'yes' : 'no';
}

/** Columns as wide as their longest cell. */
function table(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) {
    return '';
  }
  const widths = headers.map((header, column) => Math.max(header.length, ...rows.map(row => row[column].length)));
  const line = (cells: readonly string[]) => cells.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd();
  return [line(headers), line(widths.map(width => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
