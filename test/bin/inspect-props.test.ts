import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as ts from 'typescript';
import { AWS, Change, changed, configurationOf, Files, TOML, XML } from './conf-files';
import { propsCode } from '../../bin/commands/inspect/props';
import * as library from '../../lib';
import { documentOf, testStack, userDataOf } from '../gateway';

const AXIS2 = 'axis2/axis2.xml';
const MORE_PARAMETERS = '    <!-- end of parameters -->\n';

function parameters(...lines: readonly string[]): Change {
  return [AXIS2, MORE_PARAMETERS, lines.map(line => `<parameter ${line}</parameter>\n`).join('') + MORE_PARAMETERS];
}

const GROUP_PASSWORD = parameters('name="groupPassword">hunter2', 'name="mgtCenterURL">http://center.example.com:8081/mancenter', 'name="connTimeout">45');
const EVERYTHING: readonly Change[] = [
  GROUP_PASSWORD,
  [AXIS2, '>5701</parameter>', '>5703</parameter>'],
  [AXIS2, '<parameter name="port">8280</parameter>', '<parameter name="WSDLEPRPrefix">http://api.example.com:80</parameter>'],
  ['carbon.xml', '<Offset>0', '<Offset>2'],
  ['user-mgt.xml', ' svns:secretAlias="UserManager.AdminUser.Password">dummy', '>hunter2'],
  ['hazelcast.properties', 'hazelcast.shutdownhook.enabled=false\nhazelcast.max.no.heartbeat.seconds=120\n'],
  ['log4j.properties', 'log4j.logger.com.hazelcast=TRACE\n'],
];

const SAMPLES: Readonly<Record<string, readonly [Files, string | undefined]>> = {
  'well-known members': [XML, 'wso2am-2.2.0'],
  'the aws scheme': [AWS, 'wso2am-2.2.0'],
  'everything that has a prop': [changed(AWS, EVERYTHING), 'wso2am-2.2.0'],
  'deployment.toml': [changed(TOML, [['deployment.toml', '# end of properties', 'groupPassword = "hunter2"']]), 'wso2is-7.0.0'],
  'an unknown product': [AWS, undefined],
  'nothing but clustering that is off': [{ [AXIS2]: '<axisconfig/>' }, undefined],
};

function codeFor(files: Files, product?: string): string {
  return propsCode(configurationOf(files, product));
}

/** Runs the code as it is printed, in a stack. */
function synthesized(code: string): Stack {
  const stack = testStack();
  const constants: Record<string, unknown> = { scope: stack };
  for (const [, name, type] of code.matchAll(/^declare const (\w+): ([\w.]+);/gm)) constants[name] ??= constantOf(stack, name, type);
  const { outputText } = ts.transpileModule(code, { compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 } });
  // What else it imports are types.
  const load = (name: string): unknown => ({ 'cdk-wso2-cluster': library })[name];
  new Function('require', 'exports', ...Object.keys(constants), outputText)(load, {}, ...Object.values(constants));
  return stack;
}

function constantOf(stack: Stack, name: string, type: string): unknown {
  switch (type) {
    case 'ec2.IVpc': return new ec2.Vpc(stack, name);
    case 's3.IBucket': return s3.Bucket.fromBucketName(stack, name, 'packs');
    case 'acm.ICertificate': return acm.Certificate.fromCertificateArn(stack, name, 'arn:aws:acm:eu-west-1:111111111111:certificate/1');
    case 'secretsmanager.ISecret': return secretsmanager.Secret.fromSecretNameV2(stack, name, name);
    default: throw new Error(`no ${type}`);
  }
}

/** What the first edits of a path or key say, in the plan of the workers. */
function planOf(stack: Stack): { text: (path: string) => any; edits: any[]; plan: any } {
  const { configuration } = documentOf(userDataOf(Template.fromStack(stack), 'Workers'));
  const edits = configuration.files.flatMap((file: any) => file.edits.map((edit: any) => ({ file: file.file, ...edit })));
  const text = (path: string): any => edits.filter((edit: any) => edit.set === path).map((edit: any) => edit.text).at(-1);
  return { text, edits, plan: configuration };
}

const PARAMETER = (name: string): string => `/axisconfig/clustering/parameter[@name='${name}']`;

