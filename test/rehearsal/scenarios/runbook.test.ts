/** The scenarios that run the runbook's commands can fail, too: an AWS that answers what it should, and then one thing that it should not. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Rehearsal } from '../rehearsal';
import { aws, verify } from './command-lines';
import { databaseMoved } from './database-moved';
import { BAD_LOAD, fakeRehearsal, Given, later, outcome, replaceEach, THREE } from './fake-rehearsal';
import { passwordReplaced } from './password-replaced';
import { restored } from './restored';
import { Scenario } from './scenario';

jest.mock('../host-paths', () => ({
  hostPaths: () => [{ host: 'am.example.com', path: '/', url: 'https://am.example.com/', internal: false, insecure: false, targetGroups: [] }],
  urlTo: () => 'https://am.example.com/',
}));
jest.mock('./command-lines');

type Call = (rehearsal: Rehearsal, option: (name: string) => string) => unknown;

const INSTANCE = {
  DBInstanceIdentifier: 'db', Endpoint: { Address: 'db.rds' }, DBSubnetGroup: { DBSubnetGroupName: 's' }, DBParameterGroups: [{ DBParameterGroupName: 'p' }],
  VpcSecurityGroups: [{ VpcSecurityGroupId: 'g' }],
};
/** What its group does with an instance that somebody does not trust. */
const replaceOne: Call = ({ nodes }, option) => {
  const id = option('--instance-id');
  const node = nodes.get(id)!;
  nodes.delete(id);
  nodes.set(`${id}-2`, { ...node, id: `${id}-2` });
};
const ids = (...all: string[]): string[] => [0, 1, 2].flatMap(index => all.map(each => `i-${index}${each}`));

const ANSWERS: Readonly<Record<string, Call>> = {
  'describe-db-instances': () => ({ DBInstances: [INSTANCE] }),
  'list-secrets': () => ({ SecretList: [{ ARN: 'arn:DbUser', Name: 'S-DbUser' }, { ARN: 'arn:Administrator', Name: 'S-Administrator' }] }),
  'get-secret-value': () => ({ SecretString: JSON.stringify({ username: 'user', password: 'old', dbInstanceIdentifier: 'db' }) }),
  'set-instance-health': replaceOne,
  'describe-stack-events': () => ({ StackEvents: ids('').map(each => ({ ResourceStatusReason: `Received SUCCESS signal with UniqueId ${each}` })) }),
  'describe-target-groups': () => ({ TargetGroups: [{ TargetGroupArn: 'arn:group' }] }),
  'describe-target-health': () => ({ TargetHealthDescriptions: ids('-2').map(Id => ({ Target: { Id } })) }),
  'describe-auto-scaling-groups': () => ({ AutoScalingGroups: [{ AutoScalingGroupName: 'group' }] }),
  'describe-scaling-activities': () => ({
    Activities: [...ids('').map(each => `Terminating EC2 instance: ${each}`), ...ids('', '-2').map(each => `Launching a new EC2 instance: ${each}`)]
      .map(Description => ({ Description })),
  }),
  'restore-db-instance-to-point-in-time': () => ({ DBInstance: { Endpoint: { Address: 'carbon-restored.rds' } } }),
  'modify-db-instance': (_, option) => ({ DBInstance: { Endpoint: { Address: `${option('--new-db-instance-identifier')}.rds` } } }),
};

/** A server that knows the rows of the database that a script names; what is copied is what was before. */
function sql(faults: { copies?: boolean; exchanges?: boolean; takesOld?: boolean; leadsTo?: string } = {}): Given['answers'] {
  const rows: Record<string, string> = {};
  let exchanged = false;
  const answer = (script: string): string => {
    const name = /(WSO2\w+_DB)/.exec(script)?.[1] ?? '';
    if (/UPDATE/.test(script)) rows[name] = 'after';
    if (/mysqldump/.test(script) && faults.copies !== false) rows[name] = 'before';
    if (/grep -rho/.test(script)) return faults.leadsTo ?? 'jdbc:mysql://mysql.example.com';
    return /--host carbon-restored/.test(script) || exchanged ? 'before' : rows[name] ?? 'before';
  };
  return {
    'rename-database': ({ endpoint }) => { exchanged ||= faults.exchanges !== false && endpoint === 'carbon-restored.rds'; },
    exec: ({ script, argv }) => {
      if (argv) return { code: 0, stdout: '0\n', stderr: '' };
      if (/MYSQL_PWD='old'/.test(script) && !faults.takesOld) return { code: 1, stdout: '', stderr: 'ERROR 1045: Access denied' };
      return { code: 0, stdout: answer(script), stderr: '' };
    },
  };
}

