/** What a template lets leave its security groups, beside what lib/network/README.md states. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './example';

/** One rule. `ports` is a range, `from-to`, `database` for that of a database instance, or `all`. */
export interface Egress { readonly from: string; readonly to: string; readonly ports: string }

interface Stated { readonly from: string; readonly to: string; readonly ports: readonly string[] }

/** Beginnings of the descriptions of our groups, and of those that the CDK makes. */
const NAMES: readonly [RegExp, string][] = [
  [/^Members of a WSO2 Carbon cluster/, 'members'],
  [/^NGINX before/, 'NGINX'],
  [/^Function that prepares the databases/, 'function that prepares databases'],
  [/^WSO2 Elastic Load Balancer before/, 'WSO2 Elastic Load Balancer'],
  [/^Network load balancer before/, 'network load balancer'],
  [/^Automatically created Security Group for ELB|\/LoadBalancer\/(Service|Console)\/SecurityGroup$/, 'application or Classic load balancer'],
  [/^Security group for Instance database/, 'database'],
  [/^Shared folders of a WSO2 Carbon cluster/, 'file system'],
];
const NOWHERE = '255.255.255.255/32';
const EVERYWHERE = '0.0.0.0/0';

/** Everything that may leave; a group without any rule gets EC2's own, which is open to everywhere. */
export function egressOf(resources: Record<string, any>): Egress[] {
  const all = Object.values(resources);
  return Object.entries(resources).filter(([, each]) => each.Type === 'AWS::EC2::SecurityGroup').flatMap(([id, group]) => {
    const apart = all.filter(each => each.Type === 'AWS::EC2::SecurityGroupEgress' && idOf(each.Properties.GroupId) === id).map(each => each.Properties);
    const rules: any[] = [...group.Properties.SecurityGroupEgress ?? [], ...apart];
    const from = nameOf(group);
    if (rules.length === 0) return [{ from, to: 'anywhere', ports: 'all' }];
    return rules.filter(each => each.CidrIp !== NOWHERE).map(rule => ({ from, to: destination(rule, resources), ports: portsOf(rule) }));
  });
}

function nameOf(group: any): string {
  const description = group.Properties.GroupDescription;
  return NAMES.find(([pattern]) => pattern.test(description))?.[1] ?? description;
}

function destination(rule: any, resources: Record<string, any>): string {
  if (rule.DestinationSecurityGroupId) return nameOf(resources[idOf(rule.DestinationSecurityGroupId)]);
  return rule.CidrIp === EVERYWHERE ? 'anywhere' : JSON.stringify(rule.CidrIp);
}

function idOf(reference: any): string {
  return reference['Fn::GetAtt'][0];
}

function portsOf({ IpProtocol, FromPort, ToPort }: any): string {
  if (IpProtocol !== 'tcp') return 'all';
  if (typeof FromPort === 'number') return `${FromPort}-${ToPort}`;
  return FromPort['Fn::GetAtt'][1] === 'Endpoint.Port' ? 'database' : JSON.stringify(FromPort);
}

/** The table below the heading, a row for each pair of groups. */
export function statedEgress(): Stated[] {
  const readme = readFileSync(join(ROOT, 'lib', 'network', 'README.md'), 'utf8');
  const table = readme.slice(readme.indexOf('## What may leave'));
  return [...table.matchAll(/^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|/gm)].slice(1).filter(([, , to]) => to !== 'nowhere').map(([, from, to, ports]) => ({
    from, to, ports: ports === 'that of the instance' ? ['database'] : ports.split(', ').map(each => each.replace(' to ', '-')),
  }));
}

/** Whether a row of the table states it. */
export function states(row: Stated, rule: Egress): boolean {
  return row.from === rule.from && row.to === rule.to && row.ports.some(each => each === rule.ports || inside(rule.ports, each));
}

function inside(ports: string, stated: string): boolean {
  const [from, to] = ports.split('-').map(Number);
  const [lowest, highest = lowest] = stated.split('-').map(Number);
  return from >= lowest && to <= highest;
}
