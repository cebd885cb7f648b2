import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { App, SecretValue, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { BootPhase, testing } from '../../lib';
import { gateway, testApp, testStack } from '../gateway';

const { SecretKind, SecretScan } = testing;
const VALUE = 'c0rrect-horse/battery"staple';
/** Put together here, so that no scan takes this file for a leak. */
const KEY_ID = ['AKIA', 'Z7QX3TNP5WLM2C4D'].join('');
const PEM = `-----BEGIN RSA PRIVATE ${'KEY'}-----\n${'MIIEow'.repeat(10)}\n`;

const folders: string[] = [];
afterAll(() => folders.forEach(each => rmSync(each, { recursive: true, force: true })));

function newFolder(): string {
  folders.push(mkdtempSync(join(tmpdir(), 'carbon-scan-')));
  return folders.at(-1)!;
}

function folderOf(files: Record<string, string | Buffer>): string {
  const folder = newFolder();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

const scanned = (text: string, ...secretValues: string[]): testing.SecretFinding[] => new SecretScan({ secretValues }).scanText('text', text).findings;
const kinds = (text: string): string[] => scanned(text).map(each => each.kind);

describe('default passwords', () => {
  test.each([
    'password = "wso2carbon"', 'password="admin"', '"password":"admin"', 'keystorePass="wso2carbon"', '<Password>wso2carbon</Password>',
    '<KeyPassword> wso2carbon </KeyPassword>', '<Property name="ConnectionPassword">admin</Property>', '<property key="password" value="admin" />',
    'log4j.appender.DAS.password=admin', 'java -Djavax.net.ssl.keyStorePassword=wso2carbon Main', 'keytool -list -storepass wso2carbon',
    'tool --password admin', 'mysql -u root -padmin registry', '{"property":"x.password","value":"admin"}', '["password","admin"]',
    '{"set":"/UserManager/Realm/Configuration/AdminUser/Password","text":"admin","existing":true}',
    `{"set":"/a/parameter[@name='password']","text":"admin"}`, '{"table":"super_admin","values":{"username":"admin","password":"admin"}}',
    '{"Key": "AdminPassword",\n "Value": "admin"}', '"AdminPassword": {\n "Type": "String",\n "Default": "admin"\n}', 'export DB_PASSWORD=admin',
    '"SecretString": "admin"', String.raw`"SecretString": "{\"username\":\"u\",\"password\":\"admin\"}"`,
  ])('%s', text => {
    expect(kinds(text)).toEqual([SecretKind.DEFAULT_PASSWORD]);
  });

  test.each([
    'username = "admin"', '<UserName>admin</UserName>', 'alias = "wso2carbon"', '<KeyAlias>wso2carbon</KeyAlias>', 'User=wso2carbon',
    'bin/wso2carbon.sh', 'password = "administrator"', 'password = "wso2carbon-x"', '<AdminRole>admin</AdminRole>', '["username","admin"]',
    '{"secret":"AdminSecret","field":"password"}', 'chown -R wso2carbon:wso2carbon /opt', 'the password of admin', 'mysql -p admin',
    '{"admin":"DatabaseAdmin","schemas":[]}', 'javax.net.ssl.trustStorePassword=wso2carbon', '<TrustStore>\n <Password>wso2carbon</Password>\n</TrustStore>',
    '[truststore]\nfile_name = "client-truststore.jks"\npassword = "wso2carbon"', '{"table":"truststore","values":{"password":"wso2carbon"}}',
  ])('not in %s', text => {
    expect(kinds(text)).toEqual([]);
  });

  test('the key store beside a trust store', () => {
    expect(scanned('<TrustStore>\n<Password>wso2carbon</Password>\n</TrustStore>\n<KeyStore>\n<Password>wso2carbon</Password>\n</KeyStore>')
      .map(each => each.line)).toEqual([5]);
  });
});

describe('shapes', () => {
  test.each([
    [SecretKind.ACCESS_KEY, KEY_ID], [SecretKind.ACCESS_KEY, `aws_access_key_id = ${KEY_ID.replace('AKIA', 'ASIA')}`], [SecretKind.PRIVATE_KEY, PEM],
    [SecretKind.PRIVATE_KEY, JSON.stringify({ key: PEM })], [SecretKind.JDBC_PASSWORD, 'jdbc:mysql://db:3306/reg?user=u&password=hunter22'],
    [SecretKind.JDBC_PASSWORD, '<url>jdbc:mysql://db/reg?user=u&amp;password=hunter22</url>'], [SecretKind.JDBC_PASSWORD, 'jdbc:postgresql://u:hunter22@db/reg'],
    [SecretKind.JDBC_PASSWORD, 'jdbc:oracle:thin:u/hunter22@db:1521/reg'], [SecretKind.JDBC_PASSWORD, 'jdbc:sqlserver://db;user=u;password=hunter22'],
  ])('%s', (kind, text) => {
    expect(kinds(text)).toEqual([kind]);
  });

  test.each([
    'AKIAIOSFODNN7EXAMPLE', 'AKIA', `x${KEY_ID}`, PEM.split('\n')[0], 'if line == "-----BEGIN PRIVATE' + ' KEY-----": return', 'jdbc:mysql://db:3306/reg?useSSL=true',
    'jdbc:mysql://db/reg?user=u&password=', 'jdbc:mysql://db/reg?password=${password}', '["jdbc:mysql://",{"env":"Endpoint"},"/reg?useSSL=true"]',
  ])('not in %s', text => {
    expect(kinds(text)).toEqual([]);
  });
});

describe('given values', () => {
  test.each([
    ['as they are', `line one\npassword ${VALUE}`, 2], ['in JSON', JSON.stringify({ a: { b: VALUE } }, undefined, 1), 3],
    ['in XML', `<a b="${VALUE.replace('"', '&quot;')}"/>`, 1], ['in a URL', `https://host/?q=${encodeURIComponent(VALUE)}`, 1],
    ['in base64', `Authorization: Basic ${Buffer.from(`admin:${VALUE}`).toString('base64')}`, 1],
    ['in base64 of many lines', `a:\n${Buffer.from(`${'x'.repeat(200)}${VALUE}`).toString('base64').replace(/.{76}/g, '$&\n')}`, 2],
    ['in base64 of gzip', `user data: ${gzipSync(`#!/bin/sh\necho ${VALUE}`).toString('base64')}`, 1],
    ['in base64 of base64', Buffer.from(Buffer.from(`echo ${VALUE}`).toString('base64')).toString('base64'), 1],
  ])('%s', (_what, text, line) => {
    const scan = new SecretScan({ secretValues: [VALUE] }).scanText('log', text);
    expect(scan.findings).toEqual([expect.objectContaining({ file: 'log', line, kind: SecretKind.GIVEN_VALUE })]);
    expect(() => scan.assertNoFindings()).toThrow(new RegExp(`^log:${line}: given value`));
    expect(inspect(scan, { depth: 9, showHidden: true }) + JSON.stringify(scan)).not.toContain('battery');
  });

  test('too short a value is refused without telling it', () => {
    expect(() => new SecretScan({ secretValues: [VALUE, 'abc4711'] }))
      .toThrow(/^secretValues: number 2 has 7 characters and would occur by accident, give values of at least 8$/);
  });

  test('each place once', () => {
    expect(scanned(`${VALUE} ${VALUE}\n${VALUE}`, VALUE).map(each => each.line)).toEqual([1, 2]);
  });
});

describe('a cloud assembly', () => {
  function scanApp(make: (stack: Stack) => void, secretValues: string[] = []): testing.SecretScan {
    const app = new App({ outdir: newFolder(), context: testApp().node.getAllContext(), analyticsReporting: false });
    make(testStack(app));
    return new SecretScan({ secretValues }).scanFolder(app.synth().directory);
  }
  // What the CDK writes beside the templates for its own tools repeats them.
  const inTemplates = (scan: testing.SecretScan): testing.SecretFinding[] => scan.findings.filter(each => each.file.endsWith('.template.json'));

  test('the value of a secret in the template', () => {
    const scan = scanApp(stack => void new secretsmanager.Secret(stack, 'Secret', { secretStringValue: SecretValue.unsafePlainText(VALUE) }), [VALUE]);
    expect(inTemplates(scan)).toEqual([{ file: 'Test.template.json', line: expect.any(Number), kind: SecretKind.GIVEN_VALUE }]);
  });

  test('a value in user data that is encoded already', () => {
    const scan = scanApp(stack => void new ec2.CfnInstance(stack, 'Instance', { userData: Buffer.from(`#!/bin/sh\necho ${VALUE}\n`).toString('base64') }), [VALUE]);
    expect(inTemplates(scan)).toEqual([{ file: 'Test.template.json', line: 6, kind: SecretKind.GIVEN_VALUE, inside: 'base64' }]);
  });

  test('a value that is in pieces', () => {
    const scan = scanApp(stack => {
      new ec2.CfnInstance(stack, 'Instance').addPropertyOverride('UserData', { 'Fn::Base64': { 'Fn::Join': ['', ['curl ', { Ref: 'AWS::Partition' }, VALUE.slice(0, 12), VALUE.slice(12)]] } });
    }, [VALUE]);
    expect(inTemplates(scan)).toEqual([{ file: 'Test.template.json', line: expect.any(Number), kind: SecretKind.GIVEN_VALUE, inside: 'a string of JSON' }]);
  });

  test('a secret in a script of the user\'s', () => {
    const scan = scanApp(stack => gateway(stack).workers.addScriptAfter(BootPhase.START, `curl -u admin:x --password admin https://localhost`));
    const finding = { file: 'Test.template.json', line: expect.any(Number), kind: SecretKind.DEFAULT_PASSWORD };
    expect(inTemplates(scan)).toEqual([finding, { ...finding, inside: 'base64' }]);
  });
});

describe('folders', () => {
  test('text files at every depth, in the order of their names; what is no text is told', () => {
    const folder = folderOf({
      'b/deep/boot.log': `first\n${KEY_ID}\n`, 'a.txt': `${VALUE}`, 'asset.zip': Buffer.from('504b0304140000000800', 'hex'), 'c.gz': gzipSync(`x ${VALUE}`),
    });
    symlinkSync(join(folder, 'a.txt'), join(folder, 'link'));
    const scan = new SecretScan({ secretValues: [VALUE] }).scanFolder(folder);
    expect(scan.findings.map(({ file, line, kind }) => `${file}:${line} ${kind}`)).toEqual(['a.txt:1 given value', 'b/deep/boot.log:2 access key', 'c.gz:1 given value']);
    expect(scan.skippedFiles).toEqual(['asset.zip']);
  });

  test('several sources in one scan', () => {
    const scan = new SecretScan().scanText('ps', 'java -storepass wso2carbon').scanFolder(folderOf({ 'a.log': KEY_ID }));
    expect(scan.findings.map(each => each.file)).toEqual(['ps', 'a.log']);
    new SecretScan().scanText('ps', 'java org.wso2.carbon.bootstrap.Bootstrap').assertNoFindings();
  });

  test('a file of many lines in not much longer than it takes to read', () => {
    const lines = Array.from({ length: 20_000 }, (_, index) => ({ name: `resource${index}`, value: `text ${index}` }));
    expect(scanned(JSON.stringify([...lines, { name: 'password', value: 'admin' }], undefined, 1)).map(each => each.line)).toEqual([80_003]);
  });
});

/**
 * Default passwords are in the programs of the nodes, where they are no secret of anybody's: that of the trust stores, and that of a copy of
 * the key store for the pack's own files (lib/credentials/README.md). The scan takes the one for what it is, and the other has no name that it
 * knows; so this is the place where they are counted.
 */
test('the programs of the nodes write down the packs\' default in two places, and no other password', () => {
  const programs = join(__dirname, '..', '..', 'lib', 'boot', 'programs');
  const places = readdirSync(programs).filter(each => each.endsWith('.py')).flatMap(file => readFileSync(join(programs, file), 'utf8').split('\n')
    .filter(line => /["']wso2carbon["']|= ["']admin["']/.test(line)).map(line => `${file}: ${line}`));
  expect(places).toEqual([
    'node_as_service.py: USER = "wso2carbon"',
    'node_keystore.py: SHIPPED_DEFAULT = "wso2carbon"',
    'node_keystore.py: TRUSTED_AS = ("wso2carbon", "gateway_certificate_alias")',
    'node_trust.py: TRUST_STORE_PASSWORD = "wso2carbon"',
  ]);
});
