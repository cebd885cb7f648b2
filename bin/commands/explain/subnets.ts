import { at, intrinsic, tagsOf, unique } from './values';
import { Resource, Template, World } from './world';

/** Where something is, in the words of the network. */
export interface SubnetSummary {
  /** `Public`, `Private` or `Isolated`; nothing where the assembly does not tell. */
  readonly kind?: string;
  readonly zones: readonly string[];
  /** Subnets that are outside the assembly, as the template names them. */
  readonly outside: readonly string[];
}

export function subnetsOf(world: World, template: Template, values: readonly unknown[]): SubnetSummary {
  const known = world.targets(template, values).filter(each => each.type === 'AWS::EC2::Subnet');
  const outside = values.filter(value => world.target(template, value) === undefined).map(value => world.text(template, value));
  const kinds = unique(known.map(kindOf));
  return { ...(kinds.length === 1 ? { kind: kinds[0] } : {}), zones: unique(known.map(each => zoneOf(world, each))).sort(), outside };
}

/** CDK says it by a tag. */
function kindOf({ properties }: Resource): string {
  const tag = tagsOf(at(properties, 'Tags')).get('aws-cdk:subnet-type');
  if (typeof tag === 'string') return tag;
  return at(properties, 'MapPublicIpOnLaunch') === true ? 'Public' : 'Private';
}

function zoneOf(world: World, { template, properties }: Resource): string {
  const zone = at(properties, 'AvailabilityZone');
  const [name, argument] = intrinsic(zone) ?? [];
  // In a stack without a region CloudFormation picks them.
  if (name === 'Fn::Select' && intrinsic(at(argument, 1))?.[0] === 'Fn::GetAZs') return `zone ${Number(at(argument, 0)) + 1}`;
  return world.text(template, zone) || 'any zone';
}

/** `Private subnets in eu-west-1a, eu-west-1b`. */
export function subnetText({ kind, zones, outside }: SubnetSummary): string {
  const own = zones.length > 0 ? `${kind ?? 'Several kinds of'} subnets in ${zones.join(', ')}` : '';
  const others = outside.length > 0 ? `${outside.join(', ')} (outside this assembly)` : '';
  return [own, others].filter(part => part !== '').join('; ');
}
