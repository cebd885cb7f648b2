/** Policies of templates as IAM sees them: texts of a deployed stack, and a small matcher. */
import { ENV } from '../gateway';

export interface Statement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: string | string[];
  readonly Principal?: Record<string, string | string[]>;
  readonly Condition?: Record<string, Record<string, string | string[]>>;
}

export const list = <T>(value: T | T[] | undefined): T[] => (value === undefined ? [] : Array.isArray(value) ? value : [value]);

/** Pseudo parameters as in a stack of `ENV`; a reference to a resource as `<LogicalId>`. */
export function deployed(value: any): any {
  if (Array.isArray(value)) return value.map(deployed);
  if (value === null || typeof value !== 'object') return value;
  const pseudo: Record<string, string> = { 'AWS::Partition': 'aws', 'AWS::AccountId': ENV.account, 'AWS::Region': ENV.region, 'AWS::URLSuffix': 'amazonaws.com' };
  if ('Ref' in value) return pseudo[value.Ref] ?? `<${value.Ref}>`;
  if ('Fn::GetAtt' in value) return `<${value['Fn::GetAtt'][0]}>`;
  if ('Fn::Join' in value) return deployed(value['Fn::Join'][1]).join(value['Fn::Join'][0]);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, deployed(each)]));
}

type Resources = Record<string, { readonly Type: string; readonly Properties?: any }>;

export function resourcesOf(template: { toJSON(): any }, type: string): [string, any][] {
  return Object.entries(template.toJSON().Resources as Resources).filter(([, each]) => each.Type === type).map(([id, each]) => [id, each.Properties ?? {}]);
}

/** Everything that policies of identities allow, whoever has them. */
export function identityStatements(template: { toJSON(): any }): Statement[] {
  return [...resourcesOf(template, 'AWS::IAM::Policy'), ...resourcesOf(template, 'AWS::IAM::ManagedPolicy')]
    .flatMap(([, each]) => deployed(each.PolicyDocument.Statement) as Statement[]);
}

/** IAM User Guide, "IAM JSON policy elements: Resource": `*` is any text, `?` is any one character. */
export function matches(pattern: string, text: string): boolean {
  const expression = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*').replace(/\?/g, '.');
  return new RegExp(`^${expression}$`, 's').test(text);
}

export interface Request {
  readonly action: string;
  readonly resource: string;
  readonly context?: Readonly<Record<string, string>>;
  /** Kind and name as in a policy, for policies of resources. */
  readonly principal?: readonly [kind: 'AWS' | 'Service', name: string];
}

const OPERATORS: Readonly<Record<string, (pattern: string, value: string) => boolean>> = {
  StringEquals: (pattern, value) => pattern === value,
  ArnEquals: matches,
  ArnLike: matches,
  StringLike: matches,
  Bool: (pattern, value) => pattern === value,
};

/** Whether a statement allows a request: the operators that policies of this library have, and no others. */
export function allows(statement: Statement, { action, resource, context = {}, principal }: Request): boolean {
  return statement.Effect === 'Allow'
    && list(statement.Action).some(each => matches(each.toLowerCase(), action.toLowerCase()))
    && list(statement.Resource).some(each => matches(each, resource))
    && (principal === undefined || list(statement.Principal?.[principal[0]]).some(each => each === '*' || each === principal[1]))
    && Object.entries(statement.Condition ?? {}).every(([operator, keys]) => Object.entries(keys).every(([key, patterns]) => {
      const fits = OPERATORS[operator];
      if (!fits) throw new Error(`the matcher does not know ${operator}`);
      return context[key] !== undefined && list(patterns).some(each => fits(each, context[key]));
    }));
}
