/**
 * What an evaluator that is not ours says of the same checks: @cloud-copilot/iam-simulate, which also knows from AWS's Service Authorization
 * Reference which actions there are, which resources an action takes and which condition keys a request can have.
 *
 * Its licence is the AGPL. It is a development dependency of this repository and no part of the package: where it is not installed, there
 * is no second opinion, and the report says so.
 */
import { createRequire } from 'node:module';
import type { Simulation } from '@cloud-copilot/iam-simulate';
import { Check, Ledger, NamedDocument } from './ledger';

/** A name that no bundler follows. */
const EVALUATOR = '@cloud-copilot/iam-simulate';
type Evaluator = typeof import('@cloud-copilot/iam-simulate');

export interface SecondOpinion {
  /** The checks that both evaluators looked at. */
  readonly asked: number;
  /** A sentence for each check that the two do not agree on. */
  readonly differences: readonly string[];
}

export function evaluator(): Evaluator | undefined {
  try {
    return createRequire(__filename)(EVALUATOR) as Evaluator;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** `undefined` where the other evaluator is not installed. */
export async function secondOpinion(ledger: Ledger, account: string): Promise<SecondOpinion | undefined> {
  const other = evaluator();
  if (!other) return undefined;
  const differences: string[] = [];
  for (const check of ledger.checks) {
    const said = await opinionOf(other, check, ledger.documents, account);
    if (said !== (check.allowed ? 'Allowed' : 'Denied')) {
      differences.push(`${check.action} on ${check.resource} by ${check.principal} was ${check.allowed ? 'allowed' : 'denied'}; iam-simulate says ${said}`);
    }
  }
  return { asked: ledger.checks.length, differences };
}

/** 'Allowed', 'Denied', or what it finds wrong with the question. */
export async function opinionOf(other: Evaluator, check: Check, documents: Ledger['documents'], account: string): Promise<string> {
  const document = ({ name, document: id }: NamedDocument): { name: string; policy: object } => ({ name, policy: documents[id] });
  const simulation: Simulation = {
    request: {
      principal: check.session ?? check.arn ?? check.service ?? other.anonymousPrincipal,
      action: check.action,
      resource: { resource: check.resource, accountId: account },
      contextVariables: check.context as Record<string, string | string[]>,
    },
    identityPolicies: check.identity.map(document),
    ...check.boundary.length > 0 ? { permissionBoundaryPolicies: check.boundary.map(document) } : {},
    ...check.resourcePolicy ? { resourcePolicy: documents[check.resourcePolicy.document] } : {},
    serviceControlPolicies: [],
    resourceControlPolicies: [],
  };
  const result = await other.runSimulation(simulation, {});
  if (result.resultType === 'error') return `an error: ${JSON.stringify(result.errors)}`;
  return result.overallResult === 'Allowed' ? 'Allowed' : 'Denied';
}
