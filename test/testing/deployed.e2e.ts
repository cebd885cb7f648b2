/** What the testing kit says of templates, beside what the API says once they are deployed. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { DescribeInstanceAttributeCommand, EC2Client } from '@aws-sdk/client-ec2';
import * as secrets from '@aws-sdk/client-secrets-manager';
import { testing } from '../../lib';
import { bootstrap, deploy, Deployment } from '../emulator/cdk';
import { Emulator, LOCAL_FOLDER } from '../emulator/emulator';
import { gather, Report } from '../emulator/report';

let emulator: Emulator;
let workFolder: string;
let deployment: Deployment;
let report: Report;
let settings: { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string } };

beforeAll(async () => {
  fs.mkdirSync(LOCAL_FOLDER, { recursive: true });
  workFolder = fs.mkdtempSync(path.join(LOCAL_FOLDER, 'discovery-'));
  emulator = await Emulator.start({ logFile: path.join(workFolder, 'emulator.log') });
  settings = { endpoint: emulator.url, region: emulator.region, credentials: { accessKeyId: 'testing', secretAccessKey: 'testing' } };
  const options = { env: emulator.environment(), workFolder };
  await bootstrap({ ...options, account: emulator.account, region: emulator.region });
  deployment = await deploy({ ...options, app: 'test/rehearsal/scenarios/two-clusters.app.ts' });
  report = await gather({ url: emulator.url, region: emulator.region });
});

afterAll(async () => {
  await emulator?.stop();
  fs.rmSync(workFolder, { recursive: true, force: true });
});

test('each node of two clusters finds as many instances as predicted, and the same ones', () => {
  const discovery = testing.Discovery.simulate(testing.SynthesizedStacks.fromAssembly(deployment.assembly));
  const names = new Map(report.nodes.map(each => [each.instanceId, each.name]));
  expect(report.nodes.length).toBeGreaterThan(3);
  for (const node of report.nodes) {
    const predicted = discovery.nodesNamed(node.name).finds.flatMap(each => Array<string>(each.minCount!).fill(each.name));
    expect(node.finds.map(id => names.get(id)).sort()).toEqual(predicted.sort());
  }
  discovery.assertApart();
  discovery.assertComplete();
});

/** Of every secret what is worth hiding: names of users are not. */
async function secretValues(): Promise<string[]> {
  const client = new secrets.SecretsManagerClient(settings);
  const { SecretList = [] } = await client.send(new secrets.ListSecretsCommand({}));
  const answers = await Promise.all(SecretList.map(each => client.send(new secrets.GetSecretValueCommand({ SecretId: each.ARN }))));
  return answers.flatMap(each => Object.entries<string>(JSON.parse(each.SecretString!)))
    .filter(([name]) => /^(password|accessKeyId|secretAccessKey)$/.test(name)).map(([, value]) => value);
}

test('no secret that the deployment made is in its assembly, nor in user data as the API gives it', async () => {
  const values = await secretValues();
  expect(values.length).toBeGreaterThan(8);
  const scan = new testing.SecretScan({ secretValues: values }).scanFolder(deployment.assembly);
  for (const { instanceId, name } of report.nodes) {
    const answer = await new EC2Client(settings).send(new DescribeInstanceAttributeCommand({ InstanceId: instanceId, Attribute: 'userData' }));
    scan.scanText(`user data of ${name}`, answer.UserData!.Value!);
  }
  scan.assertNoFindings();
  const password = values.find(each => !each.startsWith('AKIA'))!;
  const planted = new testing.SecretScan({ secretValues: values }).scanText('planted', Buffer.from(`#!/bin/bash\necho ${password}\n`).toString('base64'));
  expect(planted.findings).toEqual([{ file: 'planted', line: 1, kind: testing.SecretKind.GIVEN_VALUE, inside: 'base64' }]);
});
