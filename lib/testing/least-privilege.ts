import { Allowed, TOO_WIDE_POLICIES, WITHOUT_RESOURCE } from './permissions';
import { administratorSecrets, foreignPolicies, LocatedStatement, Principal, principalsOf, statementsOf } from './principals';
import { SynthesizedStacks } from './synthesized-stacks';
import { listOf, Located, Properties, refersTo, TemplateSet } from './template';

/** An action that you grant to nodes yourself. */
export interface AllowedPermission {
  /** The action, without wildcards: `xray:PutTraceSegments`. */
  readonly action: string;
  /**
   * The resource, as findings spell it; here, and only here, it may hold a wildcard.
   *
   * @default - any without a wildcard; `*` for actions that take no resource
   */
  readonly resource?: string;
}

/** Options of `LeastPrivilege`. */
export interface LeastPrivilegeOptions {
  /**
   * What nodes may do besides what the cluster needs.
   *
   * @default - nothing
   */
  readonly alsoAllowed?: AllowedPermission[];

  /**
   * Names of managed policies of AWS that nodes may have: `CloudWatchAgentServerPolicy`.
   *
   * @default - none
   */
  readonly alsoAllowedManagedPolicies?: string[];
}

/**
 * Whether the roles of a cluster's nodes, and the user of its membership with what rotates its key, may do what they need and nothing else.
 *
 * Nodes need `secretsmanager:GetSecretValue` and `kms:Decrypt` on named resources, `s3:GetObject` on single objects, `s3:ListBucket` with a
 * condition on `s3:prefix` that names such an object, `cloudformation:SignalResource` on their own stack, `ec2:DescribeInstances` in one region,
 * and `ssm:UpdateInstanceInformation` and the four actions of `ssmmessages` for sessions. Well-known members that keep their addresses also need
 * `ec2:AttachNetworkInterface` on their interface and on instances with the cluster's tag, and `ec2:DescribeNetworkInterfaces` in one region;
 * nodes with a shared file system `elasticfilesystem:ClientMount`, and those that may write to it `ClientWrite`, on it through one access point;
 * those with artifacts in a bucket `s3:GetObject`, and the manager `s3:PutObject` and `s3:DeleteObject`, below one prefix of it; those whose logs are
 * sent `logs:CreateLogStream` and `logs:PutLogEvents` on named log groups; those that publish metrics `cloudwatch:PutMetricData` under one namespace.
 * The membership's user needs `ec2:DescribeInstances` in one region; the function that rotates its access key, the actions for that on this one
 * user and secret.
 *
 * A managed policy of AWS is a finding, `AmazonSSMManagedInstanceCore` included, which allows `ssm:GetParameter` on every parameter of the account.
 * So is a node that may read the secret from which an RDS instance or cluster of the stacks takes its administrator's password.
 *
 * A wildcard in an action is always a finding, and so is `*` for a resource of an action that takes one. Other roles and users of the
 * stacks are not looked at.
 */
export class LeastPrivilege {
  /**
   * What is wider than needed: a sentence each that names policy, action and resource.
   *
   * @throws if an allowed action holds a wildcard
   */
  public static findings(stacks: SynthesizedStacks, options: LeastPrivilegeOptions = {}): string[] {
    const alsoAllowed = options.alsoAllowed ?? [];
    alsoAllowed.forEach(checkAllowed);
    const judge = new Judge(stacks._templates, alsoAllowed, options.alsoAllowedManagedPolicies ?? []);
    return principalsOf(stacks._templates).flatMap(each => judge.findings(each));
  }

  /**
   * Nothing is wider than needed.
   *
   * @throws with a sentence for each finding; or if the stacks have no nodes to look at
   */
  public static assertNoFindings(stacks: SynthesizedStacks, options: LeastPrivilegeOptions = {}): void {
    if (principalsOf(stacks._templates).length === 0) throw new Error('stacks have no roles of nodes, give those with the cluster');
    const findings = LeastPrivilege.findings(stacks, options);
    if (findings.length > 0) throw new Error(findings.join('\n'));
  }

  private constructor() {}
}

const ADMINISTRATOR = 'it is the secret of the database\'s administrator, which no node needs: take it away';

class Judge {
  private readonly administrators: readonly Located[];

  public constructor(
    private readonly templates: TemplateSet,
    private readonly alsoAllowed: readonly AllowedPermission[],
    private readonly managedPolicies: readonly string[],
  ) {
    this.administrators = administratorSecrets(templates);
  }

