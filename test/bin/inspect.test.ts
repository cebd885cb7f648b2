import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { carbonCluster, folderWith } from './command-line';
import { AWS, changed, Files, TOML, XML } from './conf-files';

const CONF = process.env.CARBON_CONF ?? join(__dirname, '../../../shared/carbon-conf');
const AXIS2 = 'axis2/axis2.xml';

async function inspected(folder: string, ...options: string[]): Promise<{ code: number; answer: any }> {
  const { code, output } = await carbonCluster(['inspect', folder, '--json', ...options]);
  return { code, answer: JSON.parse(output) };
}

describe('exit codes', () => {
  test('0 without traps', async () => {
    const { code, errors } = await carbonCluster(['inspect', folderWith(XML), '--product', 'wso2am-2.2.0']);
    expect([code, errors]).toEqual([0, '']);
  });

  test('0 with notes only', async () => {
    const { code, answer } = await inspected(folderWith(changed(XML, [['hazelcast.properties']])), '--product', 'wso2am-2.2.0');
    expect([code, answer.traps.map((trap: any) => trap.severity)]).toEqual([0, ['note']]);
  });

  test('1 with a warning', async () => {
    const { code } = await inspected(folderWith(changed(XML, [[AXIS2, '>gateways<', '>wso2.carbon.domain<']])), '--product', 'wso2am-2.2.0');
    expect(code).toBe(1);
  });

  test.each([
    [['inspect'], 'missing required argument \'folder\''],
    [['inspect', '/nowhere'], '/nowhere is no folder: name a product\'s home or its configuration folder'],
    [['inspect', __dirname], 'has no deployment.toml and no axis2/axis2.xml: name a product\'s home'],
    [['inspect', __dirname, '--what'], 'unknown option \'--what\''],
    [[], 'Usage: carbon-cluster'],
    [['nonsense'], 'unknown command \'nonsense\''],
  ])('2 for %j', async (commandLine, sentence) => {
    const { code, output, errors } = await carbonCluster(commandLine);
    expect([code, output]).toEqual([2, '']);
    expect(errors).toContain(sentence);
  });

  test.each([
    ['wso2am-9.9.9', 'is not known, name one of wso2am-1.10.0, '],
    ['wso2esb-5.0.0', 'is not known, name one of wso2as-..., wso2ei-..., '],
  ])('2 for the product %s', async (product, sentence) => {
    const { code, errors } = await carbonCluster(['inspect', folderWith(XML), '--product', product]);
    expect(code).toBe(2);
    expect(errors).toContain(sentence);
  });

  test.each([['--help'], ['--version'], ['inspect', '--help'], ['render', '--help']])('0 for %s %s', async (...commandLine) => {
    expect((await carbonCluster(commandLine.filter(each => each))).code).toBe(0);
  });

  test('each command documents them', async () => {
    for (const command of [[], ['inspect'], ['render']]) {
      expect((await carbonCluster([...command, '--help'])).output).toMatch(/Exit codes:\n {2}0 {2}[\s\S]*\n {2}1 {2}[\s\S]*\n {2}2 {2}/);
    }
  });
});

describe('where the configuration is', () => {
  const inFolder = (folder: string): Files => Object.fromEntries(Object.entries(XML).map(([file, content]) => [`${folder}/${file}`, content]));

  test.each(['repository/conf', 'conf'])('a home with %s', async folder => {
    const home = folderWith(changed(inFolder(folder), [[`${folder}/${AXIS2}`, '>gateways<', '>my gateways<']]), 'wso2ei-6.4.0');
    const { answer } = await inspected(home);
    expect(answer.product).toEqual({ pack: 'wso2ei', version: '6.4.0', kernel: '4.4.36', hazelcast: '3.5.4', source: 'the folder\'s name' });
    expect(answer.traps[0]).toMatchObject({ id: 'domain-white-space', file: `${folder}/${AXIS2}`, line: 14 });
  });

  test('the conf folder of a home', async () => {
    const home = folderWith(inFolder('repository/conf'), 'wso2am-2.2.0');
    expect((await inspected(join(home, 'repository/conf'))).answer.product.version).toBe('2.2.0');
  });

  test('the conf folder of a profile', async () => {
    const home = folderWith(inFolder('wso2/broker/conf'), 'wso2ei-6.4.0');
    const { answer } = await inspected(join(home, 'wso2/broker/conf'));
    expect(answer.product.version).toBe('6.4.0');
    expect(answer.props).toContain('product: CarbonProduct.enterpriseIntegrator(\'6.4.0\', { profile: \'broker\' }),');
  });
});

