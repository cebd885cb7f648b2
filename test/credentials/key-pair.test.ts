import { execFileSync, spawnSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, Server } from 'node:http';
import { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { CarbonClusterProps, CarbonProduct, ClusteringPattern, Distribution, Keystore, LoadBalancing, Membership } from '../../lib';
import { handle, VERSION } from '../../lib/credentials/key-pair/handler';
import { javaKeystore } from '../../lib/credentials/key-pair/java-keystore';
import { certificateBytes, makeKeyPair, pkcs12Bytes, privateKeyBytes } from '../../lib/credentials/key-pair/key-pair';
import { gateway, testStack } from '../gateway';

const NAMES = ['am.example.com', 'mgt.am.example.com', 'localhost'];
const PASSWORD = 'TheOnlySecretOfAll';
const ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:Keystore-AbCdEf';
const NOW = Date.UTC(2026, 11, 1);

/** Every keytool of this machine: each Java must read what the function writes. */
const KEYTOOLS = (() => {
  const folder = '/usr/lib/jvm';
  const versions = spawnSync('ls', [folder], { encoding: 'utf8' }).status === 0 ? readdirSync(folder) : [];
  const found = versions.map(each => join(folder, each, 'bin/keytool')).filter(each => spawnSync(each, ['-help']).status === 0);
  return [...new Set(found.map(each => execFileSync('readlink', ['-f', each], { encoding: 'utf8' }).trim()))];
})();
if (KEYTOOLS.length === 0) console.warn('no Java reads the key stores of the function: keytool is not installed');

let folder: string;
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'key-pair-')); });
afterAll(() => rmSync(folder, { recursive: true }));

const pair = makeKeyPair(NAMES, new Date(NOW));

describe('the key pair', () => {
  const certificate = new X509Certificate(certificateBytes(pair));

  test('is RSA 2048, and its certificate is signed by itself for the names of the servers, for ten years', () => {
    const key = createPrivateKey({ key: privateKeyBytes(pair), format: 'der', type: 'pkcs8' });
    expect(key.asymmetricKeyType).toBe('rsa');
    expect(key.asymmetricKeyDetails!.modulusLength).toBe(2048);
    expect(certificate.checkPrivateKey(key)).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.subject).toBe('CN=carbon-cluster');
    expect(certificate.subjectAltName).toBe(NAMES.map(each => `DNS:${each}`).join(', '));
    expect([certificate.validFrom, certificate.validTo].map(each => new Date(each).toISOString().slice(0, 10))).toEqual(['2026-11-30', '2036-12-01']);
    expect(certificate.serialNumber).toMatch(/^0?1[0-9A-F]{30}$/);
  });

  test('is a different one each time', () => {
    expect(privateKeyBytes(makeKeyPair(NAMES, new Date(NOW)))).not.toEqual(privateKeyBytes(pair));
  });

  const files: [string, string, string, Buffer][] = [
    ['JKS', 'wso2carbon', PASSWORD, javaKeystore({
      alias: 'wso2carbon', password: PASSWORD, privateKey: privateKeyBytes(pair), certificate: certificateBytes(pair), time: NOW,
    })],
    ['PKCS12', 'wso2carbon', 'wso2carbon', pkcs12Bytes(pair, 'wso2carbon', 'wso2carbon')],
  ];
  describe.each(KEYTOOLS)('read by %s', keytool => {
    test.each(files)('as %s: certificate, usages, and a key that signs', (type, alias, password, data) => {
      const path = join(folder, `${type}.store`);
      writeFileSync(path, data);
      const said = execFileSync(keytool, ['-list', '-v', '-keystore', path, '-storetype', type, '-storepass', password], { encoding: 'utf8' });
      expect(said).toContain(`Alias name: ${alias}\n`);
      expect(said).toContain('Entry type: PrivateKeyEntry');
      for (const name of NAMES) expect(said).toContain(`DNSName: ${name}\n`);
      expect(said).toMatch(/KeyUsage \[\s+DigitalSignature\s+Key_Encipherment\s+Data_Encipherment\s+\]/);
      expect(said).toContain('SHA256withRSA');
      const key = type === 'JKS' ? ['-keypass', password] : [];
      const request = execFileSync(keytool, ['-certreq', '-alias', alias, '-keystore', path, '-storetype', type, '-storepass', password, ...key], { encoding: 'utf8' });
      expect(request).toContain('BEGIN NEW CERTIFICATE REQUEST');
      expect(spawnSync(keytool, ['-list', '-keystore', path, '-storetype', type, '-storepass', 'another']).status).not.toBe(0);
    }, 60_000);
  });
});

