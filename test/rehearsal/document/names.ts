/** The names of private hosted zones, and those that whoever deploys will point at a load balancer. */
import * as route53 from '@aws-sdk/client-route-53';
import { Clients, Json } from './clients';

/** Records of the zones that the network can see, as the machine room takes names. */
export async function zoneNames(clients: Clients, vpc: string, region: string): Promise<Json[]> {
  const answer = await clients.route53.send(new route53.ListHostedZonesByVPCCommand({
    VPCId: vpc, VPCRegion: region as route53.VPCRegion,
  }));
  const zones = (answer.HostedZoneSummaries ?? []).map(each => each.HostedZoneId!);
  const records = await Promise.all(zones.map(zone => recordsOf(clients, zone)));
  return records.flat();
}

async function recordsOf(clients: Clients, zone: string): Promise<Json[]> {
  const records: route53.ResourceRecordSet[] = [];
  let page: Partial<route53.ListResourceRecordSetsCommandOutput> = {};
  do {
    page = await clients.route53.send(new route53.ListResourceRecordSetsCommand({
      HostedZoneId: zone, StartRecordName: page.NextRecordName, StartRecordType: page.NextRecordType,
    }));
    records.push(...page.ResourceRecordSets ?? []);
  } while (page.IsTruncated);
  return records.filter(each => each.Type === 'A' || each.Type === 'CNAME').map(named);
}

function named(record: route53.ResourceRecordSet): Json {
  const name = plain(record.Name!);
  if (record.AliasTarget) return { name, alias: plain(record.AliasTarget.DNSName!) };
  const values = (record.ResourceRecords ?? []).map(each => each.Value!);
  return record.Type === 'CNAME' ? { name, alias: plain(values[0]) } : { name, addresses: values };
}

/** Route 53 writes the last dot, and a star by its octal code. */
function plain(name: string): string {
  return name.replace(/\.$/, '').replace(/\\052/g, '*');
}

/** The host names of the load balancers' rules, but for those that a zone has. */
export function ruleNames(balancers: readonly Json[], zones: readonly Json[]): Json[] {
  const known = new Set(zones.map(each => each.name.toLowerCase()));
  return balancers.flatMap(balancer => {
    const names = balancer.listeners.flatMap((each: Json) => each.rules.flatMap((rule: Json) => rule.hostHeader)) as string[];
    return [...new Set(names)].filter(name => !known.has(name.toLowerCase())).map(name => ({ name, alias: balancer.dnsName }));
  });
}
