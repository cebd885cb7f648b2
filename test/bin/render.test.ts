import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { carbonCluster, folderWith } from './command-line';
import { XML } from './conf-files';
import { gateway, testApp, testStack } from '../gateway';
import { carrying, carryingOnly } from '../user-data';

const CONF = process.env.CARBON_CONF ?? join(__dirname, '../../../shared/carbon-conf');
const ref = (id: string): object => ({ Ref: id });
const attribute = (id: string, name: string): object => ({ 'Fn::GetAtt': [id, name] });

const HOME = folderWith({
  'conf/a.xml': '<?xml version="1.0"?>\n<root>\n  <address>old</address>\n  <members/>\n</root>\n',
  'conf/same.properties': 'a=1\n',
}, 'product');

const PLAN = {
  members: { tag: 'cluster', value: 'one', port: '4000' },
  files: [
    {
      file: 'conf/a.xml',
      edits: [
        { set: '/root/address', text: { join: ['jdbc:', { env: 'Endpoint' }, ':', { env: 'Port' }] } },
        { set: '/root/password', text: { secret: 'Secret', field: 'password' } },
        { set: '/root/own', text: { metadata: 'local-ipv4' } },
        { replace: '/root/members', children: [{ each: 'members', name: 'member', text: { member: 'host' } }] },
      ],
    },
    { file: 'conf/same.properties', edits: [{ property: 'a', value: '1' }] },
    { file: 'conf/new.properties', edits: [{ property: 'b', value: { env: 'Region' } }] },
    { file: '/etc/hosts', edits: [{ hosts: [{ address: { env: 'Alias' }, names: ['db.example.com'] }] }] },
  ],
};

/** User data as CDK writes it: a join of texts and intrinsics. */
function userData(values: Readonly<Record<string, unknown>>, plan: object | null = PLAN, title = 'WSO2 X 1.0.0 worker'): object {
  const lines = Object.entries(values).flatMap(([name, value]) => [`${name}=`, value, '\n']);
  const document = JSON.stringify({ product: { title }, ...(plan ? { configuration: plan } : {}) });
  const head = 'cat > "$state/values" <<\'CARBON_CLUSTER_VALUES\'\n';
  const middle = `CARBON_CLUSTER_VALUES\n${carryingOnly(document)}value() { :; }\n`;
  return { 'Fn::Base64': { 'Fn::Join': ['', [head, ...lines, middle]] } };
}

const VALUES = {
  Alias: attribute('DatabaseInstance0A1B2C3D', 'Address'),
  Endpoint: attribute('DatabaseInstance0A1B2C3D', 'Endpoint.Address'),
  Port: 3306,
  Region: ref('AWS::Region'),
  Secret: ref('DatabaseSecret11223344'),
};

function launchTemplate(data: unknown, path?: string): object {
  return {
    Type: 'AWS::EC2::LaunchTemplate',
    Properties: { LaunchTemplateData: { UserData: data } },
    ...(path ? { Metadata: { 'aws:cdk:path': path } } : {}),
  };
}

function template(resources: Readonly<Record<string, object>>): string {
  return JSON.stringify({ Resources: { DatabaseInstance0A1B2C3D: { Type: 'X' }, DatabaseSecret11223344: { Type: 'X' }, ...resources } });
}

const ONE = folderWith({ 'One.template.json': template({ WorkersLaunchTemplate55667788: launchTemplate(userData(VALUES)) }) }, 'cdk.out');

const SEVERAL = folderWith({
  'manifest.json': JSON.stringify({
    artifacts: {
      One: {
        type: 'aws:cloudformation:stack',
        displayName: 'One',
        properties: { templateFile: 'One.template.json', stackName: 'one-in-the-cloud' },
        metadata: { '/One/C/Manager/LaunchTemplate/Resource': [{ type: 'aws:cdk:logicalId', data: 'ManagerLaunchTemplate1' }] },
      },
      Tree: { type: 'cdk:tree' },
    },
  }),
  'One.template.json': template({
    ManagerLaunchTemplate1: launchTemplate(userData(VALUES)),
    WorkersLaunchTemplate2: launchTemplate(userData(VALUES), 'One/C/Workers/LaunchTemplate/Resource'),
    BastionLaunchTemplate: launchTemplate({ 'Fn::Base64': '#!/bin/bash\n' }),
    BalancerLaunchTemplate: launchTemplate(userData(VALUES, null)),
    NothingLaunchTemplate: launchTemplate(undefined),
  }),
  'OneNested1.nested.template.json': template({ NestedLaunchTemplate3: launchTemplate(userData(VALUES), 'One/Nested/Workers/LaunchTemplate/Resource') }),
  'assembly-Prod/ProdTwo.template.json': template({ DeepLaunchTemplate4: launchTemplate(userData(VALUES), 'Prod/Two/Solo/LaunchTemplate/Resource') }),
  'asset.1/Never.template.json': 'not read',
}, 'cdk.out');

