/** What an attempt of the attack room is. */
import { AttackRoom } from './attack-room';

/** In whose place the room tries. */
export type Attacker =
  | 'service user' | 'node\'s role' | 'role by the service user' | 'members\' key' | 'function\'s role' | 'worker' | 'database user' | 'neighbour'
  | 'at rest' | 'restart';

/** What somebody who attacks wants, and whether it was got: an effect that is looked at, never the text of an error. */
export interface Attempt {
  readonly as: Attacker;
  readonly tries: string;
  /** The effect that counts. */
  readonly success: string;
  /** What was got; nothing where the text is empty. */
  attack(room: AttackRoom): Promise<string>;
  /** The same where nothing protects: it must get something, or the attempt itself does not work. */
  control(room: AttackRoom): Promise<string>;
  /** Why it cannot be tried here; such an attempt is listed and not counted. */
  untried?(room: AttackRoom): string | undefined;
}

export interface AttemptResult {
  readonly as: Attacker;
  readonly tries: string;
  readonly success: string;
  readonly outcome: 'nothing' | 'SUCCEEDED' | 'CONTROL FAILED' | 'not tried';
  readonly got: string;
  readonly seconds: number;
}

const LONGEST = 160;

export async function tried(attempt: Attempt, room: AttackRoom): Promise<AttemptResult> {
  const { as, tries, success } = attempt;
  const began = Date.now();
  const result = (outcome: AttemptResult['outcome'], got: string): AttemptResult => ({
    as, tries, success, outcome, got: got.trim().replace(/\s+/g, ' ').slice(0, LONGEST), seconds: (Date.now() - began) / 1000,
  });
  const reason = attempt.untried?.(room);
  if (reason) return result('not tried', reason);
  const outcomes = [];
  for (const step of [() => attempt.attack(room), () => attempt.control(room)]) {
    outcomes.push(await step().then(got => ({ got, problem: '' }), error => ({ got: '', problem: `${(error as Error).message}` })));
  }
  const [attack, control] = outcomes;
  if (attack.got.trim()) return result('SUCCEEDED', attack.got);
  if (attack.problem) return result('CONTROL FAILED', `the attempt itself failed: ${attack.problem}`);
  if (!control.got.trim()) return result('CONTROL FAILED', control.problem || 'the same without protection got nothing, so the attempt shows nothing');
  return result('nothing', '');
}

/** One line for all: the figure of the note. */
export function summaryOf(results: readonly AttemptResult[]): string {
  const counted = results.filter(each => each.outcome !== 'not tried');
  const of = (outcome: AttemptResult['outcome']): number => results.filter(each => each.outcome === outcome).length;
  return `${counted.length} attempts, ${of('SUCCEEDED')} succeeded`
    + ` (${of('CONTROL FAILED')} whose control failed, ${of('not tried')} that this machine cannot try and that are not counted)`;
}

/** A row for each attempt, for the table at the end of the scenario. */
export function rowOf(result: AttemptResult): string {
  return `${result.outcome.padEnd(14)} ${result.as}: ${result.tries}${result.got ? ` -> ${result.got}` : ''}`;
}
