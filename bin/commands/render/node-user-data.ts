import type { NodeDocument } from '../../../lib/boot/node-document';
import { ConfigurationPlan } from '../../../lib/configuration/plan';
import { joinedText, TextPart } from './intrinsics';

const VALUES = /<<'CARBON_CLUSTER_VALUES'\n([\s\S]*?)^CARBON_CLUSTER_VALUES$/m;
const NODE = /<<'CARBON_CLUSTER_NODE'\n([\s\S]*?)^CARBON_CLUSTER_NODE$/m;

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

/** The user data is a node's: it carries a node document with a plan, which that of a load balancer has not. */
export function isNodeUserData(parts: readonly TextPart[]): boolean {
  return /"configuration":/.test(NODE.exec(joinedText(parts, placeholder))?.[1] ?? '');
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
  const text = joinedText(parts, name => settings.get(name) ?? placeholder(name));
  const document: NodeDocument = JSON.parse(joinedText(parts, name => jsonText(settings.get(name) ?? placeholder(name))).match(NODE)![1]);
  const lines = (VALUES.exec(text)?.[1] ?? '').split('\n').filter(line => line.includes('='));
  const open = openNames(parts, settings);
  return {
    values: lines.map(line => lateBoundValue(line, open, settings)),
    plan: document.configuration,
    title: String(document.product?.title ?? ''),
    document,
  };
}

function lateBoundValue(line: string, open: readonly string[], settings: ReadonlyMap<string, string>): LateBoundValue {
  const name = line.slice(0, line.indexOf('='));
  const set = settings.get(name);
  if (set !== undefined) return { name, text: set, open: [] };
  const text = line.slice(name.length + 1);
  return { name, text, open: open.filter(each => text.includes(placeholder(each))) };
}

function openNames(parts: readonly TextPart[], settings: ReadonlyMap<string, string>): string[] {
  const names = parts.flatMap(part => ('lateBound' in part ? [part.lateBound] : []));
  return [...new Set(names)].filter(name => !settings.has(name));
}

function placeholder(name: string): string {
  return `<${name}>`;
}

/** A text inside a string of the JSON document. */
function jsonText(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