async function render(...options: readonly string[]): ReturnType<typeof carbonCluster> {
  return carbonCluster(['render', ...options]);
}

describe('the list of nodes', () => {
  test('has those of nested stacks and stages, by their construct paths', async () => {
    const { code, output } = await render('-a', SEVERAL, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(output).nodes.map((node: any) => [node.path, node.logicalId, node.stack, node.template])).toEqual([
      ['One/C/Manager', 'ManagerLaunchTemplate1', 'One', 'One.template.json'],
      ['One/C/Workers', 'WorkersLaunchTemplate2', 'One', 'One.template.json'],
      ['One/Nested/Workers', 'NestedLaunchTemplate3', 'OneNested1', 'OneNested1.nested.template.json'],
      ['Prod/Two/Solo', 'DeepLaunchTemplate4', 'ProdTwo', 'assembly-Prod/ProdTwo.template.json'],
    ]);
  });

  test('says what each is and what is open', async () => {
    expect((await render('-a', ONE)).output).toBe(`WorkersLaunchTemplate55667788
  WorkersLaunchTemplate55667788 in One.template.json: WSO2 X 1.0.0 worker
  Alias=<DatabaseInstance.Address>
  Endpoint=<DatabaseInstance.Endpoint.Address>
  Region=<AWS::Region>
  Secret=<DatabaseSecret>
`);
  });

  test.each([['One', 3], ['one-in-the-cloud', 2], ['ProdTwo', 1], ['OneNested1', 1], ['Prod/Two', 1]])('of the stack %s', async (stack, count) => {
    expect(JSON.parse((await render('-a', SEVERAL, '--stack', stack, '--json')).output).nodes).toHaveLength(count);
  });
});

describe('which node', () => {
  test.each([
    ['One/C/Manager', 'One/C/Manager'],
    ['manager', 'One/C/Manager'],
    ['WorkersLaunchTemplate2', 'One/C/Workers'],
    ['Nested', 'One/Nested/Workers'],
    ['Launchtemplate4', 'Prod/Two/Solo'],
  ])('%s is %s', async (name, path) => {
    expect(JSON.parse((await render(name, '-a', SEVERAL, '-H', HOME, '--json')).output).node.path).toBe(path);
  });

  test('a whole name goes before a part of another', async () => {
    const node = (path: string): object => launchTemplate(userData(VALUES), `${path}/LaunchTemplate/Resource`);
    const assembly = folderWith({ 'a.template.json': template({ A: node('App/Workers'), B: node('App/Workers2') }) });
    expect(JSON.parse((await render('App/Workers', '-a', assembly, '-H', HOME, '--json')).output).node.logicalId).toBe('A');
  });

  test('the only one needs no name', async () => {
    expect((await render('-a', ONE, '-H', HOME)).code).toBe(0);
  });

  test.each([
    [['workers'], 'workers is 2 nodes, name one of\n  One/C/Workers  WorkersLaunchTemplate2  One.template.json\n  One/Nested/Workers'],
    [['nobody'], 'nobody is no node, name one of\n  One/C/Manager'],
    [[], 'there are 4 nodes, name one of\n  One/C/Manager'],
  ])('%j ends with a list and 2', async (name, sentence) => {
    const { code, output, errors } = await render(...name, '-a', SEVERAL, '-H', HOME);
    expect([code, output]).toEqual([2, '']);
    expect(errors).toContain(sentence);
  });
});

