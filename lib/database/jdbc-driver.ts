import { basename } from 'node:path';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { DatabaseTls, tlsParameters } from './database-tls';
import { checkDriverName, DriverMaker, driverMaker } from './driver-name';
import { assetFile } from '../artifacts/asset-file';
import { BucketFile } from '../artifacts/bucket-file';
import { BucketFileConfig, BucketFileOptions } from '../artifacts/bucket-file-options';

/** Both speak TLS 1.2 or later with every driver version that works; the server refuses anything else. */
const CONNECTOR_J_TLS = 'enabledTLSProtocols=TLSv1.2';
const MARIADB_TLS = 'enabledSslProtocolSuites=TLSv1.2';

/** Of both makers, in milliseconds: a server that fails over may never answer, nor close, the connections that it had. */
const TIMEOUTS = 'connectTimeout=10000&socketTimeout=120000';

/** Connector/J's old name still works in version 8; the new one does not exist in 5.1. */
const CONNECTOR_J_CLASS = 'com.mysql.jdbc.Driver';
const MARIADB_CLASS = 'org.mariadb.jdbc.Driver';

const DRIVERS: Readonly<Record<DriverMaker, readonly [className: string, urlParameters: string]>> = {
  mysql: [CONNECTOR_J_CLASS, `${CONNECTOR_J_TLS}&${TIMEOUTS}`],
  mariadb: [MARIADB_CLASS, `${MARIADB_TLS}&${TIMEOUTS}`],
};

type Bind = (scope: Construct, grantee: iam.IGrantable) => BucketFileConfig;

/**
 * The JDBC driver for MySQL. WSO2's packs carry none, for its licence.
 *
 * Versions that log in to MySQL 8.4 over TLS: MariaDB Connector/J 2.7.4 and later 2.7 (with `jdbc:mysql:` URLs; 3.x no
 * longer takes them), MySQL Connector/J 5.1.49. Connector/J 5.1.45 and older fail. A file whose name tells a version that
 * does not is refused.
 */
export class JdbcDriver {
  /** The pack already carries Connector/J in its driver folder; a node that finds none there stops and says so. */
  public static inPack(): JdbcDriver {
    return new JdbcDriver('mysql');
  }

  /**
   * A driver on the machine that synthesizes; it is uploaded as an asset and its checksum taken at synthesis.
   *
   * @param path the jar, named as its makers do: `mysql-connector-java-5.1.49.jar`, `mariadb-java-client-2.7.12.jar`
   * @throws if the name is of no driver, or of a version that does not log in
   */
  public static fromAsset(path: string): JdbcDriver {
    return new JdbcDriver(driverMaker(basename(path)), (scope, grantee) => assetFile(scope, 'JdbcDriver', path).grantTo(scope, grantee));
  }

  /** MySQL Connector/J, 5.1.49 or 8.0. */
  public static mysqlConnectorJ(bucket: s3.IBucket, objectKey: string, options: BucketFileOptions = {}): JdbcDriver {
    return JdbcDriver.fromBucket('mysql', bucket, objectKey, options);
  }

  /** MariaDB Connector/J 2.7, which logs in to every version of MySQL. */
  public static mariaDbConnectorJ(bucket: s3.IBucket, objectKey: string, options: BucketFileOptions = {}): JdbcDriver {
    return JdbcDriver.fromBucket('mariadb', bucket, objectKey, options);
  }

  private static fromBucket(maker: DriverMaker, bucket: s3.IBucket, objectKey: string, options: BucketFileOptions): JdbcDriver {
    const file = new BucketFile('jdbcDriver', bucket, objectKey, '.jar', options);
    checkDriverName(basename(objectKey));
    return new JdbcDriver(maker, (scope, grantee) => file.grantTo(scope, grantee));
  }

  /** Class of the driver. */
  public readonly className: string;
  private readonly bind?: Bind;

  private constructor(private readonly maker: DriverMaker, bind?: Bind) {
    this.className = DRIVERS[maker][0];
    this.bind = bind;
  }

  /** @internal */
  public _urlParameters(tls: DatabaseTls): string {
    return `${tlsParameters(this.maker, tls)}&${DRIVERS[this.maker][1]}`;
  }

  /** @internal */
  public _bind(scope: Construct, grantee: iam.IGrantable): BucketFileConfig | undefined {
    return this.bind?.(scope, grantee);
  }
}
