/**
 * What is granted on secrets, judged by ARNs as Secrets Manager makes them: it appends a hyphen and six characters to the name, and IAM compares
 * the whole ARN ("Authentication and access control for AWS Secrets Manager" in its User Guide).
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { allows, deployed, identityStatements, list, matches, Statement } from './policies';
import {
  AwsMembershipCredentials, CarbonClusterProps, ConfigurationEdit, ConfigurationOverlay, ConfigurationValue, Database, DeploymentSynchronizer,
  Keystore, LoadBalancing, Membership, NginxCertificate, testing,
} from '../../lib';
import { ALL, example, ROOT } from '../examples/example';
import { ENV, gateway, testApp, testStack } from '../gateway';

type Import = (stack: Stack, name: string) => secretsmanager.ISecret;

/** The name ends like what Secrets Manager appends, as the worst of all names do. */
const named = (property: string): string => `wso2/${property}-secret`;
const partial = (name: string): string => `arn:aws:secretsmanager:${ENV.region}:${ENV.account}:secret:${name}`;
const whole = (name: string): string => `${partial(name)}-AbCdEf`;

const IMPORTS: readonly [string, Import][] = [
  ['by name', (stack, name) => secretsmanager.Secret.fromSecretNameV2(stack, name, name)],
  ['by partial ARN', (stack, name) => secretsmanager.Secret.fromSecretPartialArn(stack, name, partial(name))],
  ['by complete ARN', (stack, name) => secretsmanager.Secret.fromSecretCompleteArn(stack, name, whole(name))],
  ['by partial ARN with its key', (stack, name) => secretsmanager.Secret.fromSecretAttributes(stack, name, {
    secretPartialArn: partial(name), encryptionKey: kms.Key.fromKeyArn(stack, `${name}Key`, KEY_ARN),
  })],
];
const KEY_ARN = `arn:aws:kms:${ENV.region}:${ENV.account}:key/11111111-2222-3333-4444-555555555555`;

/** Every property that takes a secret, by the file that declares it. */
const PROPERTIES: Readonly<Record<string, readonly string[]>> = {
  'lib/artifacts/deployment-synchronizer-options.ts': ['svn', 'svnWorker'],
  'lib/cluster/carbon-cluster-props.ts': ['admin'],
  'lib/credentials/keystore.ts': ['keystore'],
  'lib/database/database-options.ts': ['mysql'],
  'lib/database/datasource.ts': ['datasource'],
  'lib/load-balancing/nginx-certificate.ts': ['nginx'],
  'lib/membership/aws-membership-credentials.ts': ['members'],
  'lib/nodes/configuration-overlay.ts': ['overlay'],
};

/** Two clusters that have a secret for each of them. */
function clusters(stack: Stack, of: (property: string) => secretsmanager.ISecret): void {
  const props: Partial<CarbonClusterProps> = {
    certificates: undefined,
    adminSecret: of('admin'),
    keystore: Keystore.fromSecret(of('keystore')),
    database: Database.existingMySql({ host: 'db.example.com', adminSecret: of('mysql') }),
    datasources: [{ name: 'ORDERS_DB', jndiName: 'jdbc/Orders', url: 'jdbc:mysql://orders/x', secret: of('datasource') }],
    membership: Membership.aws({ credentials: AwsMembershipCredentials.fromSecret(of('members')) }),
    loadBalancing: LoadBalancing.nginx({ certificate: NginxCertificate.fromSecret(of('nginx')) }),
    configurationOverlays: [ConfigurationOverlay.edits('repository/conf/x.properties', ConfigurationEdit.property('key', ConfigurationValue.secret(of('overlay'))))],
  };
  gateway(stack, {
    ...props, deploymentSynchronizer: DeploymentSynchronizer.svn({ url: 'https://svn.example.com/x', secret: of('svn'), workerSecret: of('svnWorker') }),
  });
}

/** How Secrets Manager finds a secret: what looks like a whole ARN is one, and has no other name ("Troubleshoot AWS Secrets Manager"). */
function finds(id: string, name: string): boolean {
  if (!id.startsWith('arn:')) return id === name;
  return /-[A-Za-z0-9]{6}$/.test(id) ? id === whole(name) : id === partial(name);
}

