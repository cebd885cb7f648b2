import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { CarbonClusterProps, CarbonProduct, ClusteringPattern } from '../../lib';
import { SHIPPED_ADMIN_CREDENTIALS } from '../../lib/credentials/admin-credentials';
import { documentOf, gateway, testStack, userDataOf } from '../gateway';

/** All that Secrets Manager puts into passwords besides letters and digits. */
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

function documentWith(props: Partial<CarbonClusterProps> = {}, group = 'Workers', stack = testStack()): any {
  gateway(stack, props);
  return documentOf(userDataOf(Template.fromStack(stack), group));
}

const editsOf = (document: any, file: string): any[] => document.configuration.files.find((each: any) => each.file.endsWith(file))?.edits ?? [];
const PASSWORD = { secret: 'AdminSecret', field: 'password' };

describe('by default', () => {
  const stack = testStack();
  const cluster = gateway(stack);
  const template = Template.fromStack(stack);
  const document = documentOf(userDataOf(template, 'Workers'));
  const [[id, secret]] = Object.entries(template.findResources('AWS::SecretsManager::Secret')).filter(([key]) => key.includes('AdminSecret'));
  const rules = secret.Properties.GenerateSecretString;

  test('the administrator has a password that Secrets Manager makes up, which the cluster shows', () => {
    expect(rules).toMatchObject({ SecretStringTemplate: '{"username":"admin"}', GenerateStringKey: 'password' });
    expect(stack.resolve(cluster.adminSecret!.secretArn)).toEqual({ Ref: id });
  });

  test('it is as long as Carbon takes, whose limit is 30, and no shorter than 24', () => {
    expect(rules.PasswordLength).toBeGreaterThanOrEqual(24);
    expect(rules.PasswordLength).toBeLessThanOrEqual(30);
  });

  test('it has no character that means something in XML, TOML, properties or a URL', () => {
    expect([...PUNCTUATION].filter(each => !rules.ExcludeCharacters.includes(each)).join('')).toBe('-._');
    expect(rules.IncludeSpace).toBeUndefined();
  });

  test('user-mgt.xml gets it on every node, and only the nodes may read it', () => {
    expect(editsOf(document, 'user-mgt.xml').slice(0, 2).map(each => each.text)).toEqual(['admin', PASSWORD]);
    const readers = Object.values(template.findResources('AWS::IAM::Policy')).filter(each => JSON.stringify(each).includes(id));
    expect(readers).toHaveLength(2);
  });

  test('so does the client of API Manager\'s broker', () => {
    expect(editsOf(document, 'jndi.properties')).toEqual([['Topic', 'clientid/carbon'], ['Queue', 'clientID/test']].map(([kind, host]) => ({
      property: `connectionfactory.${kind}ConnectionFactory`,
      value: { join: ['amqp://', 'admin', ':', PASSWORD, `@${host}?brokerlist='tcp://localhost:5672'`] },
    })));
  });
});

test('only API Manager 2 has a client of a broker with the administrator\'s password', () => {
  const versions = ['1.10.0', '2.0.0', '2.6.0', '3.0.0'].map(version => documentWith({ product: CarbonProduct.apiManager(version) }));
  expect(versions.map(each => editsOf(each, 'jndi.properties').length)).toEqual([0, 2, 2, 0]);
});

test('deployment.toml has it in [super_admin]', () => {
  const document = documentWith({ product: CarbonProduct.identityServer('7.1.0'), clusteringPattern: ClusteringPattern.NON_WORKER_MANAGER }, 'Nodes');
  expect(editsOf(document, 'deployment.toml').find(each => each.table === 'super_admin')).toEqual({
    table: 'super_admin', values: { username: 'admin', password: { xml: PASSWORD }, create_admin_account: true },
  });
});

test('a secret of one\'s own says the name, too', () => {
  const stack = testStack();
  const document = documentWith({ adminSecret: new secretsmanager.Secret(stack, 'Mine') }, 'Workers', stack);
  expect(editsOf(document, 'user-mgt.xml').slice(0, 2).map(each => each.text)).toEqual([{ secret: 'AdminSecret', field: 'username' }, PASSWORD]);
});

test('the pack\'s own stay where somebody says so, with a warning that can be acknowledged', () => {
  const stack = testStack();
  const cluster = gateway(stack, { shippedAdminCredentials: true });
  const document = documentOf(userDataOf(Template.fromStack(stack), 'Workers'));
  expect(cluster.adminSecret).toBeUndefined();
  expect(JSON.stringify(document)).not.toMatch(/AdminUser|AdminSecret|jndi\.properties/);
  Annotations.fromStack(stack).hasWarning('/Test/Gateway', Match.stringLikeRegexp(`which everybody knows.*${SHIPPED_ADMIN_CREDENTIALS}`));
});

test('a secret that nobody would read is refused', () => {
  const stack = testStack();
  expect(() => gateway(stack, { shippedAdminCredentials: true, adminSecret: new secretsmanager.Secret(stack, 'Mine') }))
    .toThrow('adminSecret says nothing where shippedAdminCredentials keeps the pack\'s administrator, leave one of them out');
});
