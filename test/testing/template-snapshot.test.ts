import { Template } from 'aws-cdk-lib/assertions';
import { testing } from '../../lib';
import { gateway, testStack } from '../gateway';
import { carryingOnly } from '../user-data';

const HASH = 'a1'.repeat(32);

function templateWith(userData: unknown): object {
  return { Resources: { Node: { Type: 'AWS::EC2::Instance', Properties: { UserData: userData } } } };
}

const readableUserData = (userData: unknown): unknown => {
  const template: any = new testing.TemplateSnapshot().readableTemplate(templateWith(userData));
  return template.Resources.Node.Properties.UserData;
};

expect.addSnapshotSerializer(new testing.TemplateSnapshot());

test('through Jest: hashes masked, user data as a script, the rest as it is', () => {
  const join = { 'Fn::Join': ['', ['#!/bin/bash\nregion=', { Ref: 'AWS::Region' }, '\nhost=', { 'Fn::GetAtt': ['Database', 'Endpoint.Address'] }, `\nkey=${HASH}.zip\n`]] };
  expect({ ...templateWith({ 'Fn::Base64': join }), Outputs: { Key: { Value: { 'Fn::Join': ['/', ['a', { Ref: 'Node' }]] } } } }).toMatchInlineSnapshot(`
{
  "Outputs": {
    "Key": {
      "Value": {
        "Fn::Join": [
          "/",
          [
            "a",
            {
              "Ref": "Node",
            },
          ],
        ],
      },
    },
  },
  "Resources": {
    "Node": {
      "Properties": {
        "UserData": {
          "Fn::Base64": "#!/bin/bash
region=<AWS::Region>
host=<Database.Endpoint.Address>
key=<hash>.zip
",
        },
      },
      "Type": "AWS::EC2::Instance",
    },
  },
}
`);
});

test('what user data carries packed is left to the metadata, where it is line by line', () => {
  const stack = testStack();
  gateway(stack);
  const resources = Object.values((new testing.TemplateSnapshot().readableTemplate(Template.fromStack(stack)) as any).Resources) as any[];
  for (const { Properties, Metadata } of resources.filter(each => each.Type === 'AWS::EC2::LaunchTemplate')) {
    expect(Properties.LaunchTemplateData.UserData['Fn::Base64']).toMatch(/\n<document>\nCARBON_CLUSTER_NODE\n/);
    expect(JSON.parse(Metadata['carbon-cluster:node'].join('\n'))).toHaveProperty('configuration');
  }
});

test('user data without anything to fill in is read too', () => {
  expect(readableUserData({ 'Fn::Base64': `#!/bin/bash\n${carryingOnly('{}')}` }))
    .toEqual({ 'Fn::Base64': "#!/bin/bash\nbase64 -d <<'CARBON_CLUSTER_NODE' | gunzip\n<document>\nCARBON_CLUSTER_NODE\n" });
});

test('a changed setting is a changed line', () => {
  const [before, after] = ['A', 'B'].map(value => {
    const stack = testStack();
    gateway(stack, { hazelcastProperties: { 'hazelcast.memcache.enabled': value } });
    return new testing.TemplateSnapshot().serialize(Template.fromStack(stack)).split(/\\n|\n/);
  });
  expect(before).toHaveLength(after.length);
  const changed = before.map((line, index) => [line.trim(), after[index].trim()]).filter(([one, other]) => one !== other);
  expect(changed).toEqual(Array(2).fill(['A', 'B'].map(value =>
    String.raw`"{\"property\":\"hazelcast.memcache.enabled\",\"value\":\"${value}\"}",`)));
});

test('the programs may change without a change of the snapshot', () => {
  const stack = testStack();
  gateway(stack);
  const text = JSON.stringify(Template.fromStack(stack).toJSON());
  expect(text).toMatch(/[0-9a-f]{64}/);
  expect(new testing.TemplateSnapshot().serialize(JSON.parse(text))).toBe(new testing.TemplateSnapshot().serialize(JSON.parse(text.replace(/[0-9a-f]{64}/g, HASH))));
});

test.each([
  ['a text', 'plain'],
  ['a function that is no join', { 'Fn::Sub': '${A}' }],
])('%s stays', (_what, value) => {
  expect(readableUserData({ 'Fn::Base64': value })).toEqual({ 'Fn::Base64': value });
});

test('a piece of another kind is told as it is', () => {
  expect(readableUserData({ 'Fn::Base64': { 'Fn::Join': ['-', ['a', { 'Fn::ImportValue': 'B' }]] } })).toEqual({ 'Fn::Base64': 'a-<{"Fn::ImportValue":"B"}>' });
});

test('only templates are for it', () => {
  const snapshot = new testing.TemplateSnapshot();
  const stack = testStack();
  expect([templateWith(''), Template.fromStack(stack)].map(each => snapshot.test(each))).toEqual([true, true]);
  expect([null, undefined, 'Resources', {}, [], { Resources: null }, { Resources: [1] }, { Resources: { a: 1 } }].map(each => snapshot.test(each))).toEqual(Array(8).fill(false));
});

test('the template itself is not changed', () => {
  const template = templateWith({ 'Fn::Base64': { 'Fn::Join': ['', ['a', HASH]] } });
  const before = JSON.stringify(template);
  new testing.TemplateSnapshot().readableTemplate(template);
  expect(JSON.stringify(template)).toBe(before);
});
