import { Template } from 'aws-cdk-lib/assertions';
import { CarbonClusterProps, CarbonProduct } from '../../lib';
import { comparesGroupPasswords } from '../../lib/membership/hazelcast';
import { documentOf, gateway, testStack, userDataOf } from '../gateway';

const GROUPS = ['Manager', 'Workers'];
const PARAMETER = "/axisconfig/clustering/parameter[@name='groupPassword']";

function synthesized(props: Partial<CarbonClusterProps> = {}) {
  const stack = testStack();
  const cluster = gateway(stack, props);
  return { stack, cluster, template: Template.fromStack(stack) };
}

/** The edits of axis2.xml that set the password, and the values of deployment.toml. */
function passwordsIn(template: Template, group: string): any[] {
  const files: any[] = documentOf(userDataOf(template, group)).configuration.files;
  return files.flatMap(file => file.edits).flatMap(each => (each.set === PARAMETER ? [each.text] : each.values?.groupPassword ? [each.values.groupPassword] : []));
}

describe('with Hazelcast 3.5', () => {
  const { stack, cluster, template } = synthesized();
  const [[id, secret]] = Object.entries(template.findResources('AWS::SecretsManager::Secret')).filter(([key]) => key.includes('GroupPassword'));

  test('Secrets Manager generates the group password of the cluster, which the cluster shows', () => {
    expect(secret.Properties.GenerateSecretString).toEqual({
      SecretStringTemplate: '{}', GenerateStringKey: 'password', PasswordLength: 32, ExcludePunctuation: true,
    });
    expect(stack.resolve(cluster.groupPasswordSecret!.secretArn)).toEqual({ Ref: id });
  });

  test.each(GROUPS)('axis2.xml of the %s gets it when the node boots', group => {
    expect(passwordsIn(template, group)).toEqual([{ secret: 'GroupPassword', field: 'password' }]);
  });

  test('only the nodes may read it', () => {
    const readers = Object.values(template.findResources('AWS::IAM::Policy')).filter(each => JSON.stringify(each).includes(id));
    expect(readers).toHaveLength(GROUPS.length);
    expect(JSON.stringify(readers)).not.toContain('PutSecretValue"],"Effect":"Allow","Resource":{"Ref":"' + id);
  });
});

test('shippedGroupPassword keeps the default of Hazelcast, for clusters that run with it', () => {
  const { cluster, template } = synthesized({ shippedGroupPassword: true });
  expect(cluster.groupPasswordSecret).toBeUndefined();
  expect(GROUPS.flatMap(each => passwordsIn(template, each))).toEqual([]);
});

test('a Hazelcast that does not compare group passwords gets none', () => {
  const { cluster, template } = synthesized({ product: CarbonProduct.apiManager('3.2.0') });
  expect(cluster.groupPasswordSecret).toBeUndefined();
  expect(GROUPS.flatMap(each => passwordsIn(template, each))).toEqual([]);
});

test('of the versions in the catalogue 3.2 and 3.5 compare group passwords, later ones do not', () => {
  expect(['3.2.6', '3.5.0', '3.5.4', '3.12.2', '4.2.6', '5.3.6'].filter(comparesGroupPasswords)).toEqual(['3.2.6', '3.5.0', '3.5.4']);
});