describe('wrong usage', () => {
  test.each([
    [['-a', '/nowhere'], 2, '/nowhere is no folder: run cdk synth'],
    [['-a', SEVERAL, '--stack', 'Two'], 2, 'no nodes in a stack Two: there are nodes in One, one-in-the-cloud, OneNested1, ProdTwo'],
    [['-a', HOME], 1, 'has no launch template of a node'],
    [['manager', '-a', SEVERAL], 2, '--home is missing'],
    [['-a', ONE, '-H', '/nowhere'], 2, '--home /nowhere is no folder'],
    [['-a', ONE, '-H', HOME, '--root', '/nowhere'], 2, '--root /nowhere is no folder'],
    [['-a', ONE, '-H', HOME, '-r', '/nowhere.json'], 2, '--resolutions /nowhere.json does not exist'],
    [['-a', ONE, '-H', HOME, '-o', HOME], 2, '--out is the product\'s own folder'],
    [['-a', ONE, '-H', HOME, '--set', 'Endpoint'], 2, '--set Endpoint is not NAME=VALUE'],
    [['-a', ONE, '-H', HOME, '--set', 'Endpont=x'], 2, '--set Endpont is no late-bound value of WorkersLaunchTemplate55667788, name one of Alias,'],
    [['-a', ONE, '-H', HOME, '--set', 'Endpoint=a\nb'], 2, '--set Endpoint has a line break'],
    [['-a', ONE, '-H', HOME, 'a', 'b'], 2, 'too many arguments'],
  ])('%j', async (options, code, sentence) => {
    const answer = await render(...options);
    expect([answer.code, answer.output]).toEqual([code, '']);
    expect(answer.errors).toContain(sentence);
  });

  test('a template that is not JSON', async () => {
    expect(await render('-a', folderWith({ 'x.template.json': '{' }))).toMatchObject({ code: 2, errors: expect.stringContaining('is not JSON') });
  });
});

describe('what a node will have', () => {
  test('a unified diff with readable placeholders', async () => {
    expect((await render('-a', ONE, '-H', HOME)).output).toBe(`--- a/conf/a.xml
+++ b/conf/a.xml
@@ -1,5 +1,9 @@
 <?xml version="1.0"?>
 <root>
-  <address>old</address>
-  <members/>
+  <address>jdbc:&lt;DatabaseInstance.Endpoint.Address&gt;:3306</address>
+  <members>
+    <member>&lt;members&gt;</member>
+  </members>
+  <password>&lt;secret Secret.password&gt;</password>
+  <own>&lt;metadata local-ipv4&gt;</own>
 </root>
--- /dev/null
+++ b/conf/new.properties
@@ -0,0 +1 @@
+b=<AWS::Region>
--- a/etc/hosts
+++ b/etc/hosts
@@ -1 +1,4 @@
 127.0.0.1 localhost
+# carbon-cluster begin
+<env Alias> db.example.com
+# carbon-cluster end
`);
  });

  test.each([['Endpoint'], ['DatabaseInstance.Endpoint.Address'], ['<DatabaseInstance.Endpoint.Address>']])('a value set by %s', async name => {
    const { output } = await render('-a', ONE, '-H', HOME, '--set', `${name}=db=1`);
    expect(output).toContain('<address>jdbc:db=1:3306</address>');
  });

  test('an address is checked once it is set', async () => {
    expect((await render('-a', ONE, '-H', HOME, '--set', 'Alias=10.0.0.1')).output).toContain('+10.0.0.1 db.example.com');
    expect(await render('-a', ONE, '-H', HOME, '--set', 'Alias=nowhere')).toMatchObject({ code: 1, output: '', errors: expect.stringMatching(/^carbon-cluster: .*hosts/) });
  });

  test('what a file of resolutions says, which --set goes before', async () => {
    const resolutions = join(folderWith({
      'r.json': JSON.stringify({
        env: { Endpoint: 'db.example.com', Region: 'eu-west-1', Alias: '10.0.0.1' },
        metadata: { 'local-ipv4': '10.0.1.1' },
        secrets: { Secret: { password: 'a<b' } },
        members: [{ host: '10.0.1.2', port: '4000' }],
      }),
    }), 'r.json');
    const { output } = await render('-a', ONE, '-H', HOME, '-r', resolutions, '--set', 'Region=eu-west-2');
    for (const line of ['jdbc:db.example.com:3306', '<password>a&lt;b</password>', '<own>10.0.1.1</own>', '<member>10.0.1.2</member>', '+b=eu-west-2', '+10.0.0.1 db']) {
      expect(output).toContain(line);
    }
  });

  test('colours for a terminal, none for a pipe', async () => {
    const { output } = await carbonCluster(['render', '-a', ONE, '-H', HOME], { isTty: true });
    expect(output).toContain('\u001b[32m+b=<AWS::Region>\u001b[0m');
    expect(output).toContain('\u001b[31m-  <members/>\u001b[0m');
    expect(output).toContain('\u001b[36m@@ -1 +1,4 @@\u001b[0m');
    expect(output).toContain('\u001b[1m+++ b/etc/hosts\u001b[0m');
  });

  test('a file cannot talk to the terminal, and reaches a pipe as it is', async () => {
    const home = folderWith({ 'conf/a.properties': 'x=\u001b]0;title\u0007\r\n' });
    const plan = { files: [{ file: 'conf/a.properties', edits: [{ property: 'a', value: '1' }] }] };
    const assembly = folderWith({ 'a.template.json': template({ L: launchTemplate(userData({}, plan)) }) });
    const onTerminal = await carbonCluster(['render', '-a', assembly, '-H', home, '--no-color'], { isTty: true });
    expect(onTerminal.output).toContain(' x=\\x1b]0;title\\x07\r\n');
    expect((await render('-a', assembly, '-H', home)).output).toContain(' x=\u001b]0;title\u0007\r\n');
  });

  test('as JSON', async () => {
    const answer = JSON.parse((await render('-a', ONE, '-H', HOME, '--json')).output);
    expect(answer.placeholders).toMatchObject({ Endpoint: '<DatabaseInstance.Endpoint.Address>', Region: '<AWS::Region>' });
    expect(answer.files.map((file: any) => [file.file, file.status])).toEqual([
      ['conf/a.xml', 'changed'], ['conf/same.properties', 'unchanged'], ['conf/new.properties', 'created'], ['/etc/hosts', 'changed'],
    ]);
    expect(answer.files[2].diff).toBe('--- /dev/null\n+++ b/conf/new.properties\n@@ -0,0 +1 @@\n+b=<AWS::Region>\n');
  });

  test('written elsewhere', async () => {
    const out = folderWith({}, 'out');
    const { code, output } = await render('-a', ONE, '-H', HOME, '-o', out);
    expect([code, output]).toEqual([0, 'changed conf/a.xml\nunchanged conf/same.properties\ncreated conf/new.properties\nchanged /etc/hosts\n']);
    expect(readFileSync(join(out, 'conf/new.properties'), 'utf8')).toBe('b=<AWS::Region>\n');
    expect(readFileSync(join(out, 'etc/hosts'), 'utf8')).toContain('# carbon-cluster begin');
    expect(statSync(join(out, 'conf/a.xml')).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(HOME, 'conf')).sort()).toEqual(['a.xml', 'same.properties']);
  });

  test('with a root of one\'s own', async () => {
    const root = folderWith({ 'etc/hosts': '10.1.1.1 mine\n' }, 'root');
    expect((await render('-a', ONE, '-H', HOME, '--root', root)).output).toContain(' 10.1.1.1 mine\n');
  });

  test('nothing, if all is as it shall be', async () => {
    const plan = { files: [{ file: 'conf/same.properties', edits: [{ property: 'a', value: '1' }] }] };
    const assembly = folderWith({ 'a.template.json': template({ L: launchTemplate(userData({}, plan)) }) });
    expect(await render('-a', assembly, '-H', HOME)).toEqual({ code: 0, output: '', errors: `nothing changes in ${HOME}\n` });
  });
});