describe('the code, run, configures a worker as the files are', () => {
  test('well-known members', () => {
    const { text, edits, plan } = planOf(synthesized(codeFor(...SAMPLES['well-known members'])));
    expect(text(PARAMETER('membershipScheme'))).toBe('wka');
    expect(text(PARAMETER('domain'))).toBe('gateways');
    expect(text(PARAMETER('localMemberPort'))).toBe('4000');
    expect(plan.members).toEqual({ hosts: [{ host: '10.0.1.10', port: '4000' }, { host: '10.0.1.11', port: '4000' }] });
    expect(text('/Server/HostName')).toBe('am.example.com');
    expect(text('/Server/MgtHostName')).toBe('mgt.am.example.com');
    const mount = edits.find(edit => edit.replace === '/wso2registry/mount[@path=\'/_system/config\'][@overwrite=\'true\']');
    expect(JSON.stringify(mount)).toMatch(/targetPath"[^/]*"\/_system\/amConfig"/);
    const orders = edits.find(edit => edit.replace?.includes('\'ORDERS_DB\''));
    expect(JSON.stringify(orders)).toContain('jdbc:postgresql://orders.example.com/orders');
    expect(JSON.stringify(orders)).toContain('"org.postgresql.Driver"');
  });

  test('everything that has a prop', () => {
    const { text, edits } = planOf(synthesized(codeFor(...SAMPLES['everything that has a prop'])));
    expect(text(PARAMETER('membershipScheme'))).toBe('aws');
    expect(text(PARAMETER('localMemberPort'))).toBe('5703');
    expect(text(PARAMETER('region'))).toBe('eu-west-1');
    expect(text(PARAMETER('securityGroup'))).toBe('gateways');
    expect(text(PARAMETER('tagKey'))).toBe('cluster');
    expect(text(PARAMETER('tagValue'))).toBe('gateways-1');
    expect(text(PARAMETER('connTimeout'))).toBe('45');
    expect(text(PARAMETER('accessKey'))).toEqual({ secret: 'MembershipCredentials', field: 'accessKeyId' });
    expect(text(PARAMETER('groupPassword'))).toEqual({ secret: expect.any(String) });
    expect(text(PARAMETER('mgtCenterURL'))).toBe('http://center.example.com:8081/mancenter');
    expect(text('/Server/Ports/Offset')).toBe('2');
    expect(text('/UserManager/Realm/Configuration/AdminUser/Password')).toEqual({ secret: 'AdminSecret', field: 'password' });
    expect(text('/axisconfig/transportReceiver[@name=\'http\']/parameter[@name=\'WSDLEPRPrefix\']')).toBe('http://api.example.com:80');
    expect(edits).toContainEqual(expect.objectContaining({ property: 'hazelcast.max.no.heartbeat.seconds', value: '120' }));
    expect(edits).toContainEqual(expect.objectContaining({ property: 'log4j.logger.com.hazelcast', value: 'TRACE' }));
  });

  test('deployment.toml', () => {
    const { edits } = planOf(synthesized(codeFor(...SAMPLES['deployment.toml'])));
    const table = (name: string): any => Object.assign({}, ...edits.filter(edit => edit.table === name).map(edit => edit.values));
    expect(table('clustering')).toMatchObject({ membership_scheme: 'aws', domain: 'identities', local_member_port: '5701' });
    expect(table('clustering.properties')).toMatchObject({ region: 'eu-west-1', tagKey: 'cluster', tagValue: 'identities-1', groupPassword: { secret: expect.any(String) } });
    expect(table('server')).toMatchObject({ hostname: 'is.example.com' });
  });
});

test('the code of every sample is right TypeScript for this library', () => {
  const root = join(__dirname, '../..');
  const sources = new Map(Object.entries(SAMPLES).map(([, sample], index) => [join(root, `sample-${index}.ts`), codeFor(...sample)]));
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.CommonJS,
    moduleResolution: ts.ModuleResolutionKind.Node10,
    esModuleInterop: true,
    types: [],
    paths: { 'cdk-wso2-cluster': [join(root, 'lib/index.ts')] },
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = file => sources.has(file) || fileExists(file);
  host.getSourceFile = (file, version, ...rest) => (sources.has(file)
    ? ts.createSourceFile(file, sources.get(file)!, version)
    : getSourceFile(file, version, ...rest));
  const program = ts.createProgram([...sources.keys()], options, host);
  const messages = [...sources.keys()].flatMap(file => ts.getPreEmitDiagnostics(program, program.getSourceFile(file)))
    .map(each => `${each.file?.fileName}: ${ts.flattenDiagnosticMessageText(each.messageText, '\n')}`);
  expect(messages).toEqual([]);
}, 120_000);

describe('membership', () => {
  const membershipOf = (files: Files, product = 'wso2am-2.2.0'): string | undefined => /^ {2}membership: (.*?),(?: \/\/.*)?$/m.exec(codeFor(files, product))?.[1];
  const members = (...hosts: readonly string[]): Change => [AXIS2, '<hostName>10.0.1.10</hostName><port>4000</port>',
    hosts.map(host => `<hostName>${host}</hostName>`).join('</member><member>')];

  test.each([
    ['a range', changed(XML, [members('10.0.1.8', '10.0.1.9', '10.0.1.10')]),
      'Membership.wellKnown({ members: [WellKnownMember.range(\'10.0.1.8\', 11)] })'],
    ['a port of their own', changed(XML, [[AXIS2, '10.0.1.10</hostName><port>4000', '10.0.1.10</hostName><port>4100']]),
      'Membership.wellKnown({ members: [WellKnownMember.address(\'10.0.1.10\', 4100), WellKnownMember.address(\'10.0.1.11\')] })'],
    ['members by name', changed(XML, [members('node-1'), [AXIS2, '<hostName>10.0.1.11', '<hostName>node-2']]), 'Membership.discovered()'],
    ['the sample only', changed(XML, [members('127.0.0.1'), [AXIS2, '<hostName>10.0.1.11', '<hostName>localhost']]), 'Membership.discovered()'],
    ['multicast', changed(XML, [[AXIS2, '>wka<', '>multicast<']]), 'Membership.discovered()'],
    ['a role that this Hazelcast cannot use', changed(AWS, [parameters('name="iamRole">node'), [AXIS2, 'name="accessKey"', 'name="x"']]),
      'Membership.discovered()'],
    ['a region that this Hazelcast cannot reach', changed(AWS, [[AXIS2, 'eu-west-1', 'cn-north-1']]), 'Membership.discovered()'],
    ['a zone', changed(AWS, [[AXIS2, 'eu-west-1', 'eu-west-1b']]),
      'Membership.aws({ region: \'eu-west-1\', credentials: AwsMembershipCredentials.fromSecret(membershipKey) })'],
    ['off', changed(XML, [[AXIS2, 'enable="true"', 'enable="false"']]), undefined],
  ])('%s', (_, files, expected) => expect(membershipOf(files)).toBe(expected));

  test('a port that nobody probes is told, and not taken over', () => {
    const code = codeFor(changed(AWS, [[AXIS2, '>5701<', '>4000<']]), 'wso2ei-6.6.0');
    expect(code).not.toContain('localMemberPort');
    expect(code).toContain('// The member port of the files, 4000, is outside those of the aws scheme; a CarbonCluster has 5701.');
  });

  const timed = (seconds: number, ...more: readonly Change[]): Change[] => [parameters(`name="connTimeout">${seconds}`), ...more];

  test.each<[string, Files, string]>([
    ['the aws scheme and Hazelcast 3.5', changed(AWS, timed(29)), 'wso2am-2.2.0'],
    ['well-known members', changed(XML, timed(29)), 'wso2am-2.2.0'],
    ['well-known members by name', changed(XML, timed(29, members('node-1'), [AXIS2, '<hostName>10.0.1.11', '<hostName>node-2'])), 'wso2am-2.2.0'],
  ])('a connection timeout that is too short for %s is told, and not taken over', (_, files, product) => {
    const code = codeFor(files, product);
    expect(code).not.toMatch(/connTimeout: /);
    expect(code).toContain('// The connTimeout of the files, 29, is too short for a server that starts: it must be at least 30. The default is used.');
    synthesized(code);
  });

  test.each<[string, Files, string, string]>([
    ['the aws scheme and Hazelcast 3.5', changed(AWS, timed(30)), 'wso2am-2.2.0', '30'],
    ['the aws scheme and a later Hazelcast', changed(AWS, timed(20)), 'wso2ei-6.6.0', '20'],
    ['well-known members', changed(XML, timed(30)), 'wso2am-2.2.0', '30'],
    ['well-known members by name', changed(XML, timed(30, members('node-1'), [AXIS2, '<hostName>10.0.1.11', '<hostName>node-2'])), 'wso2am-2.2.0', '30'],
  ])('a connection timeout with %s is taken over', (_, files, product, seconds) => {
    const code = codeFor(files, product);
    expect(/^ {2}membership: [^;]*?\bconnTimeout: (\d+)/m.exec(code)?.[1]).toBe(seconds);
    expect(code).not.toContain('The connTimeout of the files');
    synthesized(code);
  });

  test('an id of a group, half a tag and a default domain are not taken over', () => {
    const code = codeFor(changed(AWS, [[AXIS2, '>gateways</parameter>\n    <parameter name="tagKey"', '>sg-1</parameter>\n    <parameter name="tagKey"'],
      [AXIS2, '"tagKey">cluster', '"x">'], [AXIS2, '"domain">gateways', '"domain">wso2.carbon.domain']]), 'wso2am-2.2.0');
    expect(code).not.toMatch(/^ {2}(securityGroupName|tagKey|tagValue|domain):/m);
    expect(code).toContain('// securityGroup sg-1 is an id');
    expect(code).toContain('// The files have half a tag');
  });
});

test('text of a file ends neither literal nor comment', () => {
  const code = codeFor(changed(TOML, [
    ['deployment.toml', '"identities"', '"a\'b\\\\c\\u2028d"'],
    ['deployment.toml', '[keystore.primary]', '["x\\nrun()"]\na = 1\n[keystore.primary]'],
    ['deployment.toml', 'example.jks', 'a\\u2028b\\nc.jks'],
  ]), 'wso2is-7.0.0');
  expect(code).toContain('domain: \'a\\\'b\\\\c-d\'');
  expect(code).toContain('(a b c.jks)');
  expect(code).not.toMatch(/^run/m);
});