describe('which product it is', () => {
  const HOME = Object.fromEntries(Object.entries(XML).map(([file, content]) => [`repository/conf/${file}`, content]));

  test('its version files go before the folder\'s name', async () => {
    const home = folderWith({ ...HOME, 'bin/version.txt': 'WSO2 API Manager v2.1.0\n' }, 'wso2am-2.2.0');
    expect((await inspected(home)).answer.product).toMatchObject({ version: '2.1.0', kernel: '4.4.11', source: 'bin/version.txt' });
  });

  test('the kernel and the Hazelcast bundle that are really there go before the catalogue', async () => {
    const home = folderWith({
      ...HOME,
      'bin/wso2carbon-version.txt': 'WSO2 Carbon Framework v4.4.40\n',
      'repository/components/plugins/hazelcast_3.5.2.wso2v1.jar': '',
    }, 'wso2am-2.2.0');
    expect((await inspected(home)).answer.product).toMatchObject({ version: '2.2.0', kernel: '4.4.40', hazelcast: '3.5.2' });
  });

  test('carbon.xml names it', async () => {
    const named = changed(XML, [['carbon.xml', '<HostName>', '<Name>WSO2 Enterprise Integrator</Name><Version>6.5.0</Version><HostName>']]);
    expect((await inspected(folderWith(named))).answer.product).toMatchObject({ pack: 'wso2ei', version: '6.5.0', kernel: '4.4.40', source: 'carbon.xml' });
  });

  test('a version that is not in the catalogue has a name and no kernel', async () => {
    const home = folderWith(HOME, 'wso2am-1.9.0');
    const { output } = await carbonCluster(['inspect', home]);
    expect(output.split('\n')[0]).toBe('// wso2am 1.9.0, unknown kernel, unknown Hazelcast: give --product, or read each sentence for the '
      + 'Hazelcast that you have');
  });

  test('a start script that names a configuration of Hazelcast', async () => {
    const home = folderWith({ ...HOME, 'bin/wso2server.sh': '#!/bin/sh\n# -Dhazelcast.config=a\n$JAVA -Dhazelcast.config=/x.xml\n' }, 'wso2am-2.2.0');
    expect((await inspected(home)).answer.traps[0]).toMatchObject({ id: 'hazelcast-xml-overrides', file: 'bin/wso2server.sh', line: 3 });
  });
});

describe('what is printed', () => {
  test('code first, then the traps with what to do', async () => {
    const folder = folderWith(changed(XML, [[AXIS2, '10.0.1.11</parameter>', '127.0.0.1</parameter>']]));
    const { output } = await carbonCluster(['inspect', folder, '--product', 'wso2am-2.2.0']);
    expect(output).toContain('// wso2am 2.2.0, kernel 4.4.26, Hazelcast 3.5.4 (from --product)\n');
    expect(output.slice(output.indexOf('1 error'))).toBe(`1 error, 0 warnings, 0 notes

error    local-member-host-loopback  axis2/axis2.xml:15
  The member tells the others that it is at 127.0.0.1, so none of them can reach it.
  Do: Give the node's own private address at boot, as a CarbonCluster does, or remove the parameter: then Carbon looks for an address.
`);
  });

  test.each([
    [{ isTty: true }, [], true],
    [{ isTty: false }, [], false],
    [{ isTty: false }, ['--color'], true],
    [{ isTty: true }, ['--no-color'], false],
    [{ isTty: true, environment: { NO_COLOR: '1' } }, [], false],
    [{ isTty: true, environment: { NO_COLOR: '' } }, [], true],
    [{ isTty: true, environment: { NO_COLOR: '1' } }, ['--color'], true],
    [{ isTty: true, environment: { TERM: 'dumb' } }, [], false],
  ])('colours for %j and %j: %s', async (terminal, options, colored) => {
    const { output } = await carbonCluster(['inspect', folderWith(XML), ...options], terminal);
    expect(output.includes('\u001b[')).toBe(colored);
  });

  test('a file cannot talk to the terminal', async () => {
    const folder = folderWith(changed(TOML, [['deployment.toml', '"identities"', '"a\\u001b]0;b\\u0007 c"']]));
    const { output } = await carbonCluster(['inspect', folder], { isTty: true });
    expect(output).toContain('a\\x1b]0;b\\x07-c');
  });

  test.each([['XML', 'hunter2'], ['TOML', 'hunter2']])('no secret of %s, in no form', async (style, secret) => {
    const { output, errors } = await carbonCluster(['inspect', folderWith(style === 'XML' ? secretXml(secret) : secretToml(secret))]);
    const { output: json } = await carbonCluster(['inspect', folderWith(style === 'XML' ? secretXml(secret) : secretToml(secret)), '--json']);
    expect(output + errors + json).not.toContain(secret);
    expect(output).toContain('static-access-key');
  });

  test('no secret in the message about a broken file', async () => {
    const { output, errors } = await carbonCluster(['inspect', folderWith({ 'deployment.toml': '[database.x]\npassword = "hunter2\nurl = 1\n' })]);
    expect(output + errors).not.toContain('hunter2');
    expect(output).toContain('file-malformed  deployment.toml:2');
  });
});