describe('what cannot be applied', () => {
  test('is 1 and one sentence, and nothing is written', async () => {
    const empty = folderWith({ 'conf/a.xml': '<root/>' });
    const out = folderWith({}, 'out');
    const plan = { files: [...PLAN.files, { file: 'conf/b.xml', edits: [{ set: '/b', text: 'x' }] }] };
    const assembly = folderWith({ 'a.template.json': template({ L: launchTemplate(userData(VALUES, { ...PLAN, ...plan })) }) });
    const { code, output, errors } = await render('-a', assembly, '-H', empty, '-o', out);
    expect([code, output, readdirSync(out)]).toEqual([1, '', []]);
    expect(errors).toMatch(/^carbon-cluster: conf\/b\.xml: .*\n$/);
  });

  test('without Python', async () => {
    const { code, errors } = await carbonCluster(['render', '-a', ONE, '-H', HOME], { environment: { PATH: '/nowhere' } });
    expect([code, errors]).toEqual([1, 'carbon-cluster: python3 is not installed: render runs the program that runs on the node, install Python 3.9 or later\n']);
  });
});

describe('other forms of user data', () => {
  const text = (userDataText: unknown): string => template({ L: launchTemplate(userDataText) });
  const document = { product: {}, configuration: { files: [{ file: 'conf/n.properties', edits: [{ property: 'b', value: { env: 'A' } }] }] } };
  const script = (value: string): string => carrying(document, `A=${value}`);

  test.each([
    ['a plain text', { 'Fn::Base64': script('1') }, '1'],
    ['Fn::Sub', { 'Fn::Base64': { 'Fn::Sub': script('${DatabaseInstance0A1B2C3D.Arn}-${!x}-${AWS::Region}') } }, '<DatabaseInstance.Arn>-${x}-<AWS::Region>'],
    ['Fn::Sub with variables', { 'Fn::Base64': { 'Fn::Sub': [script('${V}'), { V: ref('DatabaseSecret11223344') }] } }, '<DatabaseSecret>'],
    ['Fn::ImportValue', { 'Fn::Base64': { 'Fn::Join': ['', script('@').split(/(@)/).map(part => (part === '@' ? { 'Fn::ImportValue': 'x' } : part))] } },
      '<ImportValue x>'],
    ['Fn::Select', { 'Fn::Base64': { 'Fn::Join': ['', script('@').split(/(@)/).map(part => (part === '@' ? { 'Fn::Select': [0, [1]] } : part))] } },
      '<Select [0,[1]]>'],
  ])('%s', async (_, data, shown) => {
    const assembly = folderWith({ 'a.template.json': text(data) });
    expect((await render('-a', assembly, '-H', HOME)).output).toContain(`+b=${shown}\n`);
  });

  test('a hash stays where two ids differ in nothing else', async () => {
    const assembly = folderWith({ 'a.template.json': template({
      DatabaseInstanceAAAAAAAA: {}, L: launchTemplate(userData(VALUES)),
    }) });
    expect((await render('-a', assembly)).output).toContain('Endpoint=<DatabaseInstance0A1B2C3D.Endpoint.Address>');
  });
});