const everyProperty = Object.values(PROPERTIES).flat();

test('the table has every property that takes a secret', () => {
  const files = (folder: string): string[] => readdirSync(join(ROOT, folder)).flatMap(each => {
    const path = `${folder}/${each}`;
    return statSync(join(ROOT, path)).isDirectory() ? files(path) : [path];
  });
  const public_ = files('lib').filter(path => path.endsWith('.ts')).flatMap(path => {
    const text = readFileSync(join(ROOT, path), 'utf8');
    const declared = text.match(/^(?!.*private).*(readonly (?!_)\w+\??: secretsmanager\.ISecret;|public static \w+\(secret: secretsmanager\.ISecret)/gm) ?? [];
    return declared.map(() => path);
  });
  // What the cluster tells of its own secrets, and what strategies tell the cluster.
  const told = ['lib/cluster/carbon-cluster.ts', 'lib/access/membership-credentials.ts', 'lib/database/database-server.ts', 'lib/credentials/keystore-host.ts',
    'lib/credentials/admin-credentials.ts', 'lib/credentials/generated-key-pair.ts', 'lib/database/database-preparation.ts', 'lib/cluster/node-content.ts'];
  const counted = Object.fromEntries([...new Set(public_)].filter(each => !told.includes(each)).sort()
    .map(path => [path, public_.filter(each => each === path).length]));
  expect(counted).toEqual(Object.fromEntries(Object.entries(PROPERTIES).map(([path, properties]) => [path, properties.length])));
});

describe.each(IMPORTS)('secrets imported %s', (_way, imported) => {
  const stack = testStack();
  clusters(stack, property => imported(stack, named(property)));
  const template = Template.fromStack(stack);
  const reads = identityStatements(template).filter(each => list(each.Action).some(action => action.startsWith('secretsmanager:')));
  const text = JSON.stringify(deployed(template.toJSON().Resources));

  test.each(everyProperty)('%s: nodes may read the secret, and no secret whose name only begins alike', property => {
    const name = named(property);
    const mayRead = (arn: string): boolean => reads.some(each => allows(each, { action: 'secretsmanager:GetSecretValue', resource: arn }));
    expect(mayRead(whole(name))).toBe(true);
    expect(mayRead(whole(`${name}/other`))).toBe(false);
    expect(mayRead(whole(`${name}s`))).toBe(false);
  });

  test.each(everyProperty)('%s: a node, or the function that prepares databases, asks for what Secrets Manager finds', property => {
    const name = named(property);
    const asked = [...text.matchAll(/\\n\w+=([^\\]*)|"AdminSecret":"([^"]*)"/g)].map(([, byNode, byFunction]) => byNode ?? byFunction).filter(each => each.includes(name));
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter(each => !finds(each, name))).toEqual([]);
  });

  test('roles have no more than they need', () => {
    testing.LeastPrivilege.assertNoFindings(testing.SynthesizedStacks.of(stack));
  });
});

test('a secret of the app that another account shares has a name that is known before its ARN', () => {
  const app = testApp();
  const owner = new Stack(app, 'Owner', { env: { account: '222222222222', region: ENV.region } });
  const secret = new secretsmanager.Secret(owner, 'Shared', { secretName: 'shared', encryptionKey: new kms.Key(owner, 'Key', { alias: 'shared' }) });
  const stack = testStack(app);
  const key = kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:222222222222:key/1');
  gateway(stack, { adminSecret: secretsmanager.Secret.fromSecretAttributes(stack, 'Admin', { secretCompleteArn: `arn:aws:secretsmanager:eu-west-1:222222222222:secret:given-AbCdEf`, encryptionKey: key }),
    datasources: [{ name: 'X_DB', jndiName: 'jdbc/X', url: 'jdbc:mysql://x/x', secret: sharedWithKeyOf(secret, key) }] });
  const reads = identityStatements(Template.fromStack(stack));
  const ofOwner = (name: string): string => `arn:aws:secretsmanager:${ENV.region}:222222222222:secret:${name}-AbCdEf`;
  for (const name of ['shared', 'given']) {
    expect(reads.some(each => allows(each, { action: 'secretsmanager:GetSecretValue', resource: ofOwner(name) }))).toBe(true);
  }
  const policies = Object.values(Template.fromStack(owner).findResources('AWS::SecretsManager::ResourcePolicy'));
  expect(deployed(policies[0].Properties.ResourcePolicy.Statement)).toEqual([expect.objectContaining({
    Action: 'secretsmanager:GetSecretValue', Principal: { AWS: `arn:aws:iam::${ENV.account}:root` },
  })]);
});

