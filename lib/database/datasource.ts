import { Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { grantSecretValue } from '../access/secret-access';
import { LateBoundValues } from '../boot/late-bound-values';
import { DatasourceModel } from '../configuration/node-model';

/** A data source of your own, beside those of the product. The database behind it is yours to make. */
export interface Datasource {
  /** Name of the data source, `ORDERS_DB`. */
  readonly name: string;
  /** JNDI name, `jdbc/OrdersDB`. */
  readonly jndiName: string;
  /** JDBC URL. */
  readonly url: string;
  /** Secret with the JSON fields `username` and `password`. */
  readonly secret: secretsmanager.ISecret;
  /**
   * Class of the JDBC driver. Give it for an engine other than MySQL; the driver is then yours to put into the pack.
   *
   * @default - that of the cluster's `jdbcDriver`
   */
  readonly driverClassName?: string;
  /**
   * What it is for.
   *
   * @default - the name
   */
  readonly description?: string;
  /**
   * Settings of the connection pool by name, such as `maxActive`; they go over the cluster's.
   *
   * @default - the cluster's pool settings
   */
  readonly pool?: { readonly [name: string]: string };
}

/** @throws if the URL is one of another engine than the driver's */
export function datasourceModel(
  datasource: Datasource, defaults: { driverClassName: string; pool: Readonly<Record<string, string>> }, role: iam.IRole, values: LateBoundValues,
): DatasourceModel {
  checkEngine(datasource);
  grantSecretValue(datasource.secret, role);
  const key = datasource.name.replace(/[^A-Za-z0-9]/g, '');
  const secret = values.name(`Datasource${key}Secret`, datasource.secret.secretArn);
  return {
    name: datasource.name,
    description: datasource.description ?? datasource.name,
    jndiName: datasource.jndiName,
    tomlName: datasource.name.toLowerCase(),
    url: values.value(`Datasource${key}Url`, datasource.url),
    username: { secret, field: 'username' },
    password: { secret, field: 'password' },
    driverClassName: datasource.driverClassName ?? defaults.driverClassName,
    pool: { ...defaults.pool, ...datasource.pool },
  };
}

function checkEngine(datasource: Datasource): void {
  if (datasource.driverClassName || Token.isUnresolved(datasource.url) || datasource.url.startsWith('jdbc:mysql:')) return;
  throw new Error(`url '${datasource.url}' of datasource ${datasource.name} is not one of MySQL, give driverClassName of its driver too`);
}

export function checkJndiNames(datasources: readonly DatasourceModel[]): void {
  for (const [index, one] of datasources.entries()) {
    const other = datasources.slice(0, index).find(each => each.jndiName === one.jndiName || each.name === one.name);
    if (!other) continue;
    const [property, value] = other.jndiName === one.jndiName ? ['jndiName', one.jndiName] : ['name', one.name];
    throw new Error(`${property} '${value}' of datasource ${one.name} is also that of ${other.name}, give each its own`);
  }
}
