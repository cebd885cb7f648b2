import { Annotations, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as assets from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { CertificateAuthority } from './certificate-authority';
import { DriverMaker } from './driver-name';
import { rdsAuthoritiesFile } from './rds-authorities';
import { BucketFileConfig } from '../artifacts/bucket-file-options';
import { fileSource } from '../artifacts/file-source';
import { LateBoundValues } from '../boot/late-bound-values';
import { DatabaseTlsModel } from '../boot/node-document';

/** Where the node keeps the authorities: PEM for the MySQL client and MariaDB's driver, a JKS key store for MySQL's drivers. */
const PEM = '/opt/carbon-cluster/database-authorities.pem';
const KEYSTORE = '/opt/carbon-cluster/database-authorities.jks';
/** The key store holds public certificates only; the same password is in boot/programs/node_database_tls.py. */
const KEYSTORE_PASSWORD = 'changeit';

const UNVERIFIED_DATABASE = 'cdk-wso2-cluster:unverifiedDatabase';

/** How a database server is verified. */
export interface DatabaseTls {
  readonly certificateAuthority?: CertificateAuthority;
  readonly acceptAnyCertificate?: boolean;
  /** JDBC connects to this name, which the server's certificate need not have. */
  readonly hostAlias?: string;
}

type Verification = 'identity' | 'authority' | 'none';

/**
 * Parameters of a JDBC URL by what the driver verifies.
 *
 * Connector/J 5.1 knows the first group, verifies the chain by it and ignores `sslMode`; from 8.0 on `sslMode` takes precedence over
 * the first group, and VERIFY_IDENTITY compares the host name as well. Which of them is in a pack is not known at synthesis. MariaDB
 * Connector/J 2.7 verifies chain and host name unless told otherwise. `npm run test:database-tls` tries all of it.
 */
const PARAMETERS: Readonly<Record<DriverMaker, Readonly<Record<Verification, string>>>> = {
  mysql: {
    identity: mysqlVerifies('VERIFY_IDENTITY'),
    authority: mysqlVerifies('VERIFY_CA'),
    none: 'useSSL=true&requireSSL=true&verifyServerCertificate=false',
  },
  mariadb: {
    identity: `useSsl=true&serverSslCert=${PEM}`,
    authority: `useSsl=true&serverSslCert=${PEM}&disableSslHostnameVerification=true`,
    none: 'useSsl=true&trustServerCertificate=true',
  },
};

function mysqlVerifies(sslMode: string): string {
  return `useSSL=true&requireSSL=true&verifyServerCertificate=true&sslMode=${sslMode}`
    + `&trustCertificateKeyStoreUrl=file:${KEYSTORE}&trustCertificateKeyStorePassword=${KEYSTORE_PASSWORD}`;
}

export function tlsParameters(maker: DriverMaker, tls: DatabaseTls): string {
  if (tls.acceptAnyCertificate) return PARAMETERS[maker].none;
  return PARAMETERS[maker][tls.hostAlias === undefined ? 'identity' : 'authority'];
}

export function warnOfUnverified(scope: Construct, tls: DatabaseTls): void {
  if (!tls.acceptAnyCertificate) return;
  Annotations.of(scope).addWarningV2(UNVERIFIED_DATABASE, 'acceptAnyCertificate of the database is true, so nodes send passwords and data to '
    + 'whoever answers at its address. Give certificateAuthority instead, and a certificate with the server\'s host name to the server');
}

/** What the boot program needs to verify the server: the authorities, which the node's role may read, and where to put them. */
export function bindTls(scope: Construct, grantee: iam.IGrantable, values: LateBoundValues, tls: DatabaseTls): DatabaseTlsModel | undefined {
  const authorities = authoritiesFile(scope, grantee, tls);
  if (!authorities) return undefined;
  const source = fileSource(values, 'DatabaseAuthorities', authorities.file);
  return { ...(authorities.asset ? { asset: source } : { source }), pem: PEM, keystore: KEYSTORE };
}

/** The PEM file of the authorities, which the grantee may read. */
export interface AuthoritiesFile {
  readonly file: BucketFileConfig;
  /** It is an asset of the library's own, which has no checksum. */
  readonly asset: boolean;
}

/** Nothing where any certificate is accepted. */
export function authoritiesFile(scope: Construct, grantee: iam.IGrantable, tls: DatabaseTls): AuthoritiesFile | undefined {
  if (tls.acceptAnyCertificate) return undefined;
  const given = tls.certificateAuthority;
  return given ? { file: given._bind(scope, grantee), asset: false } : { file: rdsAsset(scope, grantee), asset: true };
}

/** As the boot programs, this asset has no checksum in the document: whoever may write the assets' bucket is an administrator of the nodes. */
function rdsAsset(scope: Construct, grantee: iam.IGrantable): BucketFileConfig {
  const { region } = Stack.of(scope);
  const asset = new assets.Asset(scope, 'DatabaseAuthorities', { path: rdsAuthoritiesFile(Token.isUnresolved(region) ? undefined : region) });
  iam.Grant.addToPrincipal({ grantee, actions: ['s3:GetObject'], resourceArns: [asset.bucket.arnForObjects(asset.s3ObjectKey)] });
  return { bucketName: asset.s3BucketName, objectKey: asset.s3ObjectKey };
}
