import { NameView } from './model';
import { at, listOf } from './values';
import { World } from './world';

/** Names that the templates make known, and where they lead. */
export function namesOf(world: World): NameView[] {
  return world.ofType('AWS::Route53::RecordSet').map(({ template, properties, label }) => {
    const text = (...path: string[]): string => world.text(template, at(properties, ...path));
    const zone = at(properties, 'HostedZoneId');
    const alias = text('AliasTarget', 'DNSName');
    const isPrivate = at(world.target(template, zone)?.resource.properties, 'VPCs') !== undefined;
    return {
      label,
      name: text('Name').replace(/\.$/, ''),
      type: `${text('Type')}${alias === '' ? '' : ', alias'}`,
      leadsTo: alias || listOf(at(properties, 'ResourceRecords')).map(each => world.text(template, each)).join(', '),
      zone: `${zone === undefined ? text('HostedZoneName') : world.name(template, zone)}${isPrivate ? ', private to its VPCs' : ''}`,
    };
  });
}
