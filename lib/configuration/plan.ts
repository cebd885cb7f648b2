/**
 * The configuration plan as data: what PLAN.md describes, in types. Nothing here knows CDK, files or a clock.
 */

/** A text, or a reference that only the node can resolve. */
export type Value = string | EnvReference | MetadataReference | SecretReference | Joined | XmlEscaped | Word | MemberReference;

export interface EnvReference { readonly env: string }
export interface MetadataReference { readonly metadata: string }
export interface SecretReference { readonly secret: string; readonly field?: string }
export interface Joined { readonly join: readonly Value[] }
export interface XmlEscaped { readonly xml: Value }
export interface Word { readonly word: Value }
export interface MemberReference { readonly member: 'host' | 'port' }

/** A child with a text and nothing else. */
export type TextChild = readonly [name: string, text: Value];

export interface Element {
  readonly each?: 'members';
  readonly name: string;
  readonly attributes?: Readonly<Record<string, Value>>;
  readonly text?: Value;
  readonly children?: readonly Child[];
}

export type Child = TextChild | Element;

export interface EachMember { readonly each: 'members'; readonly value: Value }
export type Scalar = Value | boolean | number;
export type TableValue = Scalar | readonly (Scalar | EachMember)[];

export interface SetEdit {
  readonly set: string;
  readonly text?: Value;
  readonly attributes?: Readonly<Record<string, Value>>;
  readonly existing?: true;
}
export interface ReplaceEdit {
  readonly replace: string;
  /** Other places that get the same. */
  readonly also?: readonly string[];
  readonly children: readonly Child[];
}
export interface RemoveEdit { readonly remove: string }
export interface PropertyEdit { readonly property: string; readonly value: Value }
export interface TableEdit {
  readonly table: string;
  readonly also?: readonly string[];
  readonly array?: number;
  readonly values: Readonly<Record<string, TableValue>>;
}
export interface HostsEntry { readonly address: Value; readonly names: readonly Value[] }
export interface HostsEdit { readonly hosts: readonly HostsEntry[] }
export interface ContentEdit { readonly content: Value }
export type Edit = SetEdit | ReplaceEdit | RemoveEdit | PropertyEdit | TableEdit | HostsEdit | ContentEdit;

export interface FileEdits {
  readonly file: string;
  readonly namespace?: string;
  readonly mode?: string;
  readonly edits: readonly Edit[];
}

export interface StaticMember { readonly host: Value; readonly port: Value }
export type Members = { readonly hosts: readonly StaticMember[] } | { readonly tag: Value; readonly value: Value; readonly port: Value };

export interface ConfigurationPlan {
  readonly members?: Members;
  readonly files: readonly FileEdits[];
}

/** Files without an edit say nothing, so they are left out; edits of one file are brought together in their order. */
export function planOf(members: Members | undefined, files: readonly FileEdits[]): ConfigurationPlan {
  const byName = new Map<string, FileEdits>();
  for (const file of files) {
    if (file.edits.length === 0) continue;
    const known = byName.get(file.file);
    byName.set(file.file, known ? { ...known, ...file, edits: [...known.edits, ...file.edits] } : file);
  }
  return { ...(members ? { members } : {}), files: [...byName.values()] };
}

/** The edit, and the same again for each of the places that it names besides its own. */
export function expanded(edit: Edit): Edit[] {
  if (!('also' in edit) || !edit.also) return [edit];
  const { also, ...single } = edit;
  return [single, ...also.map(place => ('replace' in single ? { ...single, replace: place } : { ...single, table: place }))];
}

/** Every reference of a kind that occurs in a plan or a part of it, in the order of appearance and without repetition. */
export function referencesIn(part: unknown, kind: 'env' | 'metadata' | 'secret'): string[] {
  const found = new Set<string>();
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) { node.forEach(visit); return; }
    if (node === null || typeof node !== 'object') return;
    const name = (node as Record<string, unknown>)[kind];
    if (typeof name === 'string') found.add(name);
    Object.values(node).forEach(visit);
  };
  visit(part);
  return [...found];
}

/** A predicate of a path, `[name='text']`: XPath 1.0 has no escape within a quoted text. */
export function predicate(name: string, text: string): string {
  if (!text.includes("'")) return `[${name}='${text}']`;
  if (!text.includes('"')) return `[${name}="${text}"]`;
  throw new Error(`${name} '${text}' holds both kinds of quotes, use a name with one kind`);
}

/** A child element with a text. */
export function textChild(name: string, text: Value): Child {
  return [name, text];
}
