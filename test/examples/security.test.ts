/** Every example, and what it is by one word besides, as a security team would look at it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { AwsSolutionsChecks } from 'cdk-nag';
import { testing } from '../../lib';
import { Egress, egressOf, statedEgress, states } from './egress';
import { ALL, assembly } from './example';

interface Violation { ruleName: string; description: string; violatingResources: { constructPath: string }[] }

const STATED = statedEgress();
const seen: Egress[] = [];

/** A line for each resource that a rule complains of. */
function findings(violations: readonly Violation[]): string[] {
  return violations.flatMap(each => each.violatingResources.map(resource => `${each.ruleName} at ${resource.constructPath}: ${each.description}`));
}

describe.each(ALL)('%s', (title, name, context) => {
  let folder: string;
  let report: Record<string, Violation[]>;
  let resources: Record<string, any>;

  beforeAll(() => {
    const made = assembly(name, context);
    folder = made.folder;
    report = JSON.parse(readFileSync(made.nagReport, 'utf8'));
    const template = readdirSync(folder).find(each => each.endsWith('.template.json'))!;
    resources = JSON.parse(readFileSync(join(folder, template), 'utf8')).Resources;
  });

  test('cdk-nag has no unexplained finding', () => {
    expect(findings(report.AwsSolutions)).toEqual([]);
  });

  test('HIPAA rules are looked at, for information', () => {
    const counts = report['HIPAA.Security'].map(each => `${each.ruleName} ${each.violatingResources.length}`);
    expect(counts.length).toBeGreaterThan(0);
    process.stdout.write(`HIPAA Security, ${title}: ${counts.join(', ')}\n`);
  });

  test('nothing leaves but what is stated', () => {
    const rules = egressOf(resources);
    expect(rules.length).toBeGreaterThan(3);
    expect(rules.filter(rule => !STATED.some(row => states(row, rule)))).toEqual([]);
    seen.push(...rules);
  });

  test('no secret and no known password is in the cloud assembly', () => {
    const scan = new testing.SecretScan().scanFolder(folder);
    scan.assertNoFindings();
    expect(scan.skippedFiles).toEqual([]);
  });
});

test('every row that states what may leave is needed by an example', () => {
  const superfluous = STATED.flatMap(row => row.ports.map(port => ({ ...row, ports: [port] })))
    .filter(row => !seen.some(rule => states(row, rule))).map(row => `${row.from} to ${row.to} at ${row.ports[0]}`);
  expect(superfluous).toEqual([]);
});

test('a group that is open is found by both', () => {
  const stack = new Stack(new App({ analyticsReporting: false }), 'Open');
  const group = new ec2.SecurityGroup(stack, 'Group', { vpc: new ec2.Vpc(stack, 'Vpc'), description: 'Members of a WSO2 Carbon cluster' });
  group.addIngressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(22));
  const open = egressOf(Template.fromStack(stack).toJSON().Resources).filter(rule => rule.from === 'members');
  expect(open).toEqual([{ from: 'members', to: 'anywhere', ports: 'all' }]);
  expect(STATED.some(row => states(row, open[0]))).toBe(false);
  expect(findings(new AwsSolutionsChecks().validateScope(stack).violations as Violation[]).join()).toMatch(/AwsSolutions-EC23 at Open\/Group/);
});
