import { CATALOGUE } from '../../lib/products/catalogue';
import { compareVersions } from '../../lib/products/kernel';
import { ProductVersion, ProfileDescription } from '../../lib/products/product-version';

/** Product, version, kernel and Hazelcast as the kernels' and products' pom files have them, written down independently. */
const POM_FILES = `
  wso2as   5.3.0   4.4.1    3.5.0
  wso2greg 5.0.0   4.4.1    3.5.0
  wso2greg 5.1.0   4.4.1    3.5.0
  wso2greg 5.2.0   4.4.5    3.5.4
  wso2greg 5.3.0   4.4.7    3.5.4
  wso2greg 5.4.0   4.4.14   3.5.4
  wso2am   1.10.0  4.4.3    3.5.2
  wso2am   2.0.0   4.4.7    3.5.4
  wso2am   2.1.0   4.4.11   3.5.4
  wso2am   2.2.0   4.4.26   3.5.4
  wso2am   2.5.0   4.4.32   3.5.4
  wso2am   2.6.0   4.4.35   3.5.4
  wso2am   3.0.0   4.5.1    3.12.2
  wso2am   3.1.0   4.6.0    3.12.2
  wso2am   3.2.0   4.6.0    3.12.2
  wso2am   4.0.0   4.6.2    3.12.2
  wso2am   4.1.0   4.6.3    3.12.2
  wso2am   4.2.0   4.8.1    4.2.5
  wso2am   4.3.0   4.9.26   4.2.6
  wso2am   4.4.0   4.9.27   4.2.6
  wso2am   4.5.0   4.9.28   4.2.6
  wso2am   4.6.0   4.9.33   4.2.6
  wso2am   4.7.0   4.11.18  4.2.6
  wso2ei   6.0.0   4.4.14   3.5.4
  wso2ei   6.1.0   4.4.16   3.5.4
  wso2ei   6.1.1   4.4.16   3.5.4
  wso2ei   6.2.0   4.4.26   3.5.4
  wso2ei   6.3.0   4.4.32   3.5.4
  wso2ei   6.4.0   4.4.36   3.5.4
  wso2ei   6.5.0   4.4.40   3.5.4
  wso2ei   6.6.0   4.5.3    3.12.2
  wso2is   5.1.0   4.4.3    3.5.2
  wso2is   5.2.0   4.4.9    3.5.4
  wso2is   5.3.0   4.4.11   3.5.4
  wso2is   5.5.0   4.4.26   3.5.4
  wso2is   5.7.0   4.4.35   3.5.4
  wso2is   5.8.0   4.4.40   3.5.4
  wso2is   5.9.0   4.5.1    3.12.2
  wso2is   5.10.0  4.6.0    3.12.2
  wso2is   5.11.0  4.6.1    3.12.2
  wso2is   6.0.0   4.7.1    4.2.5
  wso2is   6.1.0   4.9.0    4.2.6
  wso2is   7.0.0   4.10.9   5.3.6
  wso2is   7.1.0   4.10.42  5.3.6
  wso2is   7.2.0   4.10.101 5.3.6
  wso2is   7.3.0   4.12.34  5.3.6
`;

const name = (version: ProductVersion): string => `${version.title} ${version.version}`;
const each: [string, ProductVersion][] = CATALOGUE.map(version => [name(version), version]);
const eachProfile: [string, ProfileDescription, ProductVersion][] = CATALOGUE.flatMap(version =>
  version.profiles.map((profile): [string, ProfileDescription, ProductVersion] => [`${name(version)} ${profile.name}`, profile, version]));

function unique(values: readonly string[]): void {
  expect(values.filter((value, index) => values.indexOf(value) < index)).toEqual([]);
}

function find(pack: string, version: string): ProductVersion {
  return CATALOGUE.find(known => known.pack === pack && known.version === version)!;
}

function profile(pack: string, version: string, wanted: string): ProfileDescription {
  return find(pack, version).profiles.find(known => known.name === wanted)!;
}

