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

/**
 * It expects the name within a family of condition keys after a slash, and so leaves out the keys of an encryption context, where it is after a
 * colon. Under the name of a family that it knows they are compared like all others.
 */
function renamed<T>(value: T): T {
  return JSON.parse(JSON.stringify(value).replace(/kms:EncryptionContext:/gi, 'aws:PrincipalTag/EncryptionContext.')) as T;
}

/** 'Allowed', 'Denied', or what it finds wrong with the question. */
export async function opinionOf(other: Evaluator, check: Check, documents: Ledger['documents'], account: string): Promise<string> {
  const document = ({ name, document: id }: NamedDocument): { name: string; policy: object } => ({ name, policy: renamed(documents[id]) });
  const simulation: Simulation = {
    request: {
      principal: check.session ?? check.arn ?? check.service ?? other.anonymousPrincipal,
      action: check.action,
      resource: { resource: check.resource, accountId: account },
      contextVariables: renamed(check.context) as Record<string, string | string[]>,
    },
    identityPolicies: check.identity.map(document),
    ...check.boundary.length > 0 ? { permissionBoundaryPolicies: check.boundary.map(document) } : {},
    ...check.resourcePolicy ? { resourcePolicy: renamed(documents[check.resourcePolicy.document]) } : {},
    serviceControlPolicies: [],
    resourceControlPolicies: [],
  };
  const result = await other.runSimulation(simulation, {});
  if (result.resultType === 'error') return `an error: ${JSON.stringify(result.errors)}`;
  return result.overallResult === 'Allowed' ? 'Allowed' : 'Denied';
}
