/** What a rehearsal shows of authorization: how the calls were judged, who was denied what, and what was granted and not used. */
import { AuthorizationProblem, Grant, Ledger, PrincipalCalls } from './ledger';
import { SecondOpinion, secondOpinion } from './second-opinion';

export interface Authorization {
  readonly principals: readonly PrincipalCalls[];
  readonly denied: readonly AuthorizationProblem[];
  readonly unjudged: readonly AuthorizationProblem[];
  /** Statements with permissions that no call used. */
  readonly unused: readonly Grant[];
  /** What another evaluator says of the same checks, where it is installed. */
  readonly secondOpinion?: SecondOpinion;
  /** A sentence for each call that was denied or not judged, and for each check that the evaluators do not agree on. */
  readonly problems: readonly string[];
}

/** The account of the emulator. */
const ACCOUNT = '123456789012';

export async function authorizationOf(ledger: Ledger): Promise<Authorization> {
  const denied = ledger.problems.filter(each => each.outcome === 'denied');
  const unjudged = ledger.problems.filter(each => each.outcome === 'unjudged');
  const second = await secondOpinion(ledger, ACCOUNT);
  return {
    principals: ledger.principals,
    denied, unjudged,
    unused: ledger.granted.filter(each => each.unused.length + each.unusedResources.length > 0),
    ...second ? { secondOpinion: second } : {},
    problems: [
      ...denied.map(each => `${each.principal} was denied ${each.what}${times(each)}, ${each.reason}`),
      ...unjudged.map(each => `nobody can say whether AWS allows ${each.principal} ${each.what}${times(each)}: ${each.reason}`),
      ...second?.differences ?? [],
    ],
  };
}

function times({ times: number }: AuthorizationProblem): string {
  return number === 1 ? '' : ` ${number} times`;
}

type Table = (head: readonly string[], rows: readonly (readonly string[])[]) => string[];

export function authorizationText(authorization: Authorization, table: Table): string[] {
  const count = (value: number): string => (value === 0 ? '' : String(value));
  return [
    '', 'Authorization by the deployed policies',
    ...table(['principal', 'allowed', 'denied', 'not judged', 'counted only'],
      authorization.principals.map(each => [each.principal, count(each.allowed), count(each.denied), count(each.unjudged), count(each.operator)])),
    `  ${opinionText(authorization.secondOpinion)}`,
    '', 'Granted and not used in this run',
    ...table(['principal', 'policy', 'actions', 'resources'], authorization.unused.map(grantRow)),
  ];
}

function opinionText(opinion: SecondOpinion | undefined): string {
  if (!opinion) return 'No second opinion: @cloud-copilot/iam-simulate is not installed.';
  return `iam-simulate agrees on ${opinion.asked - opinion.differences.length} of ${opinion.asked} distinct checks.`;
}

/** A policy of AWS has so many actions that their number must do. */
function grantRow({ principal, policy, byAws, statement, unused, used, resources, unusedResources }: Grant): string[] {
  const actions = byAws ? `${unused.length} of ${unused.length + used.length} actions` : (unused.length > 0 ? unused : used).join(', ');
  return [principal, `${policy} ${statement}`, actions, (unused.length > 0 ? resources : unusedResources).map(shortArn).join(', ')];
}

/** Without partition, region and account, which are all the same. */
function shortArn(arn: string): string {
  return arn.replace(/^arn:[\w-]+:([\w-]+):[^:]*:[^:]*:/, '$1 ');
}
