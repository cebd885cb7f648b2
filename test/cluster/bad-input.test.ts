/** Everything that is refused because it is invalid or dangerous, each with its sentence. */
import { createHash } from 'node:crypto';
import { App, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { ARTIFACTS_AND_DATABASES } from './bad-input/artifacts-and-databases';
import { BadInput, Overrides } from './bad-input/bad-input';
import { FILES } from './bad-input/files';
import { LOAD_BALANCING } from './bad-input/load-balancing';
import { MEMBERS } from './bad-input/members';
import { TRUST } from './bad-input/trust';
import { BootPhase, CarbonProduct, Database, PrivateNames } from '../../lib';
import { gateway, gatewayProps, testApp, testStack } from '../gateway';

const TABLE: readonly BadInput[] = [...MEMBERS, ...FILES, ...ARTIFACTS_AND_DATABASES, ...LOAD_BALANCING, ...TRUST];

test.each(TABLE)('%s', (_what, overrides, message) => {
  const stack = testStack();
  let said = 'nothing';
  try { gateway(stack, overrides(stack)); } catch (problem) { said = (problem as Error).message; }
  expect(said).toBe(message);
});

test('the table has at least 60 rows, each with a name and a sentence of its own', () => {
  expect(TABLE.length).toBeGreaterThanOrEqual(60);
  const twice = (texts: readonly string[]): string[] => texts.filter((each, index) => texts.indexOf(each) !== index);
  expect(twice(TABLE.map(([what]) => what))).toEqual([]);
  expect(twice(TABLE.map(([, , message]) => message))).toEqual([]);
});

test('a stack in an availability zone instead of a region', () => {
  const stack = testStack(testApp(), 'Zone', { account: '111111111111', region: 'us-east-1a' });
  expect(() => gateway(stack)).toThrow("region 'us-east-1a' is an availability zone, give its region 'us-east-1'");
});

test('an unknown version names the known ones', () => {
  expect(() => CarbonProduct.apiManager('2.2')).toThrow(/^version '2\.2' of WSO2 API Manager is not known, use one of .*2\.2\.0/);
});

test('a script without text', () => {
  expect(() => gateway().manager.addScriptBefore(BootPhase.PACK, ' ')).toThrow(/^script before-pack of Test\/Gateway\/Manager is empty/);
});

describe('two clusters of one app', () => {
  const both = (first: Overrides, second: Overrides, stacks: (app: App) => [Stack, Stack] = app => [testStack(app, 'One'), testStack(app, 'Two')]) => {
    const app = testApp();
    const [one, two] = stacks(app);
    gateway(one, first);
    gateway(two, second);
    return () => app.synth();
  };

  test('with the same tag', () => {
    expect(both({ tagValue: 'same' }, { tagValue: 'same' })).toThrow(/tagValue 'same' of .* is also that of .*, give each cluster a tagValue of its own or they merge/);
  });

  test('with the same domain', () => {
    expect(both({ domain: 'same' }, { domain: 'same' })).toThrow(/domain 'same' of .* is also that of .*, give each cluster a domain of its own or they merge/);
  });

  test('with defaults differ', () => {
    expect(both({}, {})).not.toThrow();
  });

  test('with the same tag in regions apart', () => {
    const elsewhere = (app: App): [Stack, Stack] => [testStack(app, 'One'), testStack(app, 'Two', { account: '111111111111', region: 'us-west-2' })];
    expect(both({ tagValue: 'same', domain: 'same' }, { tagValue: 'same', domain: 'same' }, elsewhere)).not.toThrow();
  });
});

test('user data that becomes too large, although it is packed', () => {
  const app = testApp();
  const cluster = gateway(testStack(app));
  const hashes = Array.from({ length: 300 }, (_, index) => createHash('sha256').update(String(index)).digest('hex'));
  cluster.workers.addScriptAfter(BootPhase.CONFIGURATION, `: ${hashes.join(' ')}`);
  expect(() => app.synth()).toThrow(/user data of Test\/Gateway\/Workers may become \d+ bytes, EC2 takes 16384/);
});

test('props of a good cluster pass', () => {
  const stack = testStack();
  expect(() => gateway(stack, gatewayProps(stack, 'Other'))).not.toThrow();
});

test('a second zone of one name in one VPC', () => {
  const stack = testStack();
  const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 2 });
  const privateNames = PrivateNames.hostedZones();
  gateway(stack, { vpc, privateNames, database: Database.rdsMySql({ hostAlias: 'a.db.example.com' }) }, 'A');
  expect(() => gateway(stack, {
    vpc, privateNames, hostName: 'b.example.com', managementHostName: 'mgt.b.example.com', database: Database.rdsMySql({ hostAlias: 'b.db.example.com' }),
  }, 'B')).toThrow('privateNames: zone db.example.com is there as Test/A/PrivateNames/Database/Zone and a VPC takes only one, use PrivateNames.zone');
});

test('what only CloudFormation knows is left to it', () => {
  const stack = testStack();
  const late = secretsmanager.Secret.fromSecretNameV2(stack, 'Secret', 'secret').secretArn;
  expect(() => gateway(stack, { database: Database.existingMySql({ host: late, clientNetwork: late, adminSecret: secretsmanager.Secret.fromSecretNameV2(new Stack(stack, 'Other'), 'Secret', 'secret') }) })).not.toThrow();
});
