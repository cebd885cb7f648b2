import { listOf, Located, Properties, refersTo, TemplateSet } from './template';
import { PortRange } from '../network/cluster-security-group';

interface LocatedRule { readonly resource: Located; readonly rule: Properties }

type Direction = 'Ingress' | 'Egress';

/** The security groups of the templates and what their rules let through. */
export class SecurityGroups {
  private readonly groups: readonly Located[];

  public constructor(private readonly templates: TemplateSet) {
    this.groups = templates.resources('AWS::EC2::SecurityGroup');
  }

  /** The groups that texts refer to; a group that no template makes is not among them. */
  public referred(texts: readonly string[]): Located[] {
    return this.groups.filter(group => texts.some(text => refersTo(text, group)));
  }

  /** Nothing where CloudFormation makes the name up. */
  public nameOf(group: Located): string {
    return this.templates.text(group.stack, group.properties.GroupName);
  }

  /** The ports of a range that instances in some groups cannot reach at instances in others. */
  public closedPorts(callers: readonly Located[], called: readonly Located[], ports: PortRange): number[] {
    const range = Array.from({ length: ports.to - ports.from + 1 }, (_, index) => ports.from + index);
    return range.filter(port => !this.passes('Egress', callers, called, port) || !this.passes('Ingress', called, callers, port));
  }

  private passes(direction: Direction, groups: readonly Located[], peers: readonly Located[], port: number): boolean {
    return groups.some(group => {
      const rules = this.rulesOf(direction, group);
      // A group without a rule of its own for what leaves it lets everything out.
      if (direction === 'Egress' && rules.length === 0) return true;
      return rules.some(({ resource, rule }) => hasPort(rule, port) && this.hasPeer(direction, resource, rule, peers));
    });
  }

  private rulesOf(direction: Direction, group: Located): LocatedRule[] {
    const inline = listOf(group.properties[`SecurityGroup${direction}`]).map(rule => ({ resource: group, rule: rule as Properties }));
    const separate = this.templates.resources(`AWS::EC2::SecurityGroup${direction}`)
      .filter(each => refersTo(this.templates.text(each.stack, each.properties.GroupId), group))
      .map(each => ({ resource: each, rule: each.properties }));
    return [...inline, ...separate];
  }

  /** Of address ranges only those count of which nobody needs to know where the members are. */
  private hasPeer(direction: Direction, { stack }: Located, rule: Properties, peers: readonly Located[]): boolean {
    const group = this.templates.text(stack, direction === 'Ingress' ? rule.SourceSecurityGroupId : rule.DestinationSecurityGroupId);
    const everywhere = rule.CidrIp === '0.0.0.0/0' || this.templates.referred('AWS::EC2::VPC', stack, rule.CidrIp) !== undefined;
    return everywhere || peers.some(peer => refersTo(group, peer));
  }
}

function hasPort(rule: Properties, port: number): boolean {
  if (String(rule.IpProtocol) === '-1') return true;
  return ['tcp', '6'].includes(String(rule.IpProtocol)) && Number(rule.FromPort) <= port && port <= Number(rule.ToPort);
}