let workFolder: string;

beforeEach(() => {
  workFolder = fs.mkdtempSync(path.join(os.tmpdir(), 'runbook-'));
  jest.mocked(aws).mockClear();
});
afterEach(() => fs.rmSync(workFolder, { recursive: true }));

async function ended(scenario: Scenario, given: Partial<Given> = {}, calls: Readonly<Record<string, Call>> = {}, findings: readonly object[] = []): Promise<string> {
  jest.mocked(aws).mockImplementation(async (rehearsal, _, operation, ...options) =>
    ({ ...ANSWERS, ...calls }[operation]?.(rehearsal, name => options[options.indexOf(name) + 1]) ?? {}));
  jest.mocked(verify).mockResolvedValue(findings);
  const rehearsal = fakeRehearsal({ names: THREE, update: replaceEach, ...given, answers: { ...sql(), ...given.answers } });
  return outcome(scenario, Object.assign(rehearsal, { workFolder }));
}

test.each([['password', passwordReplaced], ['restored', restored], ['moved', databaseMoved]])('%s: all well passes', async (_, scenario) => {
  await expect(ended(scenario)).resolves.toBe('passed');
});

test('a new password is in no command line', async () => {
  await ended(passwordReplaced);
  const put = jest.mocked(aws).mock.calls.find(call => call.includes('put-secret-value'))!;
  const file = put.at(-1) as string;
  expect(file).toBe(`file://${path.join(workFolder, 'user.json')}`);
  expect(fs.statSync(file.slice('file://'.length)).mode & 0o777).toBe(0o600);
});

test.each<[string, Scenario, Partial<Given>, Record<string, Call>, RegExp, object[]?]>([
  ['an instance that nobody replaces', passwordReplaced, {}, { 'set-instance-health': () => ({}) }, /did not go, or nothing was launched instead/],
  ['an old password that still works', passwordReplaced, { answers: sql({ takesOld: true }) }, {}, /still takes the old password of user/],
  ['requests that fail in the end', passwordReplaced, { answers: { load: ({ seconds }) => later(seconds, BAD_LOAD) } }, {}, /when all nodes were replaced/],
  ['an activity that is not told', passwordReplaced, {}, { 'describe-scaling-activities': () => ({ Activities: [] }) }, /no activity tells of the end of i-0/],
  ['a signal that is not told', passwordReplaced, {}, { 'describe-stack-events': () => ({ StackEvents: [] }) }, /no event tells of the success of i-0/],
  ['a cluster with a fault', passwordReplaced, {}, {}, /members failed: 2 of 3/, [{ check: 'members', state: 'failed', detail: '2 of 3' }]],
  ['a dump that brings nothing back', restored, { answers: sql({ copies: false }) }, {}, /the row of WSO2REG_DB did not come back/],
  ['an old instance that keeps its name', restored, { answers: sql({ exchanges: false }) }, {}, /the row of WSO2AM_DB did not come back/],
  ['servers that do not find the new one', restored, { answers: { request: () => ({ status: 500 }) } }, {}, /no server reached the restored database within 120 s/],
  ['nodes that stay', databaseMoved, { update: () => {} }, {}, /the old nodes did not end/],
  ['nodes that were told nothing', databaseMoved, { answers: sql({ leadsTo: 'jdbc:mysql://db.rds.amazonaws.com' }) }, {}, /the data sources of .* lead to jdbc:mysql:\/\/db\.rds/],
  ['requests that fail meanwhile', databaseMoved, { answers: { load: ({ seconds }) => later(seconds, BAD_LOAD) } }, {}, /requests failed: \{"200"/],
])('%s does not pass', async (_, scenario, given, calls, problem, findings = []) => {
  await expect(ended(scenario, given, calls, findings)).resolves.toMatch(problem);
});
