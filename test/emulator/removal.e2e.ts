/** A cluster whose data are to go, too, deployed and destroyed with the CDK's command line; the rehearsal's `removed` keeps them. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { CloudFormationClient, DescribeStackEventsCommand, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { bootstrap, deploy, destroy } from './cdk';
import { Emulator, LOCAL_FOLDER } from './emulator';
import { gather } from './report';

const APP = 'test/rehearsal/scenarios/changed.app.ts';
let emulator: Emulator;
let workFolder: string;

beforeAll(async () => {
  fs.mkdirSync(LOCAL_FOLDER, { recursive: true });
  workFolder = fs.mkdtempSync(path.join(LOCAL_FOLDER, 'removal-'));
  // Nobody is there whose requests would be waited for.
  emulator = await Emulator.start({ logFile: path.join(workFolder, 'emulator.log'), speed: 100 });
  await bootstrap({ env: emulator.environment(), workFolder, account: emulator.account, region: emulator.region });
});

afterAll(async () => {
  await emulator?.stop();
  fs.rmSync(workFolder, { recursive: true, force: true });
});

const options = (context: Record<string, string>): Parameters<typeof deploy>[0] => ({ app: APP, env: emulator.environment(), workFolder, context });

function cloudFormation(): CloudFormationClient {
  return new CloudFormationClient({ endpoint: emulator.url, region: emulator.region, credentials: { accessKeyId: 'testing', secretAccessKey: 'testing' } });
}

test('a cluster is destroyed with its data, and only its first access key is nobody\'s to delete', async () => {
  await deploy(options({}));
  await deploy(options({ removing: 'all' }));
  const { Stacks: stacks } = await cloudFormation().send(new DescribeStacksCommand({ StackName: 'Changed' }));
  await destroy(options({ removing: 'all' }));
  const { StackEvents: events } = await cloudFormation().send(new DescribeStackEventsCommand({ StackName: stacks![0].StackId }));
  const ended = (status: string): string[] => events!.filter(each => each.ResourceStatus === status).map(each => each.ResourceType!);
  expect(ended('DELETE_SKIPPED')).toEqual(['AWS::IAM::AccessKey']);
  expect(ended('DELETE_FAILED')).toEqual([]);
  const left = await gather(emulator);
  expect(left).toEqual({ nodes: [], loadBalancers: [], targetGroups: [], databases: [], secrets: [], notRun: [] });
});

test('a protected cluster has lost nothing when its deletion is refused', async () => {
  await deploy(options({}));
  const before = await gather(emulator);
  expect([before.nodes.length, before.databases[0].deletionProtection]).toEqual([3, true]);
  await expect(destroy(options({}))).rejects.toThrow(/Deletion protection of .* is on, so nothing that the cluster needs was deleted/);
  expect(await gather(emulator)).toEqual(before);
});
