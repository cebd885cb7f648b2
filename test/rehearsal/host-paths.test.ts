import { hostPathsOf, isLoadBalancer } from './host-paths';

const GROUPS = [
  { id: 'https', port: 9443, protocol: 'HTTPS', health: { protocol: 'HTTPS', path: '/carbon/admin/login.jsp' }, targets: ['i-1'] },
  { id: 'elsewhere', port: 8243, protocol: 'HTTPS', health: { protocol: 'HTTPS', port: 9443, path: '/carbon/' }, targets: ['i-1'] },
  { id: 'tcp', port: 443, protocol: 'TCP', health: { protocol: 'TCP' }, targets: ['i-9'] },
];

function balancer(listeners: object[], more: object = {}): object {
  return { name: 'B', dnsName: 'B-1.elb.amazonaws.com', type: 'network', scheme: 'internal', listeners, ...more };
}

function listener(port: number, protocol: string, targetGroup: string, rules: object[] = []): object {
  return { port, protocol, defaultAction: { targetGroup }, rules };
}

function paths(listeners: object[], names: object[] = [], more: object = {}): string[] {
  return hostPathsOf({ loadBalancers: [balancer(listeners, more)], targetGroups: GROUPS, names }).map(each => each.url);
}

const ALIAS = { name: 'am.internal', alias: 'dualstack.b-1.elb.amazonaws.com' };

test('a rule says host and target', () => {
  const rules = [{ hostHeader: ['mgt.example.com'], action: { targetGroup: 'https' } }, { hostHeader: ['am.example.com'], action: { targetGroup: 'elsewhere' } }];
  expect(paths([listener(443, 'HTTPS', 'tcp', rules)])).toEqual(['https://mgt.example.com/carbon/admin/login.jsp', 'https://am.example.com/services/Version']);
});

test('a zone leads to a load balancer, also through another name', () => {
  expect(paths([listener(443, 'TCP', 'tcp')], [ALIAS, { name: 'mgt.internal', alias: 'AM.internal.' }]))
    .toEqual(['https://am.internal/services/Version', 'https://mgt.internal/services/Version']);
});

test('names that lead elsewhere, nowhere, round in a circle, or to many are not asked', () => {
  const names = [
    { name: 'db.internal', alias: 'db.rds.amazonaws.com' }, { name: 'svn.internal', addresses: ['10.0.0.9'] },
    { name: 'a.internal', alias: 'b.internal' }, { name: 'b.internal', alias: 'a.internal' }, { ...ALIAS, name: '*.internal' },
  ];
  expect(paths([listener(443, 'TCP', 'tcp')], names)).toEqual([]);
});

test.each([
  ['the listener for HTTPS comes first', [listener(80, 'TCP', 'tcp'), listener(443, 'TCP', 'tcp')], 'https://am.internal/services/Version'],
  ['then one that people know for TLS', [listener(80, 'TCP', 'tcp'), listener(9443, 'TCP', 'https')], 'https://am.internal:9443/carbon/admin/login.jsp'],
  ['a plain one is asked plainly', [listener(80, 'TCP', 'tcp')], 'http://am.internal/services/Version'],
  ['at its port', [listener(8280, 'HTTP', 'tcp')], 'http://am.internal:8280/services/Version'],
  ['TLS may end at the load balancer', [listener(8443, 'SSL', 'tcp')], 'https://am.internal:8443/services/Version'],
])('%s', (_, listeners, url) => {
  expect(paths(listeners, [ALIAS])).toEqual([url]);
});

test('only where TLS ends at an instance any certificate will do', () => {
  const insecure = (protocol: string): boolean => hostPathsOf({
    loadBalancers: [balancer([listener(443, protocol, 'tcp')])], targetGroups: GROUPS, names: [ALIAS],
  })[0].insecure;
  expect([insecure('TCP'), insecure('TLS'), insecure('HTTPS')]).toEqual([true, false, false]);
});

test('a name that a rule has too is asked once, by HTTPS', () => {
  const rule = { hostHeader: ['am.internal'], action: { targetGroup: 'https' } };
  expect(paths([listener(80, 'HTTP', 'tcp', [rule]), listener(443, 'HTTPS', 'tcp', [rule])], [ALIAS])).toEqual(['https://am.internal/carbon/admin/login.jsp']);
});

test('an instance without the tag is a member', () => {
  expect([{}, { tags: { 'carbon-cluster-role': 'worker' } }, { tags: { 'carbon-cluster-role': 'load-balancer' } }].map(isLoadBalancer)).toEqual([false, false, true]);
});
