/** The command line: how it fails, and what is left when it is interrupted. The emulator's own options too. */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Emulator, LOCAL_FOLDER, PROJECT } from './emulator';
import { NEEDED_ACTION, tryPermissions } from './permissions';

interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command; `interruptAt` sends Ctrl-C as soon as this text appears. */
async function deployLocal(args: readonly string[], interruptAt?: string): Promise<Result> {
  const child = spawn(process.execPath, ['--require', 'tsx/cjs', path.join(__dirname, 'deploy-local.ts'), ...args], { cwd: PROJECT });
  const result = { stdout: '', stderr: '' };
  child.stdout.on('data', data => result.stdout += data);
  child.stderr.on('data', data => {
    const before = result.stderr;
    result.stderr += data;
    if (interruptAt !== undefined && !before.includes(interruptAt) && result.stderr.includes(interruptAt)) {
      child.kill('SIGINT');
    }
  });
  const code = await new Promise<number | null>(resolve => child.once('close', resolve));
  return { code, ...result };
}

/** The folders of runs that used the emulator at this address. */
function foldersOf(url: string): string[] {
  const port = new URL(url).port;
  return fs.readdirSync(LOCAL_FOLDER).filter(name => name.startsWith('deploy-')).filter(name => {
    const log = path.join(LOCAL_FOLDER, name, 'emulator.log');
    return fs.existsSync(log) && fs.readFileSync(log, 'utf8').includes(`:${port}`);
  });
}

async function expectNothingLeft(stderr: string): Promise<void> {
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(stderr)![0];
  await expect(fetch(url)).rejects.toThrow();
  expect(foldersOf(url)).toEqual([]);
}

test('a type that nobody makes fails with its name and logical id, and leaves nothing', async () => {
  const { code, stdout, stderr } = await deployLocal(['--json', '--app', 'test/emulator/fixture/unknown-type.ts']);
  expect(stderr.trim().split('\n').pop()).toMatch(/^cdk deploy failed .* no model of AWS::Cognito::UserPool \(logical id Pool\)/);
  expect([code, stdout]).toEqual([1, '']);
  await expectNothingLeft(stderr);
});

test.each(['emulator answers', 'deploy ...'])('Ctrl-C at "%s" leaves nothing', async moment => {
  const { code, stderr } = await deployLocal(['--app', 'test/emulator/fixture/app.ts'], moment);
  expect(stderr).toContain('interrupted; everything is stopped and removed');
  expect(code).toBe(130);
  await expectNothingLeft(stderr);
});

test('an unknown example is one sentence', async () => {
  const { code, stderr } = await deployLocal(['no-such-example']);
  expect(stderr).toMatch(/^there is no examples\/no-such-example\/app\.ts; examples: .*\n$/);
  expect(code).toBe(1);
});

describe('an emulator', () => {
  let emulator: Emulator;
  const logFile = path.join(LOCAL_FOLDER, `options-${process.pid}.log`);
  beforeAll(async () => {
    emulator = await Emulator.start({ host: '0.0.0.0', noAuthActionCount: 0, logFile });
  });
  afterAll(async () => {
    await emulator?.stop();
    fs.rmSync(logFile, { force: true });
  });

  test('can listen on every address and enforce policies from the start', async () => {
    const attempts = await tryPermissions(emulator, { accessKeyId: 'testing', secretAccessKey: 'testing' });
    expect(attempts.find(each => each.action === NEEDED_ACTION)!.outcome).toBe('unauthenticated');
  });

  test('gives its clients an environment without anything of a real account', () => {
    const environment = emulator.environment({
      PATH: '/bin', AWS_PROFILE: 'real', AWS_SESSION_TOKEN: 'real', AWS_ENDPOINT_URL_EC2: 'real', AWS_ROLE_ARN: 'real', NO_PROXY: 'here',
    });
    expect(Object.values(environment)).not.toContain('real');
    expect(environment).toMatchObject({ PATH: '/bin', AWS_ENDPOINT_URL: emulator.url, NO_PROXY: 'here,127.0.0.1' });
  });
});
