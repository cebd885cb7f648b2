import { Duration, Stack, Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as route53 from 'aws-cdk-lib/aws-route53';
import { Construct, IDependable } from 'constructs';
import { AliasName, PrivateNamesConfig, PrivateNamesHost } from './private-names-host';
import { checkVpcDns } from './vpc-dns';

const ALIAS_TTL = Duration.minutes(5);

/** Makes the names of a cluster known in its VPC: its host names, and the alias of its database. */
export abstract class PrivateNames {
  /**
   * A private hosted zone for each host name, named exactly like it, so that the rest of its domain is resolved as before. The
   * database's alias is a CNAME, which no zone may have at its own name: its zone is that of the domain above, `example.com` for
   * `carbondb.example.com`, and **hides every other name of that domain from the VPC**. Clusters that share a VPC and such a
   * domain share a zone: give it with `PrivateNames.zone`.
   *
   * @throws if the VPC, where it is made in the same app, has no DNS, or has such a zone already
   */
  public static hostedZones(): PrivateNames {
    return new BoundPrivateNames((scope, name, parent, vpc) => new route53.PrivateHostedZone(scope, 'Zone', {
      vpc, zoneName: freeZoneName(scope, parent ? domainAbove(name) : name, vpc),
    }));
  }

  /**
   * Records in a hosted zone of yours; all names must be in it.
   *
   * @throws if one is not, where the zone's name is known
   */
  public static zone(zone: route53.IHostedZone): PrivateNames {
    return new BoundPrivateNames((_scope, name, _parent, _vpc, property) => {
      checkInZone(property, name, zone);
      return zone;
    });
  }

  /** @internal */
  public abstract _bind(scope: Construct, host: PrivateNamesHost): PrivateNamesConfig;
}

type ZoneOf = (scope: Construct, name: string, parent: boolean, vpc: ec2.IVpc, property: string) => route53.IHostedZone;

class BoundPrivateNames extends PrivateNames {
  public constructor(private readonly zoneOf: ZoneOf) {
    super();
  }

  /** @internal */
  public _bind(scope: Construct, host: PrivateNamesHost): PrivateNamesConfig {
    checkVpcDns('privateNames', host.vpc);
    for (const { id, name, property, target } of host.balanced) {
      const own = new Construct(scope, id);
      new route53.ARecord(own, 'Record', {
        zone: this.zoneOf(own, name, false, host.vpc, property), recordName: absolute(name), target: route53.RecordTarget.fromAlias(target),
      });
    }
    return host.alias ? [this.bindAlias(scope, host.alias, host.vpc)] : [];
  }

  private bindAlias(scope: Construct, alias: AliasName, vpc: ec2.IVpc): IDependable {
    const own = new Construct(scope, 'Database');
    return new route53.CnameRecord(own, 'Record', {
      zone: this.zoneOf(own, alias.name, true, vpc, alias.property), recordName: absolute(alias.name), domainName: alias.target, ttl: ALIAS_TTL,
    });
  }
}

/** With the dot at its end, a name is taken as it is, whatever its zone is called. */
function absolute(name: string): string {
  return `${name}.`;
}

function domainAbove(name: string): string {
  const [, ...domain] = name.split('.');
  if (domain.length > 0) return domain.join('.');
  throw new Error(`hostAlias '${name}' is in no domain whose zone could have it, give one such as carbondb.example.com`);
}

/** Route 53 takes no second zone of a name for one VPC. */
function freeZoneName(scope: Construct, zoneName: string, vpc: ec2.IVpc): string {
  const vpcId = JSON.stringify(Stack.of(scope).resolve(vpc.vpcId));
  const other = scope.node.root.node.findAll().find(each => each instanceof route53.CfnHostedZone
    && each.name === absolute(zoneName) && JSON.stringify(Stack.of(each).resolve(each.vpcs)).includes(vpcId));
  if (!other) return zoneName;
  throw new Error(`privateNames: zone ${zoneName} is there as ${other.node.scope!.node.path} and a VPC takes only one, use PrivateNames.zone`);
}

function checkInZone(property: string, name: string, zone: route53.IHostedZone): void {
  const zoneName = nameOf(zone)?.replace(/\.$/, '');
  if (zoneName === undefined || Token.isUnresolved(zoneName)) return;
  if (name.toLowerCase() === zoneName.toLowerCase() || name.toLowerCase().endsWith(`.${zoneName.toLowerCase()}`)) return;
  throw new Error(`${property} '${name}' is not in the zone ${zoneName} of privateNames, give a zone that it is in`);
}

/** A zone that was imported by its id alone throws when it is asked for its name. */
function nameOf(zone: route53.IHostedZone): string | undefined {
  try {
    return zone.zoneName;
  } catch {
    return undefined;
  }
}
