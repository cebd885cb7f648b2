import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as route53 from 'aws-cdk-lib/aws-route53';
import { CarbonClusterProps, CarbonProduct, Database, LoadBalancing, PrivateNames } from '../../lib';
import { documentOf, gateway, testStack, userDataOf } from '../gateway';

function synthesize(overrides: (stack: Stack) => Partial<CarbonClusterProps>): Template {
  const stack = testStack();
  gateway(stack, overrides(stack));
  return Template.fromStack(stack);
}

const zoneNames = (template: Template): string[] => Object.values(template.findResources('AWS::Route53::HostedZone')).map(each => each.Properties.Name).sort();
const records = (template: Template): any[] => Object.values(template.findResources('AWS::Route53::RecordSet')).map(each => each.Properties);

test('without them no zone is made', () => {
  synthesize(() => ({})).resourceCountIs('AWS::Route53::HostedZone', 0);
});

describe('hosted zones', () => {
  const template = synthesize(() => ({ privateNames: PrivateNames.hostedZones() }));

  test('are private and named exactly like the host names, so that the rest of their domain is resolved as before', () => {
    expect(zoneNames(template)).toEqual(['am.example.com.', 'mgt.am.example.com.']);
    template.allResourcesProperties('AWS::Route53::HostedZone', { VPCs: [{ VPCId: { Ref: Match.stringLikeRegexp('^Vpc') } }] });
  });

  test('lead to the load balancer', () => {
    expect(records(template).map(each => [each.Name, each.Type]).sort()).toEqual([['am.example.com.', 'A'], ['mgt.am.example.com.', 'A']]);
    for (const record of records(template)) expect(JSON.stringify(record.AliasTarget.DNSName)).toContain('GatewayLoadBalancer');
  });

  test('are one where one name serves all', () => {
    const one = synthesize(() => ({
      product: CarbonProduct.identityServer('7.1.0'), clusteringPattern: 'nonWorkerManager' as any, managementHostName: undefined,
      privateNames: PrivateNames.hostedZones(),
    }));
    expect(zoneNames(one)).toEqual(['am.example.com.']);
  });

  test('have the database\'s alias in the domain above it, before the first node boots', () => {
    const aliased = synthesize(() => ({ privateNames: PrivateNames.hostedZones(), database: Database.rdsMySql({ hostAlias: 'carbondb.mysql-wso2.com' }) }));
    expect(zoneNames(aliased)).toContain('mysql-wso2.com.');
    const [id, record] = Object.entries(aliased.findResources('AWS::Route53::RecordSet')).find(([, each]) => each.Properties.Type === 'CNAME')!;
    expect(record.Properties).toMatchObject({
      Name: 'carbondb.mysql-wso2.com.', ResourceRecords: [{ 'Fn::GetAtt': [expect.stringMatching(/^GatewayDatabaseInstance/), 'Endpoint.Address'] }],
    });
    for (const group of Object.values(aliased.findResources('AWS::AutoScaling::AutoScalingGroup'))) expect(group.DependsOn).toContain(id);
    const text = userDataOf(aliased, 'Workers');
    expect(text).toContain('["jdbc:mysql://","carbondb.mysql-wso2.com",":",');
    // What makes the databases needs no alias.
    expect(documentOf(text).databases.endpoint).toEqual({ env: 'DatabaseEndpoint' });
  });

  test('serve a database alias alone, where nothing stands before the nodes', () => {
    const alone = synthesize(() => ({
      privateNames: PrivateNames.hostedZones(), database: Database.rdsMySql({ hostAlias: 'db.internal.example.com' }), loadBalancing: LoadBalancing.none(),
    }));
    expect(zoneNames(alone)).toEqual(['internal.example.com.']);
  });
});

describe('a zone of one\'s own', () => {
  test('gets the records', () => {
    const template = synthesize(stack => ({
      privateNames: PrivateNames.zone(route53.HostedZone.fromHostedZoneAttributes(stack, 'Zone', { hostedZoneId: 'Z1', zoneName: 'example.com' })),
      database: Database.rdsMySql({ hostAlias: 'db.example.com' }),
    }));
    template.resourceCountIs('AWS::Route53::HostedZone', 0);
    expect(records(template).map(each => [each.HostedZoneId, each.Name, each.Type]).sort()).toEqual([
      ['Z1', 'am.example.com.', 'A'], ['Z1', 'db.example.com.', 'CNAME'], ['Z1', 'mgt.am.example.com.', 'A'],
    ]);
  });

  test('is taken without a name too', () => {
    const template = synthesize(stack => ({ privateNames: PrivateNames.zone(route53.HostedZone.fromHostedZoneId(stack, 'Zone', 'Z1')) }));
    expect(records(template)[0].Name).toBe('am.example.com.');
  });

  test('is shared by two clusters', () => {
    const stack = testStack();
    const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 2 });
    const privateNames = PrivateNames.zone(new route53.PrivateHostedZone(stack, 'Zone', { vpc, zoneName: 'example.com' }));
    gateway(stack, { vpc, privateNames }, 'A');
    gateway(stack, { vpc, privateNames, hostName: 'b.example.com', managementHostName: 'mgt.b.example.com' }, 'B');
    expect(records(Template.fromStack(stack))).toHaveLength(4);
  });
});
