import { carriedTexts, valuesOf } from '../../../lib/boot/carried-texts';
import type { NodeDocument } from '../../../lib/boot/node-document';
import { ConfigurationPlan } from '../../../lib/configuration/plan';
import { joinedText, TextPart } from './intrinsics';

/** One of the values that travel beside the plan. */
export interface LateBoundValue {
  readonly name: string;
  readonly text: string;
  /** What of the text CloudFormation fills in, and nobody has set. */
  readonly open: readonly string[];
}

/** What user data carries for a node. */
export interface NodeUserData {
  readonly values: readonly LateBoundValue[];
  readonly plan: ConfigurationPlan;
  /** Product, version and profile. */
  readonly title: string;
  /** All that the node is told; what it lacks nobody promised. */
  readonly document: NodeDocument;
}

/** Whose user data it is: a Carbon server's, that of a load balancer of NGINX, or none of this library's. */
export function machineKind(parts: readonly TextPart[]): 'node' | 'nginx' | undefined {
  const texts = carriedTexts(joinedText(parts, placeholder));
  if (texts === undefined) return undefined;
  const document = JSON.parse(texts.document);
  if ('configuration' in document) return 'node';
  return document.kind === 'nginx' ? 'nginx' : undefined;
}

/** The names that a reader may set: those of the values, and those of what CloudFormation fills in. */
export function settableNames(parts: readonly TextPart[]): string[] {
  const names = readUserData(parts, new Map()).values.map(value => value.name);
  const lateBound = parts.flatMap(part => ('lateBound' in part ? [part.lateBound] : []));
  return [...new Set([...names, ...lateBound])];
}

/**
 * Values and plan. `settings` says what values are, by their name or by that of what CloudFormation fills in; the rest
 * becomes `<placeholders>`.
 */
export function readUserData(parts: readonly TextPart[], settings: ReadonlyMap<string, string>): NodeUserData {
  const texts = carriedTexts(joinedText(parts, name => settings.get(name) ?? placeholder(name)))!;
  const document: NodeDocument = JSON.parse(texts.document);
  const open = openNames(parts, settings);
  return {
    values: [...valuesOf(texts)].map(([name, text]) => lateBoundValue(name, text, open, settings)),
    plan: document.configuration,
    title: String(document.product?.title ?? ''),
    document,
  };
}

function lateBoundValue(name: string, text: string, open: readonly string[], settings: ReadonlyMap<string, string>): LateBoundValue {
  const set = settings.get(name);
  if (set !== undefined) return { name, text: set, open: [] };
  return { name, text, open: open.filter(each => text.includes(placeholder(each))) };
}

function openNames(parts: readonly TextPart[], settings: ReadonlyMap<string, string>): string[] {
  const names = parts.flatMap(part => ('lateBound' in part ? [part.lateBound] : []));
  return [...new Set(names)].filter(name => !settings.has(name));
}

function placeholder(name: string): string {
  return `<${name}>`;
}
