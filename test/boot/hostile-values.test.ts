import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { LateBoundValues } from '../../lib/boot/late-bound-values';
import { documentText, NodeDocument } from '../../lib/boot/node-document';
import { PROGRAMS, userDataText } from '../../lib/boot/user-data';
import { configurationPlan } from '../../lib/configuration/configuration';
import { DatasourceModel, NodeModel } from '../../lib/configuration/node-model';
import { ConfigurationPlan, FileEdits } from '../../lib/configuration/plan';
import { ConfigurationEdit, ConfigurationValue } from '../../lib/nodes/configuration-overlay';
import { GATEWAY_WORKER } from '../configuration/gateway-worker';

const BATCHES = 20;
const VALUES_PER_BATCH = 50;
const CONF = 'repository/conf';

/** What has broken configuration tools before, and ordinary letters between it. */
const HOSTILE = ['&', '<', '>', '"', "'", '\\', '$', '`', ']]>', '#', '=', ':', '%', ' ', '\t', '\n', '${x}', '$(x)', '&amp;', '<!--', '-->', '/', '[', ']',
  '@', '{', '}', '|', ';', '*', '?', '!', '~', 'é', 'ß', '€', '漢', '😀', '𝄞', 'a', 'B', '0', 'CARBON_CLUSTER_NODE', '@NODE@', '\\n', 'EOF', "'\\''"];
const hostile = fc.array(fc.constantFrom(...HOSTILE), { minLength: 1, maxLength: 12 }).map(parts => parts.join(''));

/** A fixed seed: the same values on every machine, and new ones for who changes it. */
const VALUES = fc.sample(hostile, { seed: 20261121, numRuns: BATCHES * VALUES_PER_BATCH });

/** Both kinds of quotes in one name of a path is the one thing that is refused at synthesis. */
const forPredicate = (value: string): string => value.replace(/"/g, '').replace(/[\n\t]/g, ' ');

function datasource(value: string, index: number): DatasourceModel {
  return {
    name: `D${index}`, description: value, jndiName: `jdbc/D${index}`, tomlName: `d${index}`,
    url: { join: ['jdbc:mysql://', { env: 'Host' }, `/x?${value}`] },
    username: value,
    password: { secret: `S${index}`, field: 'password' },
    driverClassName: 'com.mysql.jdbc.Driver',
    pool: {},
  };
}

function model(values: string[], style: 'xml' | 'toml'): NodeModel {
  return {
    ...GATEWAY_WORKER,
    layout: { ...GATEWAY_WORKER.layout, style },
    clustering: { ...GATEWAY_WORKER.clustering, parameters: values.map((value, index) => ({ name: `p${index}`, value })) },
    datasources: values.map(datasource),
    registry: {
      datasource: 'jdbc/D0', cacheId: 'c', readOnly: false,
      mounts: values.map((value, index) => ({ path: `/${index}${forPredicate(value)}`, targetPath: value })),
    },
    userManagement: { datasource: 'jdbc/D0', adminUserName: values[0], adminPassword: { secret: 'S0', field: 'password' } },
    hazelcastProperties: Object.fromEntries(values.map((value, index) => [`hazelcast.p${index}`, value])),
  };
}

/** As `configurationOverlays` makes them. */
function overlays(values: string[]): FileEdits[] {
  const binding = { role: undefined as never, values: new LateBoundValues(), nextName: () => 'x' };
  return [
    {
      file: `${CONF}/tomcat/catalina-server.xml`,
      edits: values.map((value, index) => ConfigurationEdit.attribute(`/Server/Overlay[@name='o${index}']`, 'value', ConfigurationValue.text(value))
        ._bind(binding)),
    },
    { file: `${CONF}/own.properties`, edits: values.map((value, index) => ConfigurationEdit.property(`key${index}`, ConfigurationValue.text(value))._bind(binding)) },
  ];
}

/** Through the user data and a real bash, which writes the two documents down, and the program that runs on the node. */
function configure(plan: ConfigurationPlan, values: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'carbon-hostile-'));
  const home = join(folder, 'home');
  cpSync(join(__dirname, 'fixture'), home, { recursive: true });
  const late = new LateBoundValues();
  late.name('Host', 'db.example.com');
  const document = documentText({ configuration: plan } as unknown as NodeDocument);
  const script = userDataText(late, document);
  const upToDocuments = script.slice(0, script.indexOf('\nexport DEBIAN_FRONTEND')).replace('state=/opt/carbon-cluster', `state='${folder}/state'`)
    .replace('/var/log/carbon-cluster', `${folder}/log`).replace(/^exec .*$/m, '');
  mkdirSync(join(folder, 'log'));
  execFileSync('bash', [], { input: upToDocuments });
  const written = JSON.parse(readFileSync(join(folder, 'state', 'node.json'), 'utf8'));
  writeFileSync(join(folder, 'plan.json'), JSON.stringify(written.configuration));
  const secrets = Object.fromEntries(values.map((value, index) => [`S${index}`, { password: value }]));
  secrets.Am = secrets.S0;
  secrets.Keystore = secrets.S0;
  writeFileSync(join(folder, 'resolutions.json'), JSON.stringify({
    metadata: { 'local-ipv4': '10.0.0.5' }, secrets: { ...secrets, MembershipCredentials: { accessKeyId: values[0] } }, env: { Region: 'eu-west-1' },
  }));
  const apply = (): void => {
    execFileSync('python3', [join(PROGRAMS, 'carbon_configuration.py'), '--plan', join(folder, 'plan.json'), '--home', home, '--root', join(folder, 'root'),
      '--values', join(folder, 'state', 'values'), '--resolutions', join(folder, 'resolutions.json')], { stdio: 'pipe' });
  };
  mkdirSync(join(folder, 'root'));
  apply();
  return home;
}

