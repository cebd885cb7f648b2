import { jdbcUrl, withoutSecrets } from './jdbc';
import { Configuration, Datasource } from './model';
import { PropsBuilder } from './props-builder';
import { constantName, listLiteral, objectLiteral, quoted } from './source-text';

/** Data sources that the products themselves have, by WSO2's files and clustering guides. */
const OF_PRODUCTS = ['WSO2_CARBON_DB', 'WSO2AM_DB', 'WSO2AM_STATS_DB', 'WSO2_MB_STORE_DB', 'WSO2UM_DB', 'WSO2REG_DB', 'WSO2_SOCIAL_DB', 'JAGH2',
  'WSO2BAM_DATASOURCE', 'WSO2_USER_DB', 'REGISTRY_DB', 'WSO2_SHARED_DB', 'WSO2_IDENTITY_DB', 'WSO2CONFIG_DB', 'BPS_DS', 'ACTIVITI_DB',
  'WSO2_METRICS_DB', 'shared_db', 'apim_db', 'identity_db', 'user', 'config', 'local', 'bps_database'];

/** Data sources of the user's own become props; those of the product are made anew by the cluster. */
export function datasourceProps({ datasources }: Configuration, builder: PropsBuilder): void {
  const served = datasources.filter(each => jdbcUrl(each.url) !== undefined && jdbcUrl(each.url)!.engine !== 'h2');
  const own = served.filter(each => !OF_PRODUCTS.includes(nameOf(each)));
  const ofProduct = served.filter(each => OF_PRODUCTS.includes(nameOf(each)));
  if (own.length > 0) builder.add('datasources', listLiteral(own.map(each => datasourceCode(each, builder))));
  if (ofProduct.length > 0) {
    builder.remark(`${ofProduct.map(nameOf).join(', ')}: a CarbonCluster makes the product's databases on a MySQL of its own; `
      + 'move their content there.');
  }
  const embedded = datasources.filter(each => jdbcUrl(each.url)?.engine === 'h2' && !OF_PRODUCTS.includes(nameOf(each)));
  if (embedded.length > 0) builder.remark(`${embedded.map(nameOf).join(', ')}: H2 files, which nodes cannot share.`);
}

function nameOf(datasource: Datasource): string {
  return datasource.name.text.trim();
}

function datasourceCode(datasource: Datasource, builder: PropsBuilder): string {
  const { engine } = jdbcUrl(datasource.url)!;
  const url = withoutSecrets(datasource.url!.text.trim());
  const driver = datasource.driver?.text.trim();
  return objectLiteral([
    ['name', quoted(nameOf(datasource))],
    ['jndiName', quoted(datasource.jndiName?.text.trim() ?? nameOf(datasource))],
    ['url', quoted(url)],
    ['secret', builder.secret(constantName(nameOf(datasource), 'secret'), `username and password of ${nameOf(datasource)}`)],
    ...(engine !== 'mysql' && driver ? [['driverClassName', quoted(driver)] as const] : []),
    ...pool(datasource),
  ]);
}

function pool({ pool: settings }: Datasource): [string, string][] {
  const given = settings.filter(each => each.text.trim() !== '' && !/pass|user/i.test(each.name));
  return given.length === 0 ? [] : [['pool', objectLiteral(given.map(each => [each.name, quoted(each.text.trim())]))]];
}