  public findings(principal: Principal): string[] {
    const whose = `of ${principal.kind} ${principal.resource.logicalId}`;
    return [
      ...this.trustFindings(principal),
      ...listOf(principal.resource.properties.Groups).map(each => `user ${principal.resource.logicalId} is in group `
        + `${this.templates.text(principal.resource.stack, each)}, whose policies it would have: take it out`),
      ...foreignPolicies(this.templates, principal).filter(arn => !this.isAllowedPolicy(principal, arn)).map(arn =>
        `managed policy ${arn} ${whose} is not needed${tooWide(arn)}: take it away, or name it in alsoAllowedManagedPolicies`),
      ...statementsOf(this.templates, principal).flatMap(each => this.statementFindings(principal, whose, each)),
    ];
  }

  private trustFindings({ resource, service }: Principal): string[] {
    if (service === undefined) return [];
    const statements = listOf(resource.properties.AssumeRolePolicyDocument?.Statement) as Properties[];
    return statements.filter(each => each.Effect === 'Allow').flatMap(each => principalNames(each.Principal))
      .map(each => this.templates.text(resource.stack, each))
      // China had a name of its own: ec2.amazonaws.com.cn.
      .filter(name => name !== service && name !== `${service}.cn`)
      .map(name => `role ${resource.logicalId} may be taken by ${name}, let only ${service} take it`);
  }

  private isAllowedPolicy(principal: Principal, arn: string): boolean {
    return principal.isNode && this.managedPolicies.includes(policyName(arn));
  }

  private statementFindings(principal: Principal, whose: string, { policy, location, statement }: LocatedStatement): string[] {
    if (statement.Effect !== 'Allow') return [];
    const said = `policy ${policy} ${whose}`;
    const open = ['NotAction', 'NotResource'].filter(key => key in statement);
    if (open.length > 0) return open.map(key => `${said} has ${key}, which allows what nobody wrote down: name what it allows`);
    const resources = listOf(statement.Resource).map(each => this.templates.text(location.stack, each));
    const { StringEquals, StringLike } = statement.Condition ?? {};
    // Names of services end differently in other partitions; of other keys a pattern is not one value.
    const through = Object.entries(StringLike ?? {}).filter(([key]) => key === 'kms:ViaService');
    const conditions = new Map([...Object.entries(StringEquals ?? {}), ...through].map(([key, value]) => [key, listOf(value)]));
    return listOf(statement.Action).map(String).flatMap(action => resources.flatMap(resource => {
      const problem = this.problem(principal, { action, resource, conditions, stackName: location.stack.name });
      return problem === undefined ? [] : [`${said} allows ${action} on ${resource}: ${problem}`];
    }));
  }

  private problem(principal: Principal, allowed: Allowed): string | undefined {
    if (/[*?]/.test(allowed.action)) return 'an action must not hold a wildcard, name each that is needed';
    if (principal.isNode && this.alsoAllowed.some(each => isAllowed(each, allowed))) return undefined;
    if (principal.isNode && this.isAdministrator(allowed)) return ADMINISTRATOR;
    const needed = principal.permissions.find(each => isSame(each.action, allowed.action));
    if (!needed) return 'it is not needed, take it away or name it in alsoAllowed';
    return needed.scope.fits(allowed) ? undefined : `it is needed ${needed.scope.words} only (${needed.reason})`;
  }

  private isAdministrator({ action, resource }: Allowed): boolean {
    return isSame(action, 'secretsmanager:GetSecretValue') && this.administrators.some(each => refersTo(resource, each));
  }
}

function policyName(arn: string): string {
  return arn.split('/').at(-1)!;
}

function tooWide(arn: string): string {
  const reason = TOO_WIDE_POLICIES[policyName(arn)];
  return reason === undefined ? '' : `, and ${reason}`;
}

function isAllowed(permission: AllowedPermission, { action, resource }: Allowed): boolean {
  if (!isSame(permission.action, action)) return false;
  if (permission.resource !== undefined) return permission.resource === resource;
  return resource === '*' ? WITHOUT_RESOURCE.has(action.toLowerCase()) : !/[*?]/.test(resource);
}

/** IAM does not tell upper from lower case in actions. */
function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** `*`, or names by kind. */
function principalNames(principal: unknown): unknown[] {
  return principal !== null && typeof principal === 'object' ? Object.values(principal).flatMap(listOf) : [principal];
}

function checkAllowed({ action }: AllowedPermission): void {
  if (/^[a-z0-9-]+:[A-Za-z0-9]+$/.test(action)) return;
  throw new Error(`alsoAllowed: '${action}' is no action, give one such as cloudwatch:PutMetricData, without wildcards`);
}

