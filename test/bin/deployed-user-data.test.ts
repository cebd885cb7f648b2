import { clusteringParameters, parseUserData, readDiscovery, resolve } from '../../bin/deployed-user-data';
import { carryingOnly } from '../user-data';

const PATH = '/axisconfig/clustering/parameter[@name=';

function userData(configuration: object, values: string[] = []): string {
  return [
    '#!/bin/bash', 'set -euo pipefail',
    'cat >/run/values <<\'CARBON_CLUSTER_VALUES\'', ...values, 'CARBON_CLUSTER_VALUES',
    carryingOnly(JSON.stringify({ configuration })),
    'exec "$state/boot"', '',
  ].join('\n');
}

function axis2(...edits: object[]): object {
  return { files: [{ file: 'repository/conf/axis2/axis2.xml', edits }] };
}

function discoveryOf(configuration: object, values: string[] = []) {
  return readDiscovery(parseUserData(userData(configuration, values))!);
}

test('values keep everything behind the first equals sign', () => {
  const parsed = parseUserData(userData({}, ['Arn=arn:aws:x', 'Text=a=b c\'$"', 'Empty=']))!;
  expect(parsed.values).toEqual({ Arn: 'arn:aws:x', Text: 'a=b c\'$"', Empty: '' });
});

test('the document is the JSON of the node', () => {
  expect(parseUserData(userData({ files: [] }))!.document).toEqual({ configuration: { files: [] } });
});

test('other user data is none of ours', () => {
  expect(parseUserData('#!/bin/bash\nyum update -y\n')).toBeUndefined();
});

test('an open here-document is none of ours', () => {
  expect(parseUserData('cat <<\'CARBON_CLUSTER_NODE\'\n{}\n')).toBeUndefined();
});

test('a document that is not packed is refused', () => {
  expect(() => parseUserData('<<\'CARBON_CLUSTER_NODE\'\n{}\nCARBON_CLUSTER_NODE\n')).toThrow(/^the document in the user data is not gzip in base64: /);
});

test('discovery by tag and group, in the names of older kernels', () => {
  const found = discoveryOf(axis2(
    { set: `${PATH}'tagKey']`, text: 'cluster' },
    { set: `${PATH}'tagValue']`, text: { env: 'Tag' } },
    { set: `${PATH}"securityGroup"]`, text: { join: [{ env: 'Stack' }, '-members'] } },
    { set: `${PATH}'accessKey']`, text: { secret: 'Key', field: 'accessKeyId' } },
  ), ['Tag=Stack/Cluster', 'Stack=Gateway']);
  expect(found).toEqual({ tagKey: 'cluster', tagValue: 'Stack/Cluster', securityGroup: 'Gateway-members', hosts: undefined });
});

test('discovery by tag and group, in the names of newer kernels', () => {
  const found = discoveryOf(axis2(
    { set: `${PATH}'tag-key']`, text: 'k' }, { set: `${PATH}'tag-value']`, text: 'v' }, { set: `${PATH}'security-group-name']`, text: 'g' }));
  expect(found).toMatchObject({ tagKey: 'k', tagValue: 'v', securityGroup: 'g' });
});

test('discovery in deployment.toml', () => {
  const table = { table: 'clustering.properties', values: { tagKey: 'k', tagValue: { xml: { env: 'V' } }, securityGroup: 'g' } };
  const found = discoveryOf({ files: [{ file: 'repository/conf/deployment.toml', edits: [table] }] }, ['V=v']);
  expect(found).toMatchObject({ tagKey: 'k', tagValue: 'v', securityGroup: 'g' });
});

test('discovery of well-known members by tag', () => {
  expect(discoveryOf({ members: { tag: 'k', value: { env: 'V' }, port: '4000' }, files: [] }, ['V=v'])).toMatchObject({ tagKey: 'k', tagValue: 'v' });
});

test('members that are written down', () => {
  const members = { hosts: [{ host: '10.0.0.4', port: '4000' }, { host: { metadata: 'local-ipv4' }, port: '4000' }] };
  expect(discoveryOf({ members, files: [] })!.hosts).toEqual(['10.0.0.4', '{"metadata":"local-ipv4"}']);
});

test('a node without clustering looks for nobody', () => {
  expect(discoveryOf(axis2({ set: '/axisconfig/transportSender', text: 'x' }))).toBeUndefined();
});

test('parameters of other elements are not of clustering', () => {
  const edits = [{ set: "/axisconfig/transportReceiver/parameter[@name='port']", text: '1' }, { set: `${PATH}'domain']`, text: 'd' }];
  expect(clusteringParameters({ files: [{ file: 'repository/conf/axis2/axis2.xml', edits }] })).toEqual({ domain: 'd' });
});

test('what only the node knows stays unknown', () => {
  expect(resolve({ metadata: 'local-ipv4' }, {})).toBeUndefined();
  expect(resolve({ join: ['a', { secret: 'S' }] }, {})).toBeUndefined();
  expect(resolve({ env: 'Missing' }, {})).toBeUndefined();
});