/** Secrets Manager, with one secret and what AWS documents of versions: the content of one that exists cannot be changed. */
class SecretsManager {
  public readonly versions = new Map<string, string>();
  public current = 'of-cloudformation';
  public refusals = 0;

  public constructor(content: unknown) {
    this.versions.set(this.current, typeof content === 'string' ? content : JSON.stringify(content));
  }

  public get content(): any {
    return JSON.parse(this.versions.get(this.current)!);
  }

  public answer(command: unknown): unknown {
    if (this.refusals-- > 0) throw Object.assign(new Error('not authorized yet'), { name: 'AccessDeniedException' });
    if (command instanceof GetSecretValueCommand) {
      expect(command.input).toEqual({ SecretId: ARN });
      return { SecretString: this.versions.get(this.current) };
    }
    const { SecretId, ClientRequestToken: token, SecretString: text } = (command as PutSecretValueCommand).input;
    expect(SecretId).toBe(ARN);
    expect(token!.length).toBeGreaterThanOrEqual(32);
    expect(token!.length).toBeLessThanOrEqual(64);
    if ((this.versions.get(token!) ?? text) !== text) throw Object.assign(new Error('exists'), { name: 'ResourceExistsException' });
    this.versions.set(token!, text!);
    this.current = token!;
    return {};
  }
}

describe('the function', () => {
  let server: Server;
  let answers: any[];
  beforeAll(done => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', each => { body += each; }).on('end', () => { answers.push(JSON.parse(body)); response.end(); });
    }).listen(0, '127.0.0.1', done);
  });
  afterAll(() => server.close());
  beforeEach(() => { answers = []; jest.spyOn(console, 'log').mockImplementation(() => undefined); });
  afterEach(() => jest.restoreAllMocks());

  async function ask(secrets: SecretsManager, type: 'Create' | 'Update' | 'Delete' = 'Create'): Promise<{ answer: any; waited: number }> {
    jest.spyOn(SecretsManagerClient.prototype, 'send').mockImplementation(async (command: unknown) => secrets.answer(command) as never);
    let time = NOW;
    const services = { now: () => time, pause: async (milliseconds: number) => { time += milliseconds; } };
    await handle({
      RequestType: type, ResponseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, StackId: 'stack', RequestId: 'request', LogicalResourceId: 'KeyPair',
      ResourceProperties: { Secret: ARN, Names: NAMES },
    }, services);
    expect(answers).toHaveLength(1);
    return { answer: answers[0], waited: time - NOW };
  }

  const empty = (): SecretsManager => new SecretsManager({ alias: 'wso2carbon', password: PASSWORD });

  test('puts a key pair into a secret without one, beside what is there', async () => {
    const secrets = empty();
    expect((await ask(secrets)).answer).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'key-pair' });
    expect(secrets.current).toBe(VERSION);
    const { alias, password, keystore, shippedPkcs12 } = secrets.content;
    expect([alias, password]).toEqual(['wso2carbon', PASSWORD]);
    expect(Buffer.from(keystore, 'base64').readUInt32BE()).toBe(0xfeedfeed);
    expect(Buffer.from(shippedPkcs12, 'base64')[0]).toBe(0x30);
    // Secrets Manager takes 65536 bytes.
    expect(JSON.stringify(secrets.content).length).toBeLessThan(16_384);
  });

  test('leaves a key store that is there as it is, also one that a node of an earlier release made', async () => {
    for (const type of ['Create', 'Update', 'Delete'] as const) {
      answers = [];
      const secrets = new SecretsManager({ alias: 'wso2carbon', password: PASSWORD, keystore: 'b25l' });
      expect((await ask(secrets, type)).answer.Status).toBe('SUCCESS');
      expect([...secrets.versions.keys()]).toEqual(['of-cloudformation']);
    }
  });

  test('makes one key pair, however often it is asked', async () => {
    const secrets = empty();
    await ask(secrets);
    const before = secrets.content;
    answers = [];
    await ask(secrets, 'Update');
    expect(secrets.content).toEqual(before);
  });

  test('takes what somebody else put there in the same moment', async () => {
    const secrets = empty();
    const [text] = secrets.versions.values();
    secrets.versions.set(VERSION, JSON.stringify({ keystore: 'b25l' }));
    const real = secrets.answer.bind(secrets);
    let reads = 0;
    secrets.answer = command => {
      if (command instanceof GetSecretValueCommand && reads++ === 0) return { SecretString: text };
      if (command instanceof GetSecretValueCommand) return { SecretString: secrets.versions.get(VERSION) };
      return real(command);
    };
    expect((await ask(secrets)).answer.Status).toBe('SUCCESS');
    expect(secrets.versions.get(VERSION)).toBe('{"keystore":"b25l"}');
  });

  test('says what to do where an older version was made the current one', async () => {
    const secrets = empty();
    secrets.versions.set(VERSION, '{"keystore":"b25l"}');
    expect((await ask(secrets)).answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining(`its version ${VERSION} exists: make that version the current one`) });
  });

  test.each<[unknown]>([['no JSON'], [{ alias: 'wso2carbon' }], [{ password: PASSWORD }]])('refuses the content %p with a sentence that tells no password', async content => {
    const { answer } = await ask(new SecretsManager(content));
    expect(answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/^The secret \S+ must h.*: restore the version that the stack created\.$/) });
    expect(answer.Reason).not.toContain(PASSWORD);
  });

  test('waits until the permissions that were just granted take effect, for a minute', async () => {
    const secrets = empty();
    secrets.refusals = 3;
    expect(await ask(secrets)).toMatchObject({ answer: { Status: 'SUCCESS' }, waited: 9000 });
    answers = [];
    const never = empty();
    never.refusals = 1000;
    expect(await ask(never)).toMatchObject({ answer: { Status: 'FAILED', Reason: 'not authorized yet' }, waited: 60_000 });
  });
});

