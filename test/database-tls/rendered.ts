/** What the library writes into a data source, and tells the boot program. */
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Database, ExistingMySqlOptions, JdbcDriver } from '../../lib';
import { documentOf, gateway, testStack, userDataOf } from '../gateway';

export const DATABASE = 'WSO2UM_DB';

export interface Rendered {
  readonly className: string;
  readonly url: string;
  readonly files?: { readonly pem: string; readonly keystore: string };
}

/** Of every driver of a maker it is the same. */
const known = new Map<string, Rendered>();

export function rendered(fileName: string, options: Omit<ExistingMySqlOptions, 'adminSecret'>): Rendered {
  const key = JSON.stringify([fileName.startsWith('mysql-'), fileName.startsWith('mariadb-java-client-2.7'), options]);
  const found = known.get(key) ?? synthesized(fileName, options);
  known.set(key, found);
  return found;
}

function synthesized(fileName: string, options: Omit<ExistingMySqlOptions, 'adminSecret'>): Rendered {
  const stack = testStack();
  const adminSecret = new secretsmanager.Secret(stack, 'Admin');
  gateway(stack, { database: Database.existingMySql({ adminSecret, ...options }), jdbcDriver: driverOf(stack, fileName) });
  const document = documentOf(userDataOf(Template.fromStack(stack), 'Workers'));
  const file = document.configuration.files.find((each: any) => each.file.endsWith('master-datasources.xml'));
  const edit = file.edits.find((each: any) => each.replace.includes(`'${DATABASE}'`));
  const definition = Object.fromEntries(edit.children.find((each: any) => each.name === 'definition').children[0].children);
  const { tls } = document.databases;
  return { className: definition.driverClassName, url: definition.url.join.join(''), ...(tls ? { files: { pem: tls.pem, keystore: tls.keystore } } : {}) };
}

function driverOf(stack: Stack, fileName: string): JdbcDriver {
  const bucket = s3.Bucket.fromBucketName(stack, 'Drivers', 'drivers');
  return fileName.startsWith('mariadb') ? JdbcDriver.mariaDbConnectorJ(bucket, fileName) : JdbcDriver.mysqlConnectorJ(bucket, fileName);
}