describe('the catalogue', () => {
  test('kernel and Hazelcast of every version are those of the pom files', () => {
    const written = POM_FILES.trim().split('\n').map(line => line.trim().split(/\s+/));
    const known = CATALOGUE.map(({ pack, version, kernel, hazelcast }) => [pack, version, kernel, hazelcast]);
    expect([...known].sort()).toEqual([...written].sort());
  });

  test('no version twice, and those of one product ascend', () => {
    unique(CATALOGUE.map(name));
    for (const pack of new Set(CATALOGUE.map(version => version.pack))) {
      const versions = CATALOGUE.filter(version => version.pack === pack).map(version => version.version);
      expect(versions).toEqual([...versions].sort(compareVersions));
    }
  });

  test('one title for one pack', () => {
    unique([...new Set(CATALOGUE.map(version => `${version.pack}: ${version.title}`))].map(text => text.split(':')[0]));
  });
});

describe.each(each)('%s', (_title, version) => {
  test('names where its facts come from', () => {
    expect(version.source).toContain(`wso2/product-${version.pack.replace('wso2', '').replace('am', 'apim')} v${version.version}`);
    expect(version.source).toContain(`wso2/carbon-kernel v${version.kernel}`);
    expect(version.source).not.toMatch(/undefined|;;|; *$/);
  });

  test('is configured by deployment.toml from kernel 4.5 on, but for Enterprise Integrator', () => {
    const toml = compareVersions(version.kernel, '4.5') > 0 && version.pack !== 'wso2ei';
    expect(new Set(version.profiles.map(({ layout }) => layout.style))).toEqual(new Set([toml ? 'toml' : 'xml']));
    expect(new Set(version.profiles.map(({ layout }) => layout.log4j))).toEqual(new Set([compareVersions(version.kernel, '4.5') > 0 ? 2 : 1]));
    expect(version.deploymentSynchronizer).toBe(version.kernel.startsWith('4.4.'));
  });

  test('installs a Java that it accepts', () => {
    expect(version.java.accepted).toContain(version.java.preferred);
    expect(version.java.accepted.length).toBeGreaterThan(0);
    expect(version.java.accepted).toEqual([...version.java.accepted].sort((a, b) => a - b));
  });

  test('has profiles with names of their own, and a layout by role that exists', () => {
    const names = version.profiles.map(({ name: each }) => each);
    unique(names);
    expect(names.length).toBeGreaterThan(0);
    if (!version.profileByRole) return;
    expect(names).toEqual(expect.arrayContaining(Object.values(version.profileByRole)));
    expect(version.profileByRole.manager).not.toBe(version.profileByRole.worker);
  });

  test('a manager serves the console, and nobody asks a worker for it', () => {
    if (!version.profileByRole) return;
    const [manager, worker] = [version.profileByRole.manager, version.profileByRole.worker]
      .map(wanted => version.profiles.find(({ name: each }) => each === wanted)!);
    expect(manager.console).toBe(true);
    expect(worker.console).toBe(false);
    expect(worker.health.path).not.toMatch(/^\/carbon/);
  });

  test('has databases with names of their own and one place for registry and users', () => {
    unique(version.databases.map(database => database.name.toLowerCase()));
    unique(version.databases.map(database => database.jndiName));
    const purposes = version.databases.map(database => database.purpose).filter(purpose => ['registry', 'user', 'shared'].includes(purpose));
    const toml = version.profiles[0].layout.style === 'toml';
    expect(purposes.sort()).toEqual(toml ? ['shared'] : ['registry', 'user']);
    expect(version.databases[0]).toMatchObject({ name: 'WSO2_CARBON_DB', purpose: 'local' });
  });

  test('names scripts for the databases on the server, and for no others', () => {
    for (const database of version.databases) {
      expect(database.scripts.length === 0).toBe(database.purpose === 'local');
      for (const script of database.scripts) expect(script).toMatch(/^(wso2\/(business-process|broker)\/)?dbscripts\/([\w-]+\/)*[\w.-]+\.sql$/);
      expect(database.name).toMatch(/^[A-Za-z][A-Za-z0-9_]{0,31}$/);
      expect(database.characterSet).toBe('latin1');
    }
  });

  test('gives a table in deployment.toml to each database on the server where there is such a file', () => {
    const toml = version.profiles[0].layout.style === 'toml';
    for (const database of version.databases.filter(({ purpose }) => purpose !== 'local')) expect(database.tomlName !== undefined).toBe(toml);
  });

  test('knows no profile of a database that it does not have', () => {
    const names = version.profiles.map(({ name: each }) => each);
    for (const database of version.databases) expect(names).toEqual(expect.arrayContaining([...database.profiles ?? []]));
  });
});