function secretXml(secret: string): Files {
  const all = changed(AWS, [
    [AXIS2, ' svns:secretAlias="Axis2.clustering.aws.accessKey">dummy', `>AKIA${secret}`],
    [AXIS2, ' svns:secretAlias="Axis2.clustering.aws.secretKey">dummy', `>${secret}`],
    [AXIS2, '    <!-- end of parameters -->', `<parameter name="groupPassword">${secret}</parameter><parameter name="licenseKey">${secret}</parameter>
<parameter name="apiToken">${secret}</parameter>`],
    ['carbon.xml', '<Enabled>false', '<Enabled>true'],
    ['carbon.xml', '${svn.password}', secret],
    ['carbon.xml', 'https://svn.example.com', `https://user:${secret}@svn.example.com`],
    ['carbon.xml', '>own<', `>${secret}<`],
    ['tomcat/catalina-server.xml', '"own"', `"${secret}"`],
    ['user-mgt.xml', ' svns:secretAlias="UserManager.AdminUser.Password">dummy', `>${secret}`],
    ['datasources/master-datasources.xml', ' svns:secretAlias="Datasource">dummy', `>${secret}`],
    ['datasources/master-datasources.xml', '//orders.example.com/orders', `//o:${secret}@orders.example.com/orders?password=${secret}`],
    ['registry.xml', 'regadmin@jdbc:mysql://db', `regadmin@jdbc:mysql://x:${secret}@db`],
  ]);
  return changed(all, [['datasources/master-datasources.xml', 'jdbc:mysql://db', `jdbc:mysql://y:${secret}@db`]]);
}

function secretToml(secret: string): Files {
  return changed(TOML, [
    ['deployment.toml', '# end of properties', `accessKey = "AKIA${secret}"\nsecretKey = "${secret}"\ngroupPassword = "${secret}"\n"my.token" = "${secret}"`],
    ['deployment.toml', '$secret{admin_password}', secret],
    ['deployment.toml', '$secret{shared_password}', secret],
    ['deployment.toml', '$secret{keystore_password}', secret],
    ['deployment.toml', 'shared?', `shared?password=${secret}&amp;`],
    ['deployment.toml', '# a worker', `[[datasource]]\nid = "ORDERS_DB"\nurl = "jdbc:mysql://a:${secret}@b/c"\npassword = "${secret}"`],
  ]);
}

describe('the vendor\'s own files', () => {
  if (!existsSync(CONF)) console.warn(`skipped: no ${CONF}, name a folder with the products' files in CARBON_CONF`);

  (existsSync(CONF) ? test : test.skip).each([
    ['wso2as-5.3.0', '4.4.1', ['multicast-on-ec2', 'local-member-host-loopback', 'admin-default-password']],
    ['wso2greg-5.3.0', '4.4.7', ['multicast-on-ec2', 'local-member-host-loopback', 'admin-default-password']],
    ['wso2am-2.2.0', '4.4.26', ['multicast-on-ec2', 'local-member-host-loopback', 'admin-default-password']],
    ['wso2ei-6.4.0', '4.4.36', ['local-member-host-loopback', 'sample-member', 'member-port-mismatch', 'admin-default-password']],
    ['wso2am-3.2.0', '4.6.0', ['admin-default-password']],
    ['wso2is-5.11.0', '4.6.1', ['admin-default-password']],
  ])('%s ships with its errors', async (product, kernel, errors) => {
    const { code, answer } = await inspected(join(CONF, product));
    expect([code, answer.product.kernel]).toEqual([1, kernel]);
    expect(answer.traps.filter((trap: any) => trap.severity === 'error').map((trap: any) => trap.id)).toEqual(errors);
    expect(answer.traps.every((trap: any) => existsSync(join(CONF, product, trap.file)))).toBe(true);
    expect(answer.traps.some((trap: any) => trap.id === 'parameter-unknown' || trap.id === 'file-malformed')).toBe(false);
  });
});

test('nothing is written', async () => {
  const folder = folderWith(XML);
  const before = readdirSync(folder, { recursive: true });
  await carbonCluster(['inspect', folder]);
  expect(readdirSync(folder, { recursive: true })).toEqual(before);
});

test('line ends, a byte order mark and another encoding are read', async () => {
  const folder = folderWith(changed(XML, [['carbon.xml', `\ufeff${XML['carbon.xml'].replace(/\n/g, '\r\n')}`]]));
  mkdirSync(join(folder, 'axis2'), { recursive: true });
  writeFileSync(join(folder, AXIS2), XML[AXIS2].replace('>gateways<', '>gâteaux<').replace(/\n/g, '\r\n'), 'latin1');
  const { code, answer } = await inspected(folder, '--product', 'wso2am-2.2.0');
  expect([code, answer.traps]).toEqual([0, []]);
  expect(answer.props).toContain('domain: \'gâteaux\'');
});
