/**
 * The text of user data in a template: literal parts, and what CloudFormation fills in, of which only the intrinsic
 * function is known before a deployment.
 */

/** A part of a text: literal, or the readable name of what CloudFormation fills in, `Database.Endpoint.Address`. */
export type TextPart = { readonly literal: string } | { readonly lateBound: string };

/** Writes a logical id for a reader. */
export type NameOf = (logicalId: string) => string;

/** CDK appends eight hexadecimal digits to each logical id; where the rest is unique among the ids, a reader needs no more. */
export function readableNames(logicalIds: readonly string[]): NameOf {
  const counts = new Map<string, number>();
  for (const id of logicalIds) counts.set(withoutHash(id), (counts.get(withoutHash(id)) ?? 0) + 1);
  return id => (counts.get(withoutHash(id)) === 1 ? withoutHash(id) : id);
}

function withoutHash(logicalId: string): string {
  return logicalId.replace(/(?<=.)[0-9A-F]{8}$/, '');
}

/** The parts of a value in a template. */
export function textParts(value: unknown, nameOf: NameOf): TextPart[] {
  if (typeof value === 'string') return [{ literal: value }];
  if (typeof value === 'number' || typeof value === 'boolean') return [{ literal: String(value) }];
  const intrinsic = intrinsicOf(value);
  if (!intrinsic) return [{ lateBound: JSON.stringify(value) }];
  const [name, argument] = intrinsic;
  if (name === 'Fn::Base64') return textParts(argument, nameOf);
  if (name === 'Fn::Join' && isJoin(argument)) return joined(argument, nameOf);
  if (name === 'Fn::Sub') return substituted(argument, nameOf) ?? [{ lateBound: JSON.stringify(value) }];
  return [{ lateBound: intrinsicName(name, argument, nameOf) }];
}

function intrinsicOf(value: unknown): [string, unknown] | undefined {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
  const entries = Object.entries(value);
  return entries.length === 1 ? entries[0] : undefined;
}

function isJoin(argument: unknown): argument is [string, unknown[]] {
  return Array.isArray(argument) && typeof argument[0] === 'string' && Array.isArray(argument[1]);
}

function joined([separator, values]: [string, unknown[]], nameOf: NameOf): TextPart[] {
  return values.flatMap((value, index) => [
    ...(index > 0 && separator !== '' ? [{ literal: separator }] : []),
    ...textParts(value, nameOf),
  ]);
}

function substituted(argument: unknown, nameOf: NameOf): TextPart[] | undefined {
  const [text, variables] = Array.isArray(argument) ? argument as [unknown, Record<string, unknown>] : [argument, {}];
  if (typeof text !== 'string') return undefined;
  return text.split(/(\$\{[^}]*\})/).filter(part => part !== '').flatMap((part): TextPart[] => {
    const name = /^\$\{([^}]*)\}$/.exec(part)?.[1];
    if (name === undefined) return [{ literal: part }];
    if (name.startsWith('!')) return [{ literal: `\${${name.slice(1)}}` }];
    if (Object.hasOwn(variables ?? {}, name)) return textParts(variables[name], nameOf);
    return [{ lateBound: attributeName(name.split('.'), nameOf) }];
  });
}

function intrinsicName(name: string, argument: unknown, nameOf: NameOf): string {
  if (name === 'Ref' && typeof argument === 'string') return nameOf(argument);
  if (name === 'Fn::GetAtt' && typeof argument === 'string') return attributeName(argument.split('.'), nameOf);
  if (name === 'Fn::GetAtt' && Array.isArray(argument)) return attributeName(argument.map(String), nameOf);
  const short = name.replace(/^Fn::/, '');
  return `${short} ${typeof argument === 'string' ? argument : JSON.stringify(argument)}`;
}

function attributeName([logicalId, ...attribute]: string[], nameOf: NameOf): string {
  return [nameOf(logicalId), ...attribute].join('.');
}

/** The text, each late-bound part replaced. */
export function joinedText(parts: readonly TextPart[], replace: (lateBound: string) => string): string {
  return parts.map(part => ('literal' in part ? part.literal : replace(part.lateBound))).join('');
}