type Question = [string, string, string | string[]];

function readBack(questions: Question[]): unknown[] {
  return JSON.parse(execFileSync('python3', [join(__dirname, 'programs', 'read_back.py')], { input: JSON.stringify(questions), maxBuffer: 1 << 26 }).toString());
}

const python = ((): boolean => {
  try { execFileSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))']); return true; } catch { return false; }
})();
const batches = Array.from({ length: BATCHES }, (_, index) => VALUES.slice(index * VALUES_PER_BATCH, (index + 1) * VALUES_PER_BATCH));

(python ? describe : describe.skip)(`${VALUES.length} hostile values come back as they went in`, () => {
  test('through XML text, XML attributes and properties', () => {
    for (const values of batches) {
      const home = configure(configurationPlan(model(values, 'xml'), overlays(values)), values);
      const datasources = `${home}/${CONF}/datasources/master-datasources.xml`;
      const each = (path: string): string => `datasources/datasource/${path}`;
      const [usernames, passwords, urls, targets, paths, parameters, attributes, own, hazelcast, admin] = readBack([
        [datasources, 'texts', each('definition/configuration/username')],
        [datasources, 'texts', each('definition/configuration/password')],
        [datasources, 'texts', each('definition/configuration/url')],
        [`${home}/${CONF}/registry.xml`, 'texts', 'mount/targetPath'],
        [`${home}/${CONF}/registry.xml`, 'attributes', 'mount/@path'],
        [`${home}/${CONF}/axis2/axis2.xml`, 'texts', 'clustering/parameter'],
        [`${home}/${CONF}/tomcat/catalina-server.xml`, 'attributes', 'Overlay/@value'],
        [`${home}/${CONF}/own.properties`, 'properties', ''],
        [`${home}/${CONF}/hazelcast.properties`, 'properties', ''],
        [`${home}/${CONF}/user-mgt.xml`, 'texts', 'Realm/Configuration/AdminUser/Password'],
      ]) as [string[], string[], string[], string[], string[], string[], string[], Record<string, string>, Record<string, string>, string[]];
      expect(usernames).toEqual(values);
      expect(passwords).toEqual(values);
      expect(urls).toEqual(values.map(value => `jdbc:mysql://db.example.com/x?${value}`));
      expect(targets).toEqual(values);
      expect(paths).toEqual(values.map((value, index) => `/${index}${forPredicate(value)}`));
      expect(parameters.slice(-values.length)).toEqual(values);
      expect(attributes).toEqual(values);
      expect(values.map((_, index) => own[`key${index}`])).toEqual(values);
      expect(values.map((_, index) => hazelcast[`hazelcast.p${index}`])).toEqual(values);
      expect(admin).toEqual([values[0]]);
      rmSync(join(home, '..'), { recursive: true });
    }
  }, 300_000);

  test('through TOML, and what the config mapper would take for its own is refused', () => {
    for (const values of batches) {
      const home = configure(configurationPlan(model(values, 'toml')), values);
      const [file] = readBack([[`${home}/${CONF}/deployment.toml`, 'toml', []]]) as [any];
      if (file === null) return;
      // The mapper's templates put a value into XML, whose reader undoes the escaping.
      const asXml = (value: string): string => value.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&#13;/g, '\r').replace(/&amp;/g, '&');
      values.forEach((value, index) => {
        const database = file.database[`d${index}`];
        expect(asXml(database.username)).toBe(value);
        expect(asXml(database.password)).toBe(value);
        expect(asXml(database.url)).toBe(`jdbc:mysql://db.example.com/x?${value}`);
        expect(asXml(file.clustering.properties[`p${index}`])).toBe(value);
      });
      rmSync(join(home, '..'), { recursive: true });
    }
    expect(() => configurationPlan(model(['$env{HOME}'], 'toml'))).toThrow(/^value '\$env\{HOME\}' holds a reference of the config mapper/);
  }, 300_000);
});

test('what XML cannot hold is refused at synthesis, naming the character', () => {
  const control = fc.sample(fc.tuple(hostile, fc.constantFrom('\u0000', '\u0001', '\u000b', '\u001f', '\ufffe', '\ud800')), { seed: 1, numRuns: 1000 });
  for (const [text, bad] of control) {
    expect(() => ConfigurationEdit.text('/a/b', ConfigurationValue.text(text + bad))).toThrow(/holds the character U\+[0-9A-F]{4}, which XML cannot hold, remove it$/);
  }
});
