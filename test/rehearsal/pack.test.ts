import { packFor, standInOf } from './pack';

const NODES = 'packs/wso2greg-5.3.0.zip';
const BALANCER = 'packs/wso2elb-2.1.1.zip';
const silent = (): void => {};

test('the name of a pack says what its stand-in stands for', () => {
  expect(standInOf('wso2am-2.2.0.zip', ['wso2am-2.2.0.zip'])).toEqual({
    name: 'wso2am-2.2.0.zip',
    says: 'building the stand-in for WSO2 API Manager 2.2.0 (Hazelcast 3.5.4)',
    options: ['--product', 'wso2am', '--version', '2.2.0', '--kernel', '4.4.26', '--hazelcast', '3.5.4'],
    conf: 'wso2am-2.2.0/repository/conf',
  });
});

test('a load balancer gets the Hazelcast of the nodes, and it is said that the product could not join them', () => {
  const { name, says, options } = standInOf(BALANCER, [BALANCER, NODES]);
  const hazelcast = options[options.indexOf('--hazelcast') + 1];
  expect(name).toBe('wso2elb-2.1.1.zip');
  expect(options).toEqual(['--product', 'wso2elb', '--version', '2.1.1', '--kernel', '4.2.0', '--hazelcast', hazelcast]);
  expect(standInOf(NODES, []).options).toContain(hazelcast);
  expect(says).toBe(`building the stand-in for WSO2 Elastic Load Balancer 2.1.1 (Hazelcast ${hazelcast}, the nodes' version; `
    + 'the product has Hazelcast 3.0.1 and could not join them)');
});

test('a load balancer of the older clustering is no member at all', () => {
  expect(standInOf('wso2elb-2.0.5.zip', [NODES]).says).toMatch(/the product does not cluster by Hazelcast and could not join them\)$/);
});

test.each<[string, string, readonly string[], string]>([
  ['a pack that nobody knows', 'mine.zip', ['mine.zip'], 'mine.zip, which is no pack of the catalogue'],
  ['a load balancer that nobody knows', 'wso2elb-3.0.0.zip', [NODES], 'wso2elb-3.0.0.zip, a version that the library does not know'],
  ['a load balancer of unknown nodes', BALANCER, [BALANCER, 'mine.zip'], 'wso2elb-2.1.1.zip, for the nodes behind it have no pack of the catalogue'],
  ['a load balancer of nodes that are no group', BALANCER, ['wso2am-2.2.0.zip', 'wso2is-7.0.0.zip'],
    'wso2elb-2.1.1.zip, for the nodes behind it have Hazelcast 3.5.4 and 5.3.6'],
])('%s has no stand-in', (_, key, all, reason) => {
  expect(() => standInOf(key, all)).toThrow(`no stand-in can be built for ${reason}: give yours with --pack`);
});

test.each([
  ['nodes', NODES, '/home/me/wso2greg-5.3.0.zip'],
  ['nodes, whatever its name', NODES, '/home/me/our-registry.zip'],
  ['a load balancer', BALANCER, '/home/me/wso2elb-2.1.1.zip'],
])("the user's pack is for %s", (_, key, given) => {
  expect(packFor({ bucket: 'packs', key }, [], given, silent)).toEqual({ file: given, standIn: false });
});

test("the user's pack of the nodes is none for the load balancer, and the other way round", () => {
  expect(() => packFor({ bucket: 'packs', key: 'wso2elb-0.zip' }, [], '/home/me/wso2greg-5.3.0.zip', silent)).toThrow('no stand-in');
  expect(() => packFor({ bucket: 'packs', key: 'mine.zip' }, [], '/home/me/wso2elb-2.1.1.zip', silent)).toThrow('no stand-in');
});
