import { State } from './finding';
import type { CheckedFinding, Verification, VerifiedCluster, VerifiedGroup } from './verify';
import { EXIT } from '../../command';
import { Paint, printable, Style } from '../../terminal';

const STATES: readonly State[] = ['passed', 'failed', 'warning', 'not answered'];
const STYLES: Readonly<Record<State, Style>> = { passed: 'green', failed: 'red', warning: 'yellow', 'not answered': 'cyan' };

/** Warnings do not count; what was not answered has not passed. */
export function exitCodeOf(verification: Verification): number {
  const counts = countsOf(verification);
  if (counts.failed > 0) return EXIT.NO;
  return counts['not answered'] > 0 ? EXIT.UNANSWERED : EXIT.OK;
}

export function asJson(verification: Verification): string {
  return `${JSON.stringify({ ...verification, summary: countsOf(verification) }, undefined, 2)}\n`;
}

export function asText(verification: Verification, paint: Paint): string {
  const { name, region, account, status } = verification.stack;
  const counts = countsOf(verification);
  return [
    paint('bold', printable(`${name} in ${region} of account ${account}: ${status}`)),
    ...verification.clusters.flatMap(each => ['', ...clusterLines(each, paint)]),
    '',
    STATES.map(state => `${counts[state]} ${state}`).join(', '),
    '',
  ].join('\n');
}

function groupText({ name, title, hazelcast, membershipScheme, instances }: VerifiedGroup): string {
  const machines = `${name} ${instances.length} x ${title}`;
  if (membershipScheme === undefined) return machines;
  return `${machines} (${hazelcast === undefined ? 'unknown Hazelcast' : `Hazelcast ${hazelcast}`})`;
}

function countsOf({ clusters }: Verification): Record<State, number> {
  const states = clusters.flatMap(each => each.findings).map(each => each.state);
  return Object.fromEntries(STATES.map(state => [state, states.filter(each => each === state).length])) as Record<State, number>;
}

function clusterLines({ name, groups, findings }: VerifiedCluster, paint: Paint): string[] {
  const width = (of: (each: CheckedFinding) => string): number => Math.max(...findings.map(each => of(each).length));
  const [check, what, state] = [width(each => each.check), width(each => printable(each.what)), width(each => each.state)];
  return [
    paint('bold', printable(`${name}: ${groups.map(groupText).join('; ')}`)),
    ...findings.map(each => [
      each.check.padEnd(check), printable(each.what).padEnd(what), paint(STYLES[each.state], each.state.padEnd(state)), printable(each.detail),
    ].join('  ')),
  ];
}
