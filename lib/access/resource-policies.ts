import { Annotations, IResource, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { Construct, IConstruct } from 'constructs';

export const IMPORTED_KEY = 'cdk-wso2-cluster:importedKey';
export const IMPORTED_RESOURCE = 'cdk-wso2-cluster:importedResource';

/** A resource whose policy the cluster depends on. */
export interface PolicyOwner {
  readonly kind: 'key' | 'secret' | 'bucket' | 'topic';
  readonly arn: string;
  readonly resource: IResource & { addToResourcePolicy(statement: iam.PolicyStatement): iam.AddToResourcePolicyResult };
}

interface Statement { readonly Sid?: string; readonly Action: string | readonly string[] }

interface Missing {
  readonly kind: PolicyOwner['kind'];
  readonly arn: string;
  /** The statements in the order in which they were asked for, by their ids or, without one, by their text. */
  readonly statements: Map<string, Statement>;
}

const collections = new WeakMap<IConstruct, Map<string, Missing>>();

/**
 * Collects, for everything below a construct, the statements that cannot be added to policies of imported resources.
 *
 * @returns what ends it: it adds one warning for each such resource
 */
export function collectMissingStatements(scope: Construct): () => void {
  const missing = new Map<string, Missing>();
  collections.set(scope, missing);
  return () => {
    collections.delete(scope);
    missing.forEach(each => warn(scope, each));
  };
}

/** Adds statements to the policy of a resource. Where the CDK cannot change that policy, a warning tells them to the owner of the resource. */
export function allowInPolicy(scope: Construct, owner: PolicyOwner, ...statements: readonly iam.PolicyStatement[]): void {
  const missing = statements.filter(each => !owner.resource.addToResourcePolicy(each).statementAdded);
  if (missing.length === 0) return;
  const collection = [...scope.node.scopes].reverse().map(each => collections.get(each)).find(each => each !== undefined);
  const arn = String(readable(Stack.of(scope).resolve(owner.arn), pseudoParameters(scope, owner)));
  const known = collection?.get(arn) ?? { kind: owner.kind, arn, statements: new Map() };
  missing.forEach(each => add(known, readable(Stack.of(scope).resolve(each.toStatementJson()), pseudoParameters(scope, owner)) as Statement));
  if (collection) collection.set(arn, known);
  else warn(scope, known);
}

/** Accounts that are both known, and differ. A role of one account needs the policy of the resource in the other one. */
export function isOfOtherAccount(scope: Construct, resource: IResource): boolean {
  const [own, other] = [Stack.of(scope).account, resource.env.account];
  return !Token.isUnresolved(own) && !Token.isUnresolved(other) && own !== other;
}

/** Statements with one id differ in their actions only: those that somebody reads with, and those that somebody writes with. */
function add({ statements }: Missing, statement: Statement): void {
  const id = statement.Sid ?? JSON.stringify(statement);
  const known = statements.get(id);
  const actions = known === undefined ? [] : [known.Action].flat();
  const further = [statement.Action].flat().filter(each => !actions.some(action => covers(action, each)));
  statements.set(id, { ...statement, Action: [...actions, ...further] });
}

function covers(action: string, other: string): boolean {
  return action === other || (action.endsWith('*') && other.startsWith(action.slice(0, -1)));
}

function warn(scope: Construct, { kind, arn, statements }: Missing): void {
  const id = kind === 'key' ? IMPORTED_KEY : IMPORTED_RESOURCE;
  Annotations.of(scope).addWarningV2(id, `the policy of ${kind} ${arn} cannot be changed from this app. Unless it allows this already, its owner `
    + `must add these statements:\n${JSON.stringify([...statements.values()], null, 2)}`);
}

/** A key is in the account and the region of what it encrypts, so its ARN tells them where the stack does not. */
function pseudoParameters(scope: Construct, { kind, arn }: PolicyOwner): ReadonlyMap<string, string> {
  const { account, region } = Stack.of(scope);
  const [, partition, , keyRegion, keyAccount] = kind === 'key' && !Token.isUnresolved(arn) ? arn.split(':') : [];
  const knownRegion = Token.isUnresolved(region) ? keyRegion : region;
  const known: [string, string | undefined][] = [
    ['AWS::AccountId', Token.isUnresolved(account) ? keyAccount : account],
    ['AWS::Region', knownRegion],
    ['AWS::Partition', partition ?? (knownRegion === undefined ? undefined : RegionInfo.get(knownRegion).partition)],
  ];
  return new Map(known.filter((each): each is [string, string] => each[1] !== undefined));
}

/** JSON without intrinsic functions; what only CloudFormation knows stands there by its name, `<AWS::AccountId>`. */
function readable(value: unknown, known: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map(each => readable(each, known));
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value);
  const [name, argument] = entries[0] ?? [];
  if (entries.length === 1 && name === 'Ref') return known.get(argument) ?? `<${argument}>`;
  if (entries.length === 1 && name === 'Fn::GetAtt') return `<${argument.join('.')}>`;
  if (entries.length === 1 && name === 'Fn::Join') return argument[1].map((each: unknown) => readable(each, known)).join(argument[0]);
  return Object.fromEntries(entries.map(([key, each]) => [String(readable(key, known)), readable(each, known)]));
}