describe.each(eachProfile)('%s', (_title, described, version) => {
  test('has the shipped ports and its offset', () => {
    const { ports, portOffset } = described;
    expect([ports.servletHttp, ports.servletHttps]).toEqual([9763 + portOffset, 9443 + portOffset]);
    expect([[9763, 9443], [8280, 8243]].map(([http, https]) => [http + portOffset, https + portOffset]))
      .toContainEqual([ports.serviceHttp, ports.serviceHttps]);
    const listeners = new Set([ports.servletHttp, ports.servletHttps, ports.serviceHttp, ports.serviceHttps]);
    const others = Object.values(ports.others ?? {});
    unique(others.map(String));
    expect(others.filter(port => listeners.has(port))).toEqual([]);
  });

  test('is checked at a port that it listens on', () => {
    const { health, ports } = described;
    expect([ports.servletHttps, ports.serviceHttps, ...Object.values(ports.others ?? {})]).toContain(health.port);
    expect(health.path === undefined).toBe(health.protocol === 'TCP');
    expect(health.path ?? '/').toMatch(/^\//);
    if (!described.console) expect(health.path).not.toBe('/carbon/admin/login.jsp');
  });

  test('starts by a script and keeps its files inside its home', () => {
    expect(described.startScript).toMatch(/^(wso2\/[\w-]+\/)?bin\/[\w-]+\.sh$/);
    const home = described.home === undefined ? '' : `${described.home}/`;
    expect(described.startScript.startsWith(`${home}bin/`)).toBe(true);
    expect(described.layout.folder).toBe(version.pack === 'wso2ei' ? `${home}conf` : 'repository/conf');
    if (described.console) expect(described.sessionCookie).toBe('JSESSIONID');
  });
});

describe('API Manager', () => {
  const profiles = (version: string): string[] => find('wso2am', version).profiles.map(each => each.name);

  test('profiles by version', () => {
    expect(profiles('1.10.0')).toEqual(['default', 'api-key-manager', 'api-publisher', 'api-store', 'gateway-manager', 'gateway-worker']);
    expect(profiles('2.2.0')).toEqual([...profiles('1.10.0'), 'traffic-manager']);
    expect(profiles('2.5.0')).toEqual(profiles('2.2.0').filter(each => each !== 'gateway-manager'));
    expect(profiles('3.2.0')).toEqual(['default', 'api-devportal', 'api-key-manager', 'api-publisher', 'gateway-worker', 'traffic-manager']);
    expect(profiles('4.0.0')).toEqual(expect.arrayContaining(['control-plane', 'gateway-worker', 'traffic-manager', 'api-publisher-deprecated']));
    expect(profiles('4.6.0')).toEqual(['default', 'control-plane', 'gateway-worker', 'traffic-manager']);
  });

  test('the gateway has a manager up to 2.2, later the whole product is it', () => {
    expect(find('wso2am', '2.2.0').profileByRole).toEqual({ manager: 'gateway-manager', worker: 'gateway-worker' });
    expect(find('wso2am', '2.5.0').profileByRole).toEqual({ manager: 'default', worker: 'gateway-worker' });
  });

  test('a gateway worker is checked on the gateway\'s port and sticks to nobody', () => {
    const worker = profile('wso2am', '2.2.0', 'gateway-worker');
    expect(worker.health).toEqual({ protocol: 'HTTPS', port: 8243, path: '/services/Version' });
    expect(worker.sessionCookie).toBeUndefined();
    expect(worker.arguments).toEqual(['-Dprofile=gateway-worker']);
    expect(profile('wso2am', '2.2.0', 'default').arguments).toEqual([]);
  });

  test('a traffic manager is checked on its event receiver', () => {
    expect(profile('wso2am', '2.6.0', 'traffic-manager').health).toEqual({ protocol: 'TCP', port: 9611 });
  });

  test('the start script has the product\'s name from 4.0 on', () => {
    expect(profile('wso2am', '3.2.0', 'default').startScript).toBe('bin/wso2server.sh');
    expect(profile('wso2am', '4.0.0', 'default').startScript).toBe('bin/api-manager.sh');
  });

  test('scripts that load on MySQL 8', () => {
    const scripts = (version: string): unknown[] => find('wso2am', version).databases
      .filter(each => each.purpose !== 'local').map(({ name: each, scripts: files, sqlMode }) => [each, ...files, sqlMode]);
    expect(scripts('1.10.0')).toEqual([
      ['WSO2AM_DB', 'dbscripts/apimgt/mysql.sql', 'NO_ENGINE_SUBSTITUTION'],
      ['WSO2UM_DB', 'dbscripts/mysql.sql', 'NO_ENGINE_SUBSTITUTION'],
      ['WSO2REG_DB', 'dbscripts/mysql.sql', 'NO_ENGINE_SUBSTITUTION'],
    ]);
    expect(scripts('2.2.0')).toEqual([
      ['WSO2AM_DB', 'dbscripts/apimgt/mysql5.7.sql', undefined],
      ['WSO2UM_DB', 'dbscripts/mysql5.7.sql', undefined],
      ['WSO2REG_DB', 'dbscripts/mysql5.7.sql', undefined],
    ]);
    expect(scripts('4.2.0')).toEqual([
      ['WSO2_SHARED_DB', 'dbscripts/mysql.sql', undefined],
      ['WSO2AM_DB', 'dbscripts/apimgt/mysql.sql', undefined],
    ]);
  });
});

describe('Enterprise Integrator', () => {
  test('each runtime has its folder, offset and home', () => {
    const facts = find('wso2ei', '6.4.0').profiles.map(({ name: each, startScript, layout, portOffset, home }) =>
      [each, startScript, layout.folder, layout.passThrough, portOffset, home]);
    expect(facts).toEqual([
      ['integrator', 'bin/integrator.sh', 'conf', true, 0, undefined],
      ['business-process', 'wso2/business-process/bin/wso2server.sh', 'wso2/business-process/conf', false, 2, 'wso2/business-process'],
      ['broker', 'wso2/broker/bin/wso2server.sh', 'wso2/broker/conf', false, 3, 'wso2/broker'],
    ]);
    expect(find('wso2ei', '6.4.0').driverFolder).toBe('lib');
  });

  test('ports move with the offset', () => {
    expect(profile('wso2ei', '6.4.0', 'business-process').ports.servletHttps).toBe(9445);
    expect(profile('wso2ei', '6.4.0', 'broker').ports).toMatchObject({ servletHttps: 9446, others: { amqp: 5675, mqtt: 1886 } });
    expect(profile('wso2ei', '6.4.0', 'broker').health.port).toBe(9446);
  });

  test('a runtime\'s databases are its own', () => {
    const used = find('wso2ei', '6.4.0').databases.filter(each => each.profiles).map(each => [each.name, each.profiles, each.file]);
    expect(used).toEqual([
      ['BPS_DS', ['business-process'], 'datasources/bps-datasources.xml'],
      ['ACTIVITI_DB', ['business-process'], 'datasources/activiti-datasources.xml'],
      ['WSO2_MB_STORE_DB', ['broker'], undefined],
    ]);
  });
});

describe('Identity Server', () => {
  const identity = (version: string) => find('wso2is', version).databases.find(each => each.name === 'WSO2_IDENTITY_DB')!;

  test('scripts of the identity database follow the features', () => {
    expect(identity('5.3.0').scripts).toEqual(['dbscripts/identity/mysql.sql']);
    expect(identity('5.5.0').scripts).toEqual(['dbscripts/identity/mysql.sql', 'dbscripts/consent/mysql.sql']);
    expect(identity('5.11.0').scripts).toEqual(['dbscripts/identity/mysql.sql', 'dbscripts/identity/uma/mysql.sql', 'dbscripts/consent/mysql.sql']);
    expect(identity('7.2.0').scripts).toEqual(['dbscripts/identity/mysql.sql', 'dbscripts/consent/mysql.sql']);
  });

  test('files that have to name the identity database before deployment.toml', () => {
    expect(identity('5.3.0').references!.map(each => each.file)).toEqual(['identity/identity.xml']);
    expect(identity('5.7.0').references!.map(each => each.file)).toEqual(['identity/identity.xml', 'consent-mgt-config.xml']);
    expect(identity('5.9.0').references).toBeUndefined();
  });

  test('Java', () => {
    expect(['5.3.0', '5.5.0', '5.11.0', '6.1.0', '7.1.0', '7.3.0'].map(version => find('wso2is', version).java.accepted))
      .toEqual([[7, 8], [8], [8, 11], [11, 17], [11, 17, 21], [21]]);
  });
});
