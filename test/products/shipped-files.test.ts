import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CATALOGUE } from '../../lib/products/catalogue';
import { ProductVersion } from '../../lib/products/product-version';

/** WSO2's own files, which do not belong in this repository. */
const CARBON_CONF = process.env.CARBON_CONF ?? join(__dirname, '../../../shared/carbon-conf');
const present = existsSync(CARBON_CONF);
if (!present) console.warn('skipped: no WSO2 configuration files beside the repository, set CARBON_CONF to their folder');

const XML: [string, string][] = [['wso2as', '5.3.0'], ['wso2am', '2.2.0'], ['wso2ei', '6.4.0'], ['wso2greg', '5.3.0']];
const TOML: [string, string][] = [['wso2am', '3.2.0'], ['wso2is', '5.11.0']];

function find(pack: string, version: string): ProductVersion {
  return CATALOGUE.find(each => each.pack === pack && each.version === version)!;
}

function home(product: ProductVersion): string {
  return join(CARBON_CONF, `${product.pack}-${product.version}`);
}

/** A configuration file of the first profile, without comments. */
function shipped(product: ProductVersion, file: string): string {
  return readFileSync(join(home(product), product.profiles[0].layout.folder, file), 'utf8').replace(/<!--[\s\S]*?-->/g, '');
}

function matches(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(match => match[1]);
}

(present ? describe : describe.skip).each(XML)('%s %s as shipped', (pack, version) => {
  const product = find(pack, version);
  const [profile] = product.profiles;

  test('is configured in this folder, by XML', () => {
    expect(profile.layout.style).toBe('xml');
    expect(existsSync(join(home(product), profile.layout.folder, 'axis2/axis2.xml'))).toBe(true);
    expect(existsSync(join(home(product), profile.layout.folder, 'deployment.toml'))).toBe(false);
  });

  test('logs with log4j 1', () => {
    expect(profile.layout.log4j).toBe(1);
    expect(existsSync(join(home(product), profile.layout.folder, 'log4j.properties'))).toBe(true);
  });

  test('has this offset and these servlet ports', () => {
    expect(matches(shipped(product, 'carbon.xml'), /<Offset>(\d+)<\/Offset>/g)).toEqual([String(profile.portOffset)]);
    const ports = matches(shipped(product, 'tomcat/catalina-server.xml'), /\sport="(\d+)"/g).map(Number);
    expect(ports).toEqual(expect.arrayContaining([profile.ports.servletHttp, profile.ports.servletHttps]));
  });

  test('has these message transports', () => {
    const receivers = matches(shipped(product, 'axis2/axis2.xml'), /(<transportReceiver\s[^>]*>[\s\S]*?<\/transportReceiver>)/g)
      .filter(each => /name="https?"/.test(each));
    expect(receivers.flatMap(each => matches(each, /<parameter name="port"[^>]*>(\d+)</g)).map(Number))
      .toEqual([profile.ports.serviceHttp, profile.ports.serviceHttps]);
    expect(receivers.every(each => each.includes('PassThroughHttp'))).toBe(profile.layout.passThrough);
  });

  test('has the synchronizer\'s element', () => {
    expect(product.deploymentSynchronizer).toBe(/<DeploymentSynchronizer>/.test(shipped(product, 'carbon.xml')));
  });

  test('every data source with a JNDI name is known by it', () => {
    const sources = matches(shipped(product, 'datasources/master-datasources.xml'), /<datasource>([\s\S]*?)<\/datasource>/g);
    const named = sources.map(each => ({ name: matches(each, /<name>([^<]*)</g)[0], jndiName: matches(each, /<jndiConfig>\s*<name>([^<]*)</g)[0] }))
      .filter(each => each.jndiName !== undefined);
    const known = product.databases.map(({ name, jndiName }) => ({ name, jndiName }));
    expect(named.length).toBeGreaterThan(0);
    expect(known).toEqual(expect.arrayContaining(named));
  });

  test('registry and user management use the embedded database', () => {
    const embedded = product.databases.find(each => each.name === 'WSO2_CARBON_DB')!.jndiName;
    expect(matches(shipped(product, 'registry.xml'), /<dataSource>([^<]*)</g)).toEqual([embedded]);
    expect(matches(shipped(product, 'user-mgt.xml'), /<Property name="dataSource">([^<]*)</g)).toEqual([embedded]);
  });
});

(present ? describe : describe.skip).each(TOML)('%s %s as shipped', (pack, version) => {
  const product = find(pack, version);

  test('is configured in this folder, by deployment.toml, with these databases', () => {
    const [{ layout }] = product.profiles;
    expect(layout.style).toBe('toml');
    const tables = matches(readFileSync(join(home(product), layout.folder, 'deployment.toml'), 'utf8'), /^\[database\.(\w+)\]/gm);
    expect(product.databases.map(each => each.tomlName)).toEqual(expect.arrayContaining(tables));
    const onServer = product.databases.filter(each => each.purpose !== 'local').map(each => each.tomlName);
    expect(tables).toEqual(expect.arrayContaining(onServer));
  });
});
