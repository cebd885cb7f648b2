/**
 * The app in bin/ as it was deployed: what every instance's user data, read back from the API, makes of the real
 * configuration files of WSO2 API Manager 2.2.0 (or, in a clone without them, of our own small ones).
 */
import { execFileSync, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { DescribeInstanceAttributeCommand, EC2Client } from '@aws-sdk/client-ec2';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { bootstrap, deploy } from './cdk';
import { Emulator, LOCAL_FOLDER, PROJECT } from './emulator';
import { NEEDED_ACTION, tryPermissions } from './permissions';
import { gather, Report } from './report';
import { NodeUserData, parseUserData } from '../../bin/deployed-user-data';

const CONF = process.env.CARBON_CONF ?? path.join(PROJECT, '..', 'shared', 'carbon-conf');
const REAL_HOME = path.join(CONF, 'wso2am-2.2.0');
const REAL = fs.existsSync(REAL_HOME);
const OWN_HOME = path.join(PROJECT, 'test', 'boot', 'fixture');
const PROGRAM = path.join(PROJECT, 'lib', 'boot', 'programs', 'carbon_configuration.py');
const READER = path.join(PROJECT, 'test', 'boot', 'programs', 'read_back.py');

if (!REAL) console.warn('the real configuration files are not there: our own small ones stand in, set CARBON_CONF to use the real ones');

let emulator: Emulator;
let workFolder: string;
let report: Report;

beforeAll(async () => {
  fs.mkdirSync(LOCAL_FOLDER, { recursive: true });
  workFolder = fs.mkdtempSync(path.join(LOCAL_FOLDER, 'gateway-'));
  emulator = await Emulator.start({ logFile: path.join(workFolder, 'emulator.log') });
  const options = { env: emulator.environment(), workFolder };
  await bootstrap({ ...options, account: emulator.account, region: emulator.region });
  await deploy({ ...options, app: 'bin/gateway.ts' });
  report = await gather({ url: emulator.url, region: emulator.region });
});

afterAll(async () => {
  await emulator?.stop();
  fs.rmSync(workFolder, { recursive: true, force: true });
});

interface Configured { home: string; before: string; privateAddress: string; secrets: Record<string, Record<string, string>>; userData: NodeUserData }

/** What the node would do: its own documents, its own secrets, its own address, the program that is deployed. */
async function configure(instanceId: string, privateAddress: string): Promise<Configured> {
  const settings = {
    endpoint: emulator.url, region: emulator.region, credentials: { accessKeyId: 'testing', secretAccessKey: 'testing' },
  };
  const answer = await new EC2Client(settings).send(new DescribeInstanceAttributeCommand({ InstanceId: instanceId, Attribute: 'userData' }));
  const userData = parseUserData(Buffer.from(answer.UserData!.Value!, 'base64').toString())!;
  const secrets: Record<string, Record<string, string>> = {};
  for (const [name, value] of Object.entries(userData.values).filter(([, each]) => each.startsWith('arn:aws:secretsmanager:'))) {
    const secret = await new SecretsManagerClient(settings).send(new GetSecretValueCommand({ SecretId: value }));
    secrets[name] = JSON.parse(secret.SecretString!);
  }
  const folder = fs.mkdtempSync(path.join(workFolder, 'node-'));
  const [before, home] = ['before', 'home'].map(name => path.join(folder, name));
  for (const copy of [before, home]) fs.cpSync(REAL ? REAL_HOME : OWN_HOME, copy, { recursive: true });
  execFileSync('chmod', ['-R', 'u+w', folder]);
  fs.writeFileSync(path.join(folder, 'plan.json'), JSON.stringify(userData.document.configuration));
  fs.writeFileSync(path.join(folder, 'resolutions.json'), JSON.stringify({ env: userData.values, metadata: { 'local-ipv4': privateAddress }, secrets }));
  const run = (): string => execFileSync('python3', ['-B', PROGRAM, '--plan', path.join(folder, 'plan.json'), '--home', home, '--root',
    path.join(folder, 'root'), '--resolutions', path.join(folder, 'resolutions.json')]).toString();
  fs.mkdirSync(path.join(folder, 'root'));
  expect(run()).toContain('changed repository/conf/axis2/axis2.xml');
  // A second run changes nothing.
  expect(run().trim().split('\n').filter(line => !line.startsWith('unchanged'))).toEqual([]);
  return { home, before, privateAddress, secrets, userData };
}

function read(questions: [string, string, string][]): string[][] {
  return JSON.parse(execFileSync('python3', ['-B', READER], { input: JSON.stringify(questions) }).toString());
}

test('every value that the guide of the AWS mode asks for is in the files of every node', async () => {
  expect(report.nodes).toHaveLength(3);
  for (const node of report.nodes) {
    const { home, secrets, userData } = await configure(node.instanceId, node.privateAddress!);
    const [axis2, carbon, catalina, datasources] = ['axis2/axis2.xml', 'carbon.xml', 'tomcat/catalina-server.xml', 'datasources/master-datasources.xml']
      .map(file => path.join(home, 'repository', 'conf', file));
    const parameter = (name: string): [string, string, string] => [axis2, 'texts', `clustering/parameter[@name='${name}']`];
    const expected: [string, [string, string, string]][] = [
      ['true', [axis2, 'attributes', 'clustering/@enable']],
      ['aws', parameter('membershipScheme')],
      ['CarbonGateway-Gateway', parameter('domain')],
      [node.privateAddress!, parameter('localMemberHost')],
      ['5701', parameter('localMemberPort')],
      [secrets.MembershipCredentials.accessKeyId, parameter('accessKey')],
      [secrets.MembershipCredentials.secretAccessKey, parameter('secretKey')],
      ['us-east-1', parameter('region')],
      [node.securityGroups[0], parameter('securityGroup')],
      ['carbon-cluster', parameter('tagKey')],
      [node.tags['carbon-cluster'], parameter('tagValue')],
      ['am.example.com', [carbon, 'texts', '{http://wso2.org/projects/carbon/carbon.xml}HostName']],
      ['mgt.am.example.com', [carbon, 'texts', '{http://wso2.org/projects/carbon/carbon.xml}MgtHostName']],
      ['80', [catalina, 'attributes', "Service/Connector[@port='9763']/@proxyPort"]],
      ['443', [catalina, 'attributes', "Service/Connector[@port='9443']/@proxyPort"]],
      ['TLSv1.2', [catalina, 'attributes', "Service/Connector[@port='9443']/@sslEnabledProtocols"]],
      [secrets.Wso2amDbSecret.password, [datasources, 'texts', "datasources/datasource[name='WSO2AM_DB']/definition/configuration/password"]],
    ];
    expect(read(expected.map(([, question]) => question))).toEqual(expected.map(([value]) => [value]));
    const [[url], [ciphers]] = read([
      [datasources, 'texts', "datasources/datasource[name='WSO2AM_DB']/definition/configuration/url"],
      [catalina, 'attributes', "Service/Connector[@port='9443']/@ciphers"],
    ]);
    expect(url).toMatch(new RegExp(`^jdbc:mysql://${report.databases[0].endpoint}/WSO2AM_DB\\?useSSL=true&requireSSL=true&`));
    expect(ciphers.split(',')).toContain('TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256');
    expect(userData.values.StackId).toContain('CarbonGateway');
  }
});

test('diff shows the edited lines only', async () => {
  const node = report.nodes[0];
  const { home, before } = await configure(node.instanceId, node.privateAddress!);
  const diff = spawnSync('diff', ['-r', '-U0', before, home]).stdout.toString('latin1');
  const removed = diff.split('\n').filter(line => /^-(?!-- )/.test(line)).map(line => line.slice(1).trim());
  const ours = new RegExp(['enable="false"', 'membershipScheme', 'name="domain"', 'localMemberHost', 'localMemberPort', '"backendServerURL"', '"mgtConsoleURL"',
    '"subDomain"', 'value="https:', 'value="worker"', 'port="(9763|9443)"', 'sslEnabledProtocols', 'name="dataSource"', '^<Connector',
    'log4j.logger.com.hazelcast',
    // The elements of the pack's key store are replaced as a whole, and with them the comments in them; the administrator's password.
    '^<(Location|Type|Password|KeyAlias|KeyPassword)>', '^<!-- (Keystore (file location|password|type .*)|Private Key (alias|password))-->$',
    '^keystore(File|Pass)="', 'amqp://admin',
    // Of our own small files: the administrator has another name, and a sender without parameters gets the key store's.
    '^<UserName>somebody</UserName>$', '^<transportSender name="https" class="example.Sender"/>$',
    // The sample member that every product ships goes.
    '^</?members?>$', '^<hostName>127\\.0\\.0\\.1</hostName>$', '^<port>4000</port>$',
    // An attribute is added behind the last one, whose line ends the tag; a key behind a last line that has no line end.
    '^URIEncoding="UTF-8"/>$', 'EVENT_TRACE_MEMORYAPPENDER.layout.ConversionPattern'].join('|'));
  // WSO2AM_DB's element is replaced as a whole: what the vendor had in it is no longer there.
  const datasource = /^<\/?(datasource|name|description|jndiConfig|definition|configuration|url|username|password|driverClassName|maxActive|maxWait|minIdle|testOnBorrow|validationQuery|validationInterval|defaultAutoCommit)\b/;
  expect(removed.filter(line => line !== '' && !ours.test(line) && !datasource.test(line))).toEqual([]);
  expect(removed.length).toBeGreaterThan(5);
});

test('the key that the members use may list instances and nothing else', async () => {
  const name = report.secrets.find(each => each.includes('MembershipCredentials'))!;
  const client = new SecretsManagerClient({ endpoint: emulator.url, region: emulator.region, credentials: { accessKeyId: 'testing', secretAccessKey: 'testing' } });
  const credentials = JSON.parse((await client.send(new GetSecretValueCommand({ SecretId: name }))).SecretString!);
  await emulator.enforceIam();
  try {
    const attempts = await tryPermissions(emulator, credentials);
    expect(attempts.filter(each => each.outcome === 'allowed').map(each => each.action)).toEqual([NEEDED_ACTION]);
    expect(attempts.filter(each => each.outcome === 'denied').length).toBeGreaterThanOrEqual(10);
    expect(attempts.filter(each => each.outcome !== 'allowed' && each.outcome !== 'denied')).toEqual([]);
  } finally {
    await emulator.relaxIam();
  }
});
