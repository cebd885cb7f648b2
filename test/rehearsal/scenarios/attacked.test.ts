/** The attack room can fail: whatever an attempt gets counts, and so does an attempt that would get nothing anywhere. */
import { judge } from './attacked';
import { Attempt, AttemptResult, tried } from './attacks/attempt';
import { AttackRoom } from './attacks/attack-room';
import { AT_REST, RESTART } from './attacks/rest';
import { DATABASE } from './attacks/database';
import { MEMBERS_KEY, ROLE, STOLEN } from './attacks/aws';
import { NEIGHBOUR } from './attacks/neighbour';
import { SERVICE_USER } from './attacks/service-user';
import { REPLACED, WORKER } from './attacks/worker';

const ROOM = {} as AttackRoom;
const ALL = [...SERVICE_USER, ...ROLE, ...STOLEN, ...MEMBERS_KEY, ...DATABASE, ...NEIGHBOUR, ...AT_REST, ...RESTART, ...WORKER, REPLACED];

function attempt(attack: string | Error, control: string | Error = 'works', more: Partial<Attempt> = {}): Attempt {
  const step = (said: string | Error) => async (): Promise<string> => {
    if (said instanceof Error) throw said;
    return said;
  };
  return { as: 'neighbour', tries: 'to get in', success: 'it is in', attack: step(attack), control: step(control), ...more };
}

test.each([
  ['an attempt that gets nothing, though the same without protection does', attempt(''), 'nothing', ''],
  ['an attempt that gets something', attempt('a secret\n  of somebody'), 'SUCCEEDED', 'a secret of somebody'],
  ['an attempt that gets nothing anywhere', attempt('', ' \n'), 'CONTROL FAILED', 'the same without protection got nothing, so the attempt shows nothing'],
  ['a control that cannot be run', attempt('', new Error('no such file')), 'CONTROL FAILED', 'no such file'],
  ['an attempt that cannot be run', attempt(new Error('the node is away')), 'CONTROL FAILED', 'the attempt itself failed: the node is away'],
  ['an attempt that this machine cannot try', attempt('x', 'x', { untried: () => 'there is no EFS here' }), 'not tried', 'there is no EFS here'],
])('%s', async (_, given, outcome, got) => {
  expect(await tried(given, ROOM)).toMatchObject({ outcome, got });
});

function judged(results: readonly AttemptResult['outcome'][]): { shown: string[]; problem?: string } {
  const shown: string[] = [];
  try {
    judge({ show: line => { shown.push(line); } }, results.map(outcome => ({ as: 'worker', tries: 'x', success: 'y', outcome, got: '', seconds: 0 })));
    return { shown };
  } catch (error) {
    return { shown, problem: (error as Error).message };
  }
}

const FORTY = Array<AttemptResult['outcome']>(40).fill('nothing');

test('forty attempts that got nothing pass, and those that were not tried are shown and not counted', () => {
  const { shown, problem } = judged([...FORTY, 'not tried']);
  expect(problem).toBeUndefined();
  expect(shown.at(-1)).toBe('40 attempts, 0 succeeded (0 whose control failed, 1 that this machine cannot try and that are not counted)');
});

test.each([['SUCCEEDED'], ['CONTROL FAILED']] as const)('one that %s is shown, and fails the scenario', outcome => {
  const { shown, problem } = judged([...FORTY, outcome]);
  expect(shown[0]).toContain(outcome);
  expect(problem).toMatch(/^41 attempts, /);
});

test('fewer than forty do not pass, whatever was not tried', () => {
  expect(judged([...FORTY.slice(1), 'not tried']).problem).toBe('39 attempts were made, fewer than 40');
});

test('no two attempts are the same', () => {
  const names = ALL.map(each => `${each.as}: ${each.tries}`);
  expect(names.filter((each, index) => names.indexOf(each) !== index)).toEqual([]);
});
