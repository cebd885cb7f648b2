import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { BucketFile } from '../artifacts/bucket-file';
import { BucketFileConfig, BucketFileOptions } from '../artifacts/bucket-file-options';

/** Both speak TLS 1.2 or later with every driver version that works; the server refuses anything else. */
const CONNECTOR_J_TLS = 'useSSL=true&requireSSL=true&verifyServerCertificate=false&enabledTLSProtocols=TLSv1.2';
const MARIADB_TLS = 'useSsl=true&trustServerCertificate=true&enabledSslProtocolSuites=TLSv1.2';

/** Connector/J's old name still works in version 8; the new one does not exist in 5.1. */
const CONNECTOR_J_CLASS = 'com.mysql.jdbc.Driver';
const MARIADB_CLASS = 'org.mariadb.jdbc.Driver';

/**
 * The JDBC driver for MySQL. WSO2's packs carry none, for its licence.
 *
 * Versions that log in to MySQL 8.4 over TLS: MariaDB Connector/J 2.7.4 and later 2.7 (with `jdbc:mysql:` URLs; 3.x no
 * longer takes them), MySQL Connector/J 5.1.49. Connector/J 5.1.45 and older fail.
 */
export class JdbcDriver {
  /** The pack already carries Connector/J in its driver folder; a node that finds none there stops and says so. */
  public static inPack(): JdbcDriver {
    return new JdbcDriver(CONNECTOR_J_CLASS, CONNECTOR_J_TLS);
  }

  /** MySQL Connector/J, 5.1.49 or 8.0. */
  public static mysqlConnectorJ(bucket: s3.IBucket, objectKey: string, options: BucketFileOptions = {}): JdbcDriver {
    return new JdbcDriver(CONNECTOR_J_CLASS, CONNECTOR_J_TLS, new BucketFile('jdbcDriver', bucket, objectKey, '.jar', options));
  }

  /** MariaDB Connector/J 2.7, which logs in to every version of MySQL. */
  public static mariaDbConnectorJ(bucket: s3.IBucket, objectKey: string, options: BucketFileOptions = {}): JdbcDriver {
    return new JdbcDriver(MARIADB_CLASS, MARIADB_TLS, new BucketFile('jdbcDriver', bucket, objectKey, '.jar', options));
  }

  /** @internal */
  public readonly _urlParameters: string;
  private readonly file?: BucketFile;

  /** @param className class of the driver */
  private constructor(public readonly className: string, urlParameters: string, file?: BucketFile) {
    this._urlParameters = urlParameters;
    this.file = file;
  }

  /** @internal */
  public _bind(grantee: iam.IGrantable): BucketFileConfig | undefined {
    return this.file?.grantTo(grantee);
  }
}
