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
  readonly rotation?: string;
}

const SECRET = 'AWS::SecretsManager::Secret';
const READ = 'secretsmanager:getsecretvalue';

export function secretsOf(world: World, machines: readonly Machines[], principals: readonly Principal[]): SecretView[] {
  const uses = machines.flatMap(each => purposesOf(each).map(purpose => ({
    ...purpose, secret: secretOf(world, world.named(each.launchTemplate.template, purpose.of)),
  })));
  return world.ofType(SECRET).map(resource => {
    const purposes = uses.filter(each => each.secret === resource);
    const readers = principals.filter(each => each.grants.some(({ target, actions }) => secretOf(world, target) === resource
      && actions.some(action => action.toLowerCase() === READ)));
    return {
      resource,
      label: resource.label,
      description: world.text(resource.template, at(resource.properties, 'Description')),
      origin: originOf(resource.properties),
      fields: unique(purposes.flatMap(each => each.fields ?? [])),
      purposes: unique(purposes.map(each => each.why)),
      readers: readers.map(each => each.label),
      ...rotationOf(world, resource),
    };
  });
}

/** A template may name the secret itself, or what attaches it to a database. */
function secretOf(world: World, named: Resource | undefined): Resource | undefined {
  if (named?.type !== 'AWS::SecretsManager::SecretTargetAttachment') return named;
  return world.target(named.template, at(named.properties, 'SecretId'))?.resource;
}

function rotationOf(world: World, secret: Resource): Pick<SecretView, 'rotation'> {
  const schedules = world.ofType('AWS::SecretsManager::RotationSchedule')
    .filter(each => secretOf(world, world.target(each.template, at(each.properties, 'SecretId'))?.resource) === secret);
  if (schedules.length === 0) return {};
  return { rotation: schedules.map(({ template, properties }) => {
    const rules = at(properties, 'RotationRules');
    const [days, expression] = ['AutomaticallyAfterDays', 'ScheduleExpression'].map(name => world.text(template, at(rules, name)));
    const by = at(properties, 'RotationLambdaARN');
    return `changes ${days === '' ? `at ${expression}` : `every ${days} days`}${by === undefined ? '' : ` by ${world.name(template, by)}`}`;
  }).join(', ') };
}

function originOf(properties: unknown): string {
  if (at(properties, 'GenerateSecretString') !== undefined) return 'Secrets Manager makes it up';
  const text = at(properties, 'SecretString');
  if (text === undefined) return 'somebody fills it in';
  return typeof text === 'string' ? 'it stands in the template' : 'CloudFormation fills it in';
}
