/** A first deployment that fails, with the CDK's command line: it is rolled back, nothing is left, and it can be repeated. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { CloudFormationClient, DescribeStackEventsCommand, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { bootstrap, deploy } from './cdk';
import { findProblems, formatResults, Result } from './creation-report';
import { Emulator, LOCAL_FOLDER, PROJECT } from './emulator';
import { run } from './processes';
import { gather } from './report';

const APP = 'test/rehearsal/scenarios/changed.app.ts';
const NOTHING = { nodes: [], loadBalancers: [], targetGroups: [], databases: [], secrets: [], notRun: [] };

describe('cdk deploy', () => {
  let emulator: Emulator;
  let workFolder: string;

  beforeAll(async () => {
    fs.mkdirSync(LOCAL_FOLDER, { recursive: true });
    workFolder = fs.mkdtempSync(path.join(LOCAL_FOLDER, 'creation-'));
    emulator = await Emulator.start({
      logFile: path.join(workFolder, 'emulator.log'), speed: 100, signals: { bootSeconds: 180, startSeconds: 90 },
    });
    await bootstrap({ env: emulator.environment(), workFolder, account: emulator.account, region: emulator.region });
  });

  afterAll(async () => {
    await emulator?.stop();
    fs.rmSync(workFolder, { recursive: true, force: true });
  });

  test('a deployment whose nodes fail leaves nothing, and the next one succeeds', async () => {
    const options = { app: APP, env: emulator.environment(), workFolder };
    const template = await firstTemplate(options);
    const group = Object.keys(template.Resources).find(id => template.Resources[id].Type === 'AWS::AutoScaling::AutoScalingGroup')!;
    await emulator.failCreation(group, 'the pack is not there', true);
    await expect(deploy(options)).rejects.toThrow(/the pack is not there/);
    expect(await stackStatus()).toBe('ROLLBACK_COMPLETE');
    expect(await gather(emulator)).toEqual(NOTHING);
    await deploy(options);
    const { databases, nodes } = await gather(emulator);
    expect([databases.map(each => each.deletionProtection), nodes.length > 0]).toEqual([[true], true]);
  });

  async function firstTemplate({ env }: { env: NodeJS.ProcessEnv }): Promise<{ Resources: Record<string, { Type: string }> }> {
    const out = path.join(workFolder, 'synthesized');
    const tsx = path.join(PROJECT, 'node_modules', 'tsx', 'dist', 'cli.mjs');
    const { code, lines } = await run(process.execPath, [tsx, APP], {
      cwd: PROJECT, env: { ...env, CDK_OUTDIR: out, CDK_DEFAULT_ACCOUNT: emulator.account, CDK_DEFAULT_REGION: emulator.region },
    });
    if (code !== 0) throw new Error(lines.join('\n'));
    const file = fs.readdirSync(out).find(name => name.endsWith('.template.json'))!;
    return JSON.parse(fs.readFileSync(path.join(out, file), 'utf8'));
  }

  async function stackStatus(): Promise<string> {
    const credentials = { accessKeyId: 'testing', secretAccessKey: 'testing' };
    const client = new CloudFormationClient({ endpoint: emulator.url, region: emulator.region, credentials });
    const { Stacks: stacks } = await client.send(new DescribeStacksCommand({}));
    const stack = stacks!.find(each => each.StackName !== 'CDKToolkit')!;
    const { StackEvents: events } = await client.send(new DescribeStackEventsCommand({ StackName: stack.StackId }));
    expect(events![0].ResourceStatus).toBe(stack.StackStatus);
    return stack.StackStatus!;
  }
});

describe('the report of the judge', () => {
  const CLEAN: Result = {
    example: 'one', logicalId: 'Log', type: 'AWS::Logs::LogGroup', how: 'absent', happened: true, status: 'ROLLBACK_COMPLETE', problems: [],
    left: [], kept: [], exempt: ['a reason'], deleted: 'DELETE_COMPLETE', again: 'CREATE_COMPLETE', whyNotAgain: [], seconds: 1,
  };

  test('a clean case has no problems', () => {
    expect(findProblems(CLEAN)).toEqual([]);
    expect(formatResults([CLEAN])).not.toContain('one:');
  });

  test.each<[string, Partial<Result>, string]>([
    ['nothing has failed', { happened: false }, 'the resource did not fail'],
    ['the rollback has failed', { status: 'ROLLBACK_FAILED' }, 'ROLLBACK_FAILED'],
    ['something is left', { left: ['rds/r/databases/_store/a (tuple)', 'ec2/r/vpcs/v (VPC)', 'ec2/r/vpcs/w (VPC)'] }, 'left: rds tuple, 2 ec2 VPC'],
    ['the stack cannot be deleted', { deleted: 'DELETE_FAILED', again: 'not tried' }, 'then DELETE_FAILED'],
    ['a name is taken', { again: 'ROLLBACK_COMPLETE' }, 'created again: ROLLBACK_COMPLETE'],
  ])('it tells that %s', (_title, change, problem) => {
    expect(findProblems({ ...CLEAN, ...change })).toEqual([problem]);
    expect(formatResults([{ ...CLEAN, ...change }])).toContain(problem);
  });
});
