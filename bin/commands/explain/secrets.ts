import { Principal } from './access';
import { Machines } from './machines';
import { purposesOf } from './purposes';
import { at, unique } from './values';
import { Resource, World } from './world';

/** A secret, never its value. */
export interface SecretView {
  readonly resource: Resource;
  readonly label: string;
  readonly description: string;
  /** How its value comes to be. */
  readonly origin: string;
  readonly fields: readonly string[];
  readonly purposes: readonly string[];
  readonly readers: readonly string[];
}

const READ = 'secretsmanager:getsecretvalue';

export function secretsOf(world: World, machines: readonly Machines[], principals: readonly Principal[]): SecretView[] {
  return world.ofType('AWS::SecretsManager::Secret').map(resource => {
    const names = namesOf(world, resource);
    const purposes = machines.flatMap(each => (each.node ? purposesOf(each.node) : [])).filter(each => names.includes(each.of));
    const readers = principals.filter(each => each.grants.some(grant => names.includes(grant.resource)
      && grant.actions.some(action => action.toLowerCase() === READ)));
    return {
      resource,
      label: resource.label,
      description: world.text(resource.template, at(resource.properties, 'Description')),
      origin: originOf(resource.properties),
      fields: unique(purposes.flatMap(each => each.fields ?? [])),
      purposes: unique(purposes.map(each => each.why)),
      readers: readers.map(each => each.label),
    };
  });
}

/** A template may name the secret itself, or what attaches it to a database. */
function namesOf(world: World, secret: Resource): string[] {
  const attachments = world.ofType('AWS::SecretsManager::SecretTargetAttachment')
    .filter(each => world.target(each.template, at(each.properties, 'SecretId'))?.resource === secret);
  return [secret, ...attachments].map(each => `<${each.template.nameOf(each.logicalId)}>`);
}

function originOf(properties: unknown): string {
  if (at(properties, 'GenerateSecretString') !== undefined) return 'Secrets Manager makes it up';
  const text = at(properties, 'SecretString');
  if (text === undefined) return 'somebody fills it in';
  return typeof text === 'string' ? 'it stands in the template' : 'CloudFormation fills it in';
}
