import { managedPolicyReason, reasonsOf } from './access-reasons';
import { Machines } from './machines';
import { Purpose, purposesOf } from './purposes';
import { at, entriesOf, listOf, mentions } from './values';
import { Resource, Template, World } from './world';

/** Who may do something: a role, a user or a group of users. */
export interface Principal {
  readonly resource: Resource;
  readonly label: string;
  readonly kind: string;
  /** Who may take the role. */
  readonly assumedBy: readonly string[];
  /** Machines that have it. */
  readonly usedBy: readonly Machines[];
  /** Of each access key of a user the secrets that it is in; none where it is in no secret of the assembly. */
  readonly keySecrets: readonly (readonly Resource[])[];
  /** Custom resources that take away the keys of a user when they go. */
  readonly keysGoWith: readonly Resource[];
  readonly managedPolicies: readonly { readonly name: string; readonly why?: string }[];
  readonly grants: readonly Grant[];
}

/** Actions on one resource. */
export interface Grant {
  readonly policy: string;
  readonly effect: string;
  readonly actions: readonly string[];
  readonly resource: string;
  /** The resource, where it is one of the assembly's. */
  readonly target?: Resource;
  /** The resource for a reader. */
  readonly on: string;
  readonly condition: string;
  /** Why, each once; nothing where nobody here knows. */
  readonly reasons: readonly string[];
  /** Why the resource is any; nothing for one that is named, or where no reason is known. */
  readonly wildcard?: string;
}

const KINDS: Readonly<Record<string, string>> = { 'AWS::IAM::Role': 'role', 'AWS::IAM::User': 'user', 'AWS::IAM::Group': 'group' };

export function principalsOf(world: World, machines: readonly Machines[]): Principal[] {
  return world.ofType(...Object.keys(KINDS)).map(resource => new PrincipalReader(world, resource, machines).read());
}

/** The role of machines; nothing where the assembly does not tell. */
export function roleOf(world: World, { launchTemplate, data }: Machines): Resource | undefined {
  const profile = at(data, 'IamInstanceProfile');
  const value = typeof profile === 'string' ? profile : at(profile, 'Arn') ?? at(profile, 'Name') ?? profile;
  const found = world.target(launchTemplate.template, value)?.resource;
  return found && world.targets(found.template, at(found.properties, 'Roles'))[0];
}

/** For each access key of a user, the secrets that it is in. */
export function keySecretsOf(world: World, user: Resource): Resource[][] {
  const keys = world.ofType('AWS::IAM::AccessKey').filter(key => world.target(key.template, at(key.properties, 'UserName'))?.resource === user);
  return keys.map(key => world.ofType('AWS::SecretsManager::Secret')
    .filter(secret => secret.template === key.template && mentions(at(secret.properties, 'SecretString'), key.logicalId)));
}

class PrincipalReader {
  private readonly purposes: readonly Purpose[];
  private readonly usedBy: readonly Machines[];

  public constructor(private readonly world: World, private readonly resource: Resource, machines: readonly Machines[]) {
    this.usedBy = machines.filter(each => roleOf(world, each) === resource);
    this.purposes = this.usedBy.flatMap(purposesOf);
  }

  public read(): Principal {
    const { resource, usedBy, world } = this;
    const [aws, own] = this.managedPolicies();
    return {
      resource,
      label: resource.label,
      kind: KINDS[resource.type],
      assumedBy: listOf(at(resource.properties, 'AssumeRolePolicyDocument', 'Statement'))
        .flatMap(statement => entriesOf(at(statement, 'Principal')).flatMap(([, names]) => listOf(names)))
        .map(name => world.text(resource.template, name)),
      usedBy,
      keySecrets: keySecretsOf(world, resource),
      keysGoWith: world.ofType('Custom::MembershipAccessKeys')
        .filter(each => world.target(each.template, at(each.properties, 'UserName'))?.resource === resource),
      managedPolicies: aws.map(name => ({ name, why: managedPolicyReason(name) })),
      grants: [
        ...own.flatMap(policy => this.grantsOf(policy.template, policy.label, at(policy.properties, 'PolicyDocument'))),
        ...listOf(at(resource.properties, 'Policies'))
          .flatMap(policy => this.grantsOf(resource.template, world.text(resource.template, at(policy, 'PolicyName')), at(policy, 'PolicyDocument'))),
        ...this.attachedPolicies().flatMap(policy => this.grantsOf(policy.template, policy.label, at(policy.properties, 'PolicyDocument'))),
      ],
    };
  }

  /** Names of those that are AWS's or another stack's, and the assembly's own. */
  private managedPolicies(): [string[], Resource[]] {
    const { template, properties } = this.resource;
    const arns = listOf(at(properties, 'ManagedPolicyArns'));
    const own = this.world.targets(template, arns);
    const others = arns.filter(arn => !this.world.target(template, arn)).map(arn => this.world.text(template, arn).replace(/^.*:policy\//, ''));
    return [others, own];
  }

  /** Policies that name the principal, instead of being named by it. */
  private attachedPolicies(): Resource[] {
    const policies = this.world.ofType('AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy', 'AWS::IAM::RolePolicy', 'AWS::IAM::UserPolicy');
    const names = ['Roles', 'Users', 'Groups', 'RoleName', 'UserName'];
    return policies.filter(({ template, properties }) => (
      this.world.targets(template, names.flatMap(name => listOf(at(properties, name)))).includes(this.resource)));
  }

  private grantsOf(template: Template, policy: string, document: unknown): Grant[] {
    return listOf(at(document, 'Statement')).flatMap(statement => {
      const actions = [...listOf(at(statement, 'Action')), ...listOf(at(statement, 'NotAction')).map(each => `all but ${each}`)].map(String);
      const resources = [...listOf(at(statement, 'Resource')), ...listOf(at(statement, 'NotResource'))];
      const effect = String(at(statement, 'Effect') ?? 'Allow');
      const condition = this.condition(template, at(statement, 'Condition'));
      return resources.map(resource => {
        const text = this.world.text(template, resource);
        const target = this.world.target(template, resource)?.resource;
        const on = this.world.name(template, resource);
        return { policy, effect, actions, resource: text, target, on, condition, ...reasonsOf(actions, text, this.purposes) };
      });
    });
  }

  private condition(template: Template, condition: unknown): string {
    return entriesOf(condition).flatMap(([operator, tests]) => entriesOf(tests)
      .map(([key, values]) => `${key} ${operator} ${listOf(values).map(value => this.world.text(template, value)).join(' or ')}`)).join(' and ');
  }
}

/** Whether a principal may do something, whatever it is done to. */
export function mayDo({ grants }: Principal, action: string): boolean {
  return grants.some(grant => grant.effect === 'Allow' && grant.actions.some(each => matches(each, action)));
}

function matches(pattern: string, action: string): boolean {
  const expression = pattern.split('*').map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*');
  return new RegExp(`^${expression}$`, 'i').test(action);
}
