import { CATALOGUE } from '../../lib/products/catalogue';
import {
  ELASTIC_LOAD_BALANCER_VERSIONS, elasticLoadBalancerVersion, hazelcastVersionsJoin,
} from '../../lib/products/catalogue-elastic-load-balancer';

test('versions by their clustering', () => {
  expect(ELASTIC_LOAD_BALANCER_VERSIONS.map(({ version, kernel, hazelcast }) => [version, kernel, hazelcast])).toEqual([
    ['2.0.4', '4.1.0', undefined],
    ['2.0.5', '4.1.0', undefined],
    ['2.1.0', '4.2.0', '3.0.1'],
    ['2.1.1', '4.2.0', '3.0.1'],
  ]);
});

test('ports, as the product listens', () => {
  expect(elasticLoadBalancerVersion('2.1.1').ports)
    .toEqual({ serviceHttp: 8280, serviceHttps: 8243, servletHttp: 9763, servletHttps: 9443, member: 4000 });
});

test('a version that is not listed is refused with those that are', () => {
  expect(() => elasticLoadBalancerVersion('2.1'))
    .toThrow(new Error("version '2.1' of WSO2 Elastic Load Balancer is not known, use one of 2.0.4, 2.0.5, 2.1.0, 2.1.1"));
});

test('Hazelcast members join within a minor version', () => {
  expect(hazelcastVersionsJoin('3.5', '3.5.4')).toBe(true);
  expect(hazelcastVersionsJoin('3.5.0', '3.5.4')).toBe(true);
  expect(hazelcastVersionsJoin('3.0.1', '3.5.4')).toBe(false);
  expect(hazelcastVersionsJoin('3.1.2', '3.12.2')).toBe(false);
  expect(hazelcastVersionsJoin('4.2.5', '5.2.5')).toBe(false);
});

test('it can join no product of the catalogue, which is what lib/load-balancing/WSO2-ELB.md warns of', () => {
  const joining = CATALOGUE.filter(each => ELASTIC_LOAD_BALANCER_VERSIONS
    .some(({ hazelcast }) => hazelcast !== undefined && hazelcastVersionsJoin(hazelcast, each.hazelcast)));
  expect(joining).toEqual([]);
});
