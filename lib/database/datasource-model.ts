import { Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Datasource } from './datasource';
import { grantSecretValue, secretId } from '../access/secret-access';
import { LateBoundValues } from '../boot/late-bound-values';
import { DatasourceModel } from '../configuration/node-model';

/** @throws if the URL is one of another engine than the driver's */
export function datasourceModel(
  datasource: Datasource, defaults: { driverClassName: string; pool: Readonly<Record<string, string>> }, role: iam.IRole, values: LateBoundValues,
): DatasourceModel {
  checkEngine(datasource);
  grantSecretValue(datasource.secret, role);
  const key = datasource.name.replace(/[^A-Za-z0-9]/g, '');
  const secret = values.name(`Datasource${key}Secret`, secretId(datasource.secret));
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