describe('in a cluster', () => {
  function template(overrides: Partial<CarbonClusterProps> = {}, stack = testStack()): any {
    gateway(stack, overrides);
    return Template.fromStack(stack).toJSON().Resources;
  }
  const ids = (resources: any, type: string): string[] => Object.keys(resources).filter(each => resources[each].Type === type);

  test('all nodes wait for it', () => {
    const resources = template();
    const [resource] = ids(resources, 'Custom::KeyPair');
    expect(resources[resource].Properties).toMatchObject({ Secret: { Ref: expect.stringContaining('KeystoreSecret') }, Names: NAMES });
    const groups = ids(resources, 'AWS::AutoScaling::AutoScalingGroup');
    expect(groups).toHaveLength(2);
    for (const each of groups) expect(resources[each].DependsOn).toContain(resource);
  });

  test('so does a load balancer that has the key pair, too', () => {
    const stack = testStack();
    const packs = s3.Bucket.fromBucketName(stack, 'Balancers', 'packs');
    const resources = template({
      product: CarbonProduct.governanceRegistry('5.4.0'),
      clusteringPattern: ClusteringPattern.NON_WORKER_MANAGER,
      certificates: undefined,
      membership: Membership.wellKnownNodes(),
      clients: [ec2.Peer.ipv4('10.9.0.0/16')],
      loadBalancing: LoadBalancing.wso2ElasticLoadBalancer({
        distribution: Distribution.fromBucket(packs, 'wso2elb-2.1.1.zip'), hazelcastVersion: '3.5.4', javaVersion: 8,
      }),
    }, stack);
    const [resource] = ids(resources, 'Custom::KeyPair');
    const groups = ids(resources, 'AWS::AutoScaling::AutoScalingGroup');
    expect(groups.filter(each => each.includes('LoadBalancer'))).toHaveLength(1);
    for (const each of groups) expect(resources[each].DependsOn).toContain(resource);
  });

  test('only its function may write the secret, and use the key of the cluster for it', () => {
    const stack = testStack();
    const resources = template({ encryptionKey: new kms.Key(stack, 'Key') }, stack);
    const writers = ids(resources, 'AWS::IAM::Policy').filter(each => JSON.stringify(resources[each].Properties.PolicyDocument).match(/PutSecretValue|GenerateDataKey/));
    expect(writers.filter(each => !each.includes('Rotation')).every(each => each.includes('KeystoreKeyPair'))).toBe(true);
    expect(writers.some(each => each.includes('KeystoreKeyPair'))).toBe(true);
  });

  test.each([['given', (stack: any) => Keystore.fromSecret(new secretsmanager.Secret(stack, 'Mine'))], ['shipped', () => Keystore.shipped()]])(
    'with a key store that is %s there is none', (_, keystore) => {
      const stack = testStack();
      expect(ids(template({ keystore: keystore(stack) }, stack), 'Custom::KeyPair')).toEqual([]);
    });
});

test('the bundle contains no SDK, and says whose code is in it', () => {
  const [index, licences] = ['index.js', 'THIRD-PARTY-LICENSES.txt'].map(each => readFileSync(join(__dirname, '../../lib/credentials/key-pair/function', each), 'utf8'));
  expect(index).toContain('require("@aws-sdk/client-secrets-manager")');
  expect(licences).toContain('node-forge');
});
