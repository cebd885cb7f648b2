import { machinesOf } from './machines';
import { MEMBER_PERMISSIONS, NeededPermission, NODE_PERMISSIONS, ROTATION_PERMISSIONS } from './permissions';
import { listOf, Located, Properties, refersTo, TemplateSet } from './template';

/** A role or a user of a cluster, and what it needs. */
export interface Principal {
  readonly kind: 'role' | 'user';
  readonly resource: Located;
  readonly permissions: readonly NeededPermission[];
  /** Service that takes the role; nothing for a user. */
  readonly service?: string;
  /** It is that of a node, which users give more. */
  readonly isNode: boolean;
}

/** A statement and the policy that it is in. */
export interface LocatedStatement {
  readonly policy: string;
  readonly location: Located;
  readonly statement: Properties;
}

/** The roles of all nodes, the users whose access keys nodes read, and what rotates these. Everybody else is none of a cluster's business. */
export function principalsOf(templates: TemplateSet): Principal[] {
  const nodes = machinesOf(templates).filter(each => each.isOfCluster);
  const profiles = templates.resources('AWS::IAM::InstanceProfile').filter(profile => nodes.some(node => refersTo(node.profile, profile)));
  const roles = profiles.flatMap(profile => listOf(profile.properties.Roles).map(each => templates.referred('AWS::IAM::Role', profile.stack, each)));
  const secrets = distinct(nodes.map(node => secretOf(templates, node.clustering?.value('MembershipCredentials'))));
  return [
    ...distinct(roles).map((resource): Principal => ({
      kind: 'role', resource, permissions: NODE_PERMISSIONS, service: 'ec2.amazonaws.com', isNode: true,
    })),
    ...distinct(secrets.map(each => userOfSecret(templates, each))).map((resource): Principal => ({
      kind: 'user', resource, permissions: MEMBER_PERMISSIONS, isNode: false,
    })),
    ...distinct(secrets.flatMap(each => rolesOfRotation(templates, each))).map((resource): Principal => ({
      kind: 'role', resource, permissions: ROTATION_PERMISSIONS, service: 'lambda.amazonaws.com', isNode: false,
    })),
  ];
}

function secretOf(templates: TemplateSet, text: string | undefined): Located | undefined {
  return templates.resources('AWS::SecretsManager::Secret').find(each => text !== undefined && refersTo(text, each));
}

function rolesOfRotation(templates: TemplateSet, secret: Located): (Located | undefined)[] {
  return templates.resources('AWS::SecretsManager::RotationSchedule')
    .filter(({ stack, properties }) => refersTo(templates.text(stack, properties.SecretId), secret))
    .map(({ stack, properties }) => templates.referred('AWS::Lambda::Function', stack, properties.RotationLambdaARN))
    .map(rotation => rotation && templates.referred('AWS::IAM::Role', rotation.stack, rotation.properties.Role));
}

/** The user whose access key a secret is made of. */
function userOfSecret(templates: TemplateSet, secret: Located): Located | undefined {
  const key = templates.referred('AWS::IAM::AccessKey', secret.stack, secret.properties.SecretString);
  return key && templates.referred('AWS::IAM::User', key.stack, key.properties.UserName);
}

/** Every statement that a template gives to a principal, inline and by policies of their own. */
export function statementsOf(templates: TemplateSet, { kind, resource }: Principal): LocatedStatement[] {
  const inline = (listOf(resource.properties.Policies) as Properties[]).flatMap(each =>
    inDocument(templates.text(resource.stack, each.PolicyName), resource, each.PolicyDocument));
  const [list, single] = kind === 'role' ? ['Roles', 'RoleName'] : ['Users', 'UserName'];
  const attached = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy', 'AWS::IAM::RolePolicy', 'AWS::IAM::UserPolicy']
    .flatMap(type => templates.resources(type))
    .filter(({ stack, properties }) => [...listOf(properties[list]), properties[single]]
      .some(each => refersTo(templates.text(stack, each), resource)));
  const managed = listOf(resource.properties.ManagedPolicyArns).map(each => templates.referred('AWS::IAM::ManagedPolicy', resource.stack, each));
  return [...inline, ...distinct([...attached, ...managed]).flatMap(each => inDocument(each.logicalId, each, each.properties.PolicyDocument))];
}

/** Managed policies that no template makes, by their ARNs. */
export function foreignPolicies(templates: TemplateSet, { resource }: Principal): string[] {
  return listOf(resource.properties.ManagedPolicyArns)
    .filter(each => !templates.referred('AWS::IAM::ManagedPolicy', resource.stack, each))
    .map(each => templates.text(resource.stack, each));
}

/** The secrets that database instances and clusters take their administrator's password from, also by what attaches them. */
export function administratorSecrets(templates: TemplateSet): Located[] {
  const databases = ['AWS::RDS::DBInstance', 'AWS::RDS::DBCluster'].flatMap(type => templates.resources(type));
  const passwords = databases.map(({ stack, properties }) => templates.text(stack, properties.MasterUserPassword));
  const secrets = templates.resources('AWS::SecretsManager::Secret').filter(secret => passwords.some(each => refersTo(each, secret)));
  const attachments = templates.resources('AWS::SecretsManager::SecretTargetAttachment')
    .filter(({ stack, properties }) => secrets.some(each => refersTo(templates.text(stack, properties.SecretId), each)));
  return [...secrets, ...attachments];
}

function inDocument(policy: string, location: Located, document: { Statement?: unknown } | undefined): LocatedStatement[] {
  return (listOf(document?.Statement) as Properties[]).map(statement => ({ policy, location, statement }));
}

function distinct(resources: readonly (Located | undefined)[]): Located[] {
  const known = resources.filter((each): each is Located => each !== undefined);
  return known.filter((each, index) => known.findIndex(other => other.logicalId === each.logicalId && other.stack === each.stack) === index);
}