/** The CDK refers to a key in another account by an alias only. */
function sharedWithKeyOf(secret: secretsmanager.Secret, encryptionKey: kms.IKey): secretsmanager.ISecret {
  return new Proxy(secret, { get: (target, name) => (name === 'encryptionKey' ? encryptionKey : Reflect.get(target, name, target)) });
}

describe('what no node can read is refused', () => {
  const refused = (import_: (stack: Stack) => secretsmanager.ISecret): string => {
    const stack = testStack();
    try { gateway(stack, { adminSecret: import_(stack) }); } catch (problem) { return (problem as Error).message; }
    return 'nothing';
  };

  test('a secret of another region', () => {
    expect(refused(stack => secretsmanager.Secret.fromSecretCompleteArn(stack, 'S', 'arn:aws:secretsmanager:us-east-1:111111111111:secret:x-AbCdEf')))
      .toBe("secret 'arn:aws:secretsmanager:us-east-1:111111111111:secret:x-AbCdEf' must be in region eu-west-1, where nodes read it, got region us-east-1: replicate it to eu-west-1");
  });

  test('a secret of another account without its key', () => {
    expect(refused(stack => secretsmanager.Secret.fromSecretCompleteArn(stack, 'S', 'arn:aws:secretsmanager:eu-west-1:222222222222:secret:x-AbCdEf')))
      .toBe("secret 'arn:aws:secretsmanager:eu-west-1:222222222222:secret:x-AbCdEf' is of account 222222222222 and must be encrypted with a key that account 111111111111 "
        + 'may use: import it by Secret.fromSecretAttributes() with its secretCompleteArn and encryptionKey');
  });

  test('a secret of another account by its partial ARN', () => {
    expect(refused(stack => secretsmanager.Secret.fromSecretAttributes(stack, 'S', {
      secretPartialArn: 'arn:aws:secretsmanager:eu-west-1:222222222222:secret:x', encryptionKey: kms.Key.fromKeyArn(stack, 'K', 'arn:aws:kms:eu-west-1:222222222222:key/1'),
    }))).toBe("secret 'arn:aws:secretsmanager:eu-west-1:222222222222:secret:x' is of account 222222222222 and must be imported by its complete ARN, got a partial one: "
      + 'use Secret.fromSecretAttributes() with its secretCompleteArn and encryptionKey');
  });
});

describe('the matcher', () => {
  test.each([
    ['arn:aws:s3:::a/*', 'arn:aws:s3:::a/b/c', true], ['arn:aws:s3:::a.b', 'arn:aws:s3:::axb', false],
    ['x-??????', 'x-AbCdEf', true], ['x-??????', 'x-AbCdE', false], ['x', 'x-AbCdEf', false],
  ])('%s and %s', (pattern, text, expected) => { expect(matches(pattern, text)).toBe(expected); });
});

/** A whole ARN comes from the resource itself, or ends in the six characters; otherwise any six must stand for them. */
function isWhole(resource: string): boolean {
  return /^<.*>$/.test(resource) || /-(\?{6}|[A-Za-z0-9]{6})$/.test(resource);
}

test.each([...ALL, ['esb-profile -c certificateSecret=nginx', 'esb-profile', { certificateSecret: 'nginx' }]] as typeof ALL)('%s: every secret that is granted is named as IAM compares it', (_title, name, context) => {
  const statements = Object.values(example(name, context).templates).flatMap((each): Statement[] => identityStatements({ toJSON: () => each }));
  const granted = statements.filter(each => list(each.Action).some(action => action.startsWith('secretsmanager:'))).flatMap(each => list(each.Resource));
  expect(granted.length).toBeGreaterThan(0);
  expect(granted.filter(each => !isWhole(each))).toEqual([]);
});
