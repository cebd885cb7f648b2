import { Template } from 'aws-cdk-lib/assertions';

/** Security groups of a stack by what they are for, told by their descriptions. */
const PURPOSES: [RegExp, string][] = [
  [/^Members of/, 'Members'],
  [/^Network load balancer/, 'Balancer'],
  [/^NGINX/, 'NGINX'],
  [/^WSO2 Elastic Load Balancer/, 'ELB'],
  [/LoadBalancer\/Console/, 'Console balancer'],
  [/LoadBalancer/, 'Service balancer'],
  [/database/i, 'Database'],
];

/** Who may connect to whom, `Members: 8243 from NGINX`, in order; the database apart, whose port only CloudFormation knows. */
export function openings(template: Template): string[] {
  const groups = template.findResources('AWS::EC2::SecurityGroup');
  const nameOf = (reference: any): string => purposeOf(groups[reference['Fn::GetAtt'][0]].Properties.GroupDescription);
  const inline = Object.values(groups).flatMap(group => (group.Properties.SecurityGroupIngress ?? []).map((rule: any) => [group, rule]))
    .map(([group, rule]) => `${purposeOf(group.Properties.GroupDescription)}: ${range(rule)} from ${rule.CidrIp}`);
  const separate = Object.values(template.findResources('AWS::EC2::SecurityGroupIngress')).map(each => each.Properties)
    .map(rule => `${nameOf(rule.GroupId)}: ${range(rule)} from ${nameOf(rule.SourceSecurityGroupId)}`);
  return [...inline, ...separate].filter(each => !each.startsWith('Database')).sort();
}

/** What of a template is the load balancer's: a snapshot of the rest is the cluster's. */
export function balancingOf(template: Template): { Resources: Record<string, unknown> } {
  return { Resources: Object.fromEntries(Object.entries(template.toJSON().Resources).filter(([id]) => id.includes('LoadBalancer'))) };
}

function purposeOf(description: string): string {
  return PURPOSES.find(([pattern]) => pattern.test(description))?.[1] ?? description;
}

function range(rule: { FromPort: number; ToPort: number }): string {
  return rule.FromPort === rule.ToPort ? String(rule.FromPort) : `${rule.FromPort}-${rule.ToPort}`;
}
