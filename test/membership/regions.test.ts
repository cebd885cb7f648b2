/** Every region that aws-cdk-lib knows, in every partition: it is a region, and Hazelcast 3.5 reaches it or not by its endpoint's domain. */
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { Membership } from '../../lib';
import { reachesRegion } from '../../lib/membership/hazelcast';

const REGIONS = RegionInfo.regions.filter(each => each.domainSuffix !== undefined);

test('every partition is among them', () => {
  expect(REGIONS.length).toBeGreaterThan(40);
  expect([...new Set(REGIONS.map(each => each.partition))]).toEqual(expect.arrayContaining(['aws', 'aws-cn', 'aws-us-gov', 'aws-eusc', 'aws-iso']));
});

test.each(REGIONS.map(each => [each.name, each]))('%s', (name, info) => {
  expect(() => Membership.aws({ region: name })).not.toThrow();
  expect(() => Membership.aws({ region: `${name}a` })).toThrow(`region '${name}a' is an availability zone, give its region '${name}'`);
  expect({ name, reached: reachesRegion('3.5.4', name) }).toEqual({ name, reached: info.domainSuffix === 'amazonaws.com' });
  expect(reachesRegion('3.12.2', name)).toBe(true);
});
