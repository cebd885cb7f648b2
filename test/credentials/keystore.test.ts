import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { CarbonCluster, CarbonClusterProps, CarbonProduct, ClusteringPattern, Keystore, KeystoreType } from '../../lib';
import { SHIPPED_KEYSTORE } from '../../lib/credentials/keystore';
import { CATALOGUE } from '../../lib/products/catalogue';
import { documentOf, gateway, testStack, userDataOf } from '../gateway';

interface Made { readonly stack: Stack; readonly cluster: CarbonCluster; readonly template: Template; readonly document: any }

function made(props: Partial<CarbonClusterProps> = {}, group = 'Workers', stack: Stack = testStack()): Made {
  const cluster = gateway(stack, props);
  const template = Template.fromStack(stack);
  return { stack, cluster, template, document: documentOf(userDataOf(template, group)) };
}

const editsOf = (document: any, file: string): any[] => document.configuration.files.find((each: any) => each.file.endsWith(file)).edits;
const EDITS_ABOUT_IT = /keystore|KeyStore|carbon-cluster\.(jks|p12)/;

describe('generated', () => {
  const { stack, cluster, template, document } = made();
  const [[id, secret]] = Object.entries(template.findResources('AWS::SecretsManager::Secret')).filter(([key]) => key.includes('Keystore'));

  test('has a password that Secrets Manager makes up, and no key pair yet', () => {
    expect(secret.Properties.GenerateSecretString).toEqual({
      SecretStringTemplate: '{"alias":"wso2carbon"}', GenerateStringKey: 'password', PasswordLength: 32, ExcludePunctuation: true,
    });
  });

  test('outlives the stack, unless all of it shall go', () => {
    expect([secret.DeletionPolicy, secret.UpdateReplacePolicy]).toEqual(['RetainExceptOnCreate', 'Retain']);
    made({ removalPolicy: RemovalPolicy.DESTROY }).template.hasResource('AWS::SecretsManager::Secret', {
      Properties: { Description: Match.stringLikeRegexp('^Key store') }, DeletionPolicy: 'Delete',
    });
  });

  test('is read by nodes, which do not make it', () => {
    expect(document.keystore).toEqual({ secret: 'Keystore', file: 'repository/resources/security/carbon-cluster.jks', type: 'JKS' });
    expect(userDataOf(template, 'Workers')).toContain(`\nKeystore=<{"Ref":"${id}"}>\n`);
  });

  test('is what the cluster shows', () => {
    expect(stack.resolve(cluster.keystoreSecret!.secretArn)).toEqual({ Ref: id });
  });

  test('is in every file that the plan knows to name one', () => {
    for (const file of ['carbon.xml', 'catalina-server.xml', 'axis2.xml']) expect(JSON.stringify(editsOf(document, file))).toMatch(EDITS_ABOUT_IT);
  });
});

test('every product of the catalogue gets it, each in its own files', () => {
  for (const { pack, version } of CATALOGUE.filter(each => !each.profileByRole)) {
    const product = pack === 'wso2is' ? CarbonProduct.identityServer(version) : pack === 'wso2greg' ? CarbonProduct.governanceRegistry(version) : undefined;
    if (!product) continue;
    const { document } = made({ product, clusteringPattern: ClusteringPattern.NON_WORKER_MANAGER }, 'Nodes');
    expect([product.toString(), document.keystore?.secret, EDITS_ABOUT_IT.test(JSON.stringify(document.configuration))]).toEqual([product.toString(), 'Keystore', true]);
  }
});

test('a runtime with a home of its own has it there', () => {
  const product = CarbonProduct.enterpriseIntegrator('6.4.0', { profile: 'business-process' });
  const { document } = made({ product, clusteringPattern: ClusteringPattern.NON_WORKER_MANAGER }, 'Nodes');
  expect(document.keystore.file).toBe('wso2/business-process/repository/resources/security/carbon-cluster.jks');
});

test('a given one is read and never written, with its key', () => {
  const stack = testStack();
  const encryptionKey = new kms.Key(stack, 'Key');
  const secret = new secretsmanager.Secret(stack, 'Mine', { encryptionKey });
  const { cluster, template, document } = made({ keystore: Keystore.fromSecret(secret, { type: KeystoreType.PKCS12 }) }, 'Workers', stack);
  expect(cluster.keystoreSecret).toBe(secret);
  expect(document.keystore).toEqual({ secret: 'Keystore', file: 'repository/resources/security/carbon-cluster.p12', type: 'PKCS12' });
  expect(JSON.stringify(editsOf(document, 'carbon.xml'))).toContain('["KeyAlias",{"secret":"Keystore","field":"alias"}]');
  const policies = Object.entries(template.findResources('AWS::IAM::Policy')).filter(([id]) => !id.includes('Rotation'));
  expect(JSON.stringify(policies)).not.toContain('PutSecretValue');
  expect(JSON.stringify(policies)).toContain('kms:Decrypt');
});

describe('that of the pack', () => {
  const { stack, cluster, document } = made({ keystore: Keystore.shipped() });

  test('is left alone, with a warning that can be acknowledged', () => {
    expect(cluster.keystoreSecret).toBeUndefined();
    expect(document.keystore).toBeUndefined();
    // The trust store of the database's authorities has nothing to do with the servers' key store.
    const others = { ...document, databases: undefined };
    expect(JSON.stringify(others).replace(/trustCertificateKeyStore\w+/g, '')).not.toMatch(EDITS_ABOUT_IT);
    Annotations.fromStack(stack).hasWarning('/Test/Gateway/Keystore', Match.stringLikeRegexp(`whose private key everybody has.*${SHIPPED_KEYSTORE}`));
  });
});
