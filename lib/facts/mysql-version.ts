import { Token } from 'aws-cdk-lib';
import * as rds from 'aws-cdk-lib/aws-rds';
import { isWithdrawn, usedValue } from './aws-facts';

/** Default version of RDS for MySQL: the newest minor version when this library was released. */
export function defaultMySqlVersion(): rds.MysqlEngineVersion {
  return rds.MysqlEngineVersion.of(usedValue('rds-mysql-default'), usedValue('rds-mysql-major'));
}

/** A version that is newer than the facts passes: RDS knows it, not this library. @throws if RDS no longer offers the version */
export function checkMySqlVersion({ mysqlFullVersion }: rds.MysqlEngineVersion): void {
  if (Token.isUnresolved(mysqlFullVersion) || !isWithdrawn(mysqlFullVersion)) return;
  throw new Error(`engineVersion '${mysqlFullVersion}' is no longer offered by RDS for MySQL, use ${usedValue('rds-mysql-default')}, `
    + 'or for a database that exists at least the version that it runs');
}
