/** What the emulator's judge wrote down, see carbon_emulator/authorization/ledger.py. */
import { Emulator } from '../../emulator/emulator';

/** A document by the name that its holder gave it. */
export interface NamedDocument { readonly name: string; readonly document: string }

/** One thing that IAM was asked, and the policies that answered it. */
export interface Check {
  readonly principal: string;
  /** Of the role or user; none for a service or for nobody. */
  readonly arn: string | null;
  readonly session: string | null;
  readonly service: string | null;
  readonly action: string;
  readonly resource: string;
  readonly context: Readonly<Record<string, string | string[]>>;
  readonly identity: readonly NamedDocument[];
  readonly boundary: readonly NamedDocument[];
  readonly resourcePolicy: NamedDocument | null;
  readonly ofKey: boolean;
  readonly allowed: boolean;
  readonly reason: string;
  readonly calls: number;
}

/** Whole calls of one principal. */
export interface PrincipalCalls {
  readonly principal: string;
  readonly operator: number;
  readonly allowed: number;
  readonly denied: number;
  readonly unjudged: number;
}

export interface AuthorizationProblem {
  readonly principal: string;
  readonly outcome: 'denied' | 'unjudged';
  readonly what: string;
  readonly reason: string;
  readonly times: number;
}

/** One statement of a role's or a user's policies that allows something. */
export interface Grant {
  readonly principal: string;
  readonly policy: string;
  readonly statement: number;
  /** A policy that AWS writes. */
  readonly byAws: boolean;
  readonly resources: readonly string[];
  readonly used: readonly string[];
  readonly unused: readonly string[];
  /** Resources, or patterns of them, for which nothing was asked. */
  readonly unusedResources: readonly string[];
}

export interface Ledger {
  readonly principals: readonly PrincipalCalls[];
  readonly problems: readonly AuthorizationProblem[];
  readonly checks: readonly Check[];
  readonly documents: Readonly<Record<string, object>>;
  readonly granted: readonly Grant[];
}

export async function readLedger(emulator: Emulator): Promise<Ledger> {
  const answer = await fetch(`${emulator.url}/carbon-emulator/authorizations`);
  if (!answer.ok) throw new Error(`the emulator does not tell what it judged: HTTP ${answer.status}`);
  return await answer.json() as Ledger;
}