describe('a gateway of this library', () => {
  const assembly = join(folderWith({}), 'cdk.out');
  const home = folderWith(Object.fromEntries(Object.entries(XML).map(([file, content]) => [`repository/conf/${file}`, content])), 'wso2am-2.2.0');

  beforeAll(() => {
    const app = testApp({ outdir: assembly });
    gateway(testStack(app));
    app.synth();
  });

  test('its nodes go by their construct paths', async () => {
    expect(JSON.parse((await render('-a', assembly, '--json')).output).nodes.map((node: any) => node.path)).toEqual(['Test/Gateway/Manager', 'Test/Gateway/Workers']);
  });

  test('its diff names the database by its late-bound address', async () => {
    const { code, output } = await render('workers', '-a', assembly, '-H', home);
    expect(code).toBe(0);
    expect(output).toContain('+++ b/repository/conf/axis2/axis2.xml');
    expect(output).toMatch(/jdbc:mysql:\/\/&lt;GatewayDatabaseInstance\.Endpoint\.Address&gt;:/);
    expect(output).toContain('&lt;secret MembershipCredentials.secretAccessKey&gt;');
  });

  test('what it writes has no errors for inspect, but for the secrets that are in it now', async () => {
    const out = folderWith({}, 'wso2am-2.2.0');
    const secrets = Object.fromEntries(['MembershipCredentials', 'Wso2amDbSecret', 'Wso2umDbSecret', 'Wso2regDbSecret']
      .map(name => [name, { accessKeyId: 'AKIA', secretAccessKey: 'k', username: 'u', password: 'p' }]));
    const resolutions = join(folderWith({ 'r.json': JSON.stringify({ metadata: { 'local-ipv4': '10.0.1.11' }, secrets }) }), 'r.json');
    execFileSync('cp', ['-r', `${home}/.`, out]);
    expect((await render('workers', '-a', assembly, '-H', home, '-o', out, '-r', resolutions,
      '--set', 'DatabaseEndpoint=db.example.com', '--set', 'DatabasePort=3306')).code).toBe(0);
    const { traps } = JSON.parse((await carbonCluster(['inspect', out, '--json'])).output);
    expect([...new Set(traps.filter((trap: any) => trap.severity === 'error').map((trap: any) => trap.id))]).toEqual(['static-access-key']);
  });

  test('another product than the node\'s is said to be one', async () => {
    expect((await render('workers', '-a', assembly, '-H', home)).errors).toBe('');
    const other = join(folderWith({}), 'wso2am-2.1.0');
    execFileSync('cp', ['-r', home, other]);
    expect((await render('workers', '-a', assembly, '-H', other)).errors)
      .toBe(`warning: ${other} is wso2am 2.1.0 (the folder's name), and the node runs WSO2 API Manager 2.2.0 gateway-worker\n`);
  });

  (existsSync(CONF) ? test : test.skip)('on the vendor\'s own files', async () => {
    const { code, output } = await render('workers', '-a', assembly, '-H', join(CONF, 'wso2am-2.2.0'), '--json');
    expect(code).toBe(0);
    expect(JSON.parse(output).files.filter((file: any) => file.status === 'changed').map((file: any) => file.file)).toEqual(
      expect.arrayContaining(['axis2/axis2.xml', 'carbon.xml', 'registry.xml', 'user-mgt.xml'].map(file => `repository/conf/${file}`)));
  });

  if (!existsSync(CONF)) console.warn(`skipped: no ${CONF}, name a folder with the products' files in CARBON_CONF`);
});
