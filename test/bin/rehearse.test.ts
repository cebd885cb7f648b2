import { join } from 'node:path';
import { folderWith, Answer, carbonCluster } from './command-line';
import { rehearse } from '../../bin/commands/with-aws';

jest.mock('../../bin/commands/with-aws', () => ({ rehearse: jest.fn() }));

const rehearsal = jest.mocked(rehearse);
const CLI = { 'node_modules/aws-cdk/package.json': '{ "name": "aws-cdk" }', 'node_modules/aws-cdk/bin/cdk': '' };
const APP = { ...CLI, 'cdk.json': '{ "app": "npx tsx app.ts" }' };

async function rehearseIn(folder: string, ...options: readonly string[]): Promise<Answer> {
  const cwd = jest.spyOn(process, 'cwd').mockReturnValue(folder);
  try {
    return await carbonCluster(['rehearse', ...options]);
  } finally {
    cwd.mockRestore();
  }
}

beforeEach(() => rehearsal.mockReset().mockResolvedValue(0));

test('rehearses the app of cdk.json with the CLI beside it', async () => {
  const folder = folderWith(APP);
  expect(await rehearseIn(folder)).toEqual({ code: 0, output: '', errors: '' });
  expect(rehearsal).toHaveBeenCalledWith(
    { app: { command: 'npx tsx app.ts', folder, cdk: join(folder, 'node_modules/aws-cdk/bin/cdk') }, context: {}, speed: 5 }, expect.anything());
});

test('hands over every option', async () => {
  const folder = folderWith({ ...CLI, 'am.zip': '' });
  const pack = join(folder, 'am.zip');
  await rehearseIn(folder, '--app', 'node app.js', '--pack', pack, '--keep', '--json', '--speed', '2', '-c', 'nodes=4', '-c', 'query=a=b');
  expect(rehearsal.mock.calls[0][0]).toMatchObject({
    app: { command: 'node app.js', folder }, pack, keep: true, json: true, speed: 2, context: { nodes: '4', query: 'a=b' },
  });
});

test.each([0, 1, 3])('ends with the exit code %d of the rehearsal and says what it says', async code => {
  rehearsal.mockImplementation(async (_, { print, complain }) => {
    print('report');
    complain('why');
    return code;
  });
  expect(await rehearseIn(folderWith(APP))).toEqual({ code, output: 'report\n', errors: 'carbon-cluster: why\n' });
});

test.each<[string, Readonly<Record<string, string>>, readonly string[], number, string]>([
  ['there is no cdk.json', CLI, [], 2, 'there is no cdk.json in the current folder: go to the folder of your app, or give --app'],
  ['cdk.json says no app', { ...CLI, 'cdk.json': '{}' }, [], 2, 'cdk.json says no app: give --app'],
  ['cdk.json is no JSON', { ...CLI, 'cdk.json': '{' }, [], 2, 'cdk.json cannot be read: '],
  ['the pack is not there', APP, ['--pack', 'nowhere.zip'], 2, '--pack nowhere.zip does not exist'],
  ['a context has no value', APP, ['-c', 'nodes'], 2, '--context nodes is not of the form key=value'],
  ['the CLI is not installed', { 'cdk.json': APP['cdk.json'] }, [], 3, 'the CDK\'s command line is not installed here: npm install --save-dev aws-cdk'],
])('says in one sentence that %s', async (_, files, options, code, sentence) => {
  const answer = await rehearseIn(folderWith(files), ...options);
  expect(answer).toMatchObject({ code, output: '', errors: expect.stringContaining(`carbon-cluster: ${sentence}`) });
  expect(answer.errors.trimEnd().split('\n')).toHaveLength(1);
  expect(rehearsal).not.toHaveBeenCalled();
});

test.each(['0', '-1', '1.5', 'fast'])('refuses the speed %s', async speed => {
  expect(await rehearseIn(folderWith(APP), `--speed=${speed}`))
    .toMatchObject({ code: 2, errors: expect.stringContaining('Give a whole number above 0.') });
});

test('is named in the help', async () => {
  expect((await carbonCluster(['--help'])).output).toMatch(/rehearse .*boots the nodes of an app on this machine/);
  expect((await carbonCluster(['rehearse', '--help'])).output).toContain('3  this machine cannot rehearse');
});
