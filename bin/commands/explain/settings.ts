import { Child, Edit, expanded, FileEdits, TableValue, Value } from '../../../lib/configuration/plan';
import { LateBoundValue } from '../render/node-user-data';

/** A piece of a value: a text, or what stands for something that only CloudFormation or the node knows. */
export type Part =
  | { readonly text: string }
  | { readonly stands: 'cloudformation' | 'secret' | 'metadata' | 'member'; readonly for: string };

/** One thing that is set in a file. */
export interface Setting {
  /** Which edit of the file sets it, the first is 0: a later one of the same place counts. */
  readonly edit: number;
  /** Where: a path with predicates, a table and its key, a property. */
  readonly place: string;
  /** What an edit does other than setting a value: `is emptied`, `is removed`. */
  readonly does?: string;
  readonly value: readonly Part[];
}

/** Every value that an edit sets, one by one. */
export function settingsOf({ edits }: FileEdits, values: readonly LateBoundValue[]): Setting[] {
  const reader = new Reader(values);
  return edits.flatMap((edit, index) => expanded(edit).flatMap(each => reader.settings(each)).map(setting => ({ edit: index, ...setting })));
}

type OfEdit = Omit<Setting, 'edit'>;

class Reader {
  public constructor(private readonly values: readonly LateBoundValue[]) {}

  public settings(edit: Edit): OfEdit[] {
    if ('set' in edit) return this.elementSettings(edit.set, edit.attributes, edit.text);
    if ('replace' in edit) return this.replaced(edit.replace, edit.children);
    if ('remove' in edit) return [{ place: edit.remove, does: 'is removed', value: [] }];
    if ('property' in edit) return [{ place: edit.property, value: this.parts(edit.value) }];
    if ('table' in edit) return this.table(edit.table + (edit.array === undefined ? '' : `[${edit.array}]`), edit.values);
    if ('hosts' in edit) return edit.hosts.map(({ address, names }) => this.hosts(address, names));
    if ('content' in edit) return [{ place: 'the whole file', value: this.parts(edit.content) }];
    // A newer library may know more kinds of edits than this program.
    return [{ place: JSON.stringify(edit), does: 'is of a kind that this version cannot read', value: [] }];
  }

  private elementSettings(path: string, attributes: Readonly<Record<string, Value>> | undefined, text: Value | undefined): OfEdit[] {
    const given = Object.entries(attributes ?? {}).map(([name, value]) => ({ place: `${path}/@${name}`, value: this.parts(value) }));
    return [...given, ...(text === undefined ? [] : [{ place: path, value: this.parts(text) }])];
  }

  private replaced(path: string, children: readonly Child[]): OfEdit[] {
    if (children.length === 0) return [{ place: path, does: 'is emptied', value: [] }];
    return children.flatMap(child => this.childSettings(path, child));
  }

  private childSettings(path: string, child: Child): OfEdit[] {
    if (isTextChild(child)) return [{ place: `${path}/${child[0]}`, value: this.parts(child[1]) }];
    const own = `${path}/${child.name}`;
    const each = child.each ? { does: 'once for each member' } : {};
    return [
      ...this.elementSettings(own, child.attributes, child.text),
      ...(child.children ?? []).flatMap(inner => this.childSettings(own, inner)),
    ].map(setting => ({ ...each, ...setting }));
  }

  private table(name: string, values: Readonly<Record<string, TableValue>>): OfEdit[] {
    const table = name === '' ? '' : `[${name}] `;
    return Object.entries(values).map(([key, value]) => ({ place: `${table}${key}`, ...this.tableValue(value) }));
  }

  private tableValue(value: TableValue): Omit<OfEdit, 'place'> {
    if (!isList(value)) return { value: this.scalar(value) };
    const does = value.some(isEach) ? { does: 'once for each member' } : {};
    const items = value.map(item => (isEach(item) ? this.parts(item.value) : this.scalar(item)));
    return { ...does, value: items.flatMap((item, index) => (index === 0 ? item : [{ text: ', ' }, ...item])) };
  }

  private scalar(value: Value | boolean | number): Part[] {
    return typeof value === 'boolean' || typeof value === 'number' ? [{ text: String(value) }] : this.parts(value);
  }

  private hosts(address: Value, names: readonly Value[]): OfEdit {
    return { place: 'hosts', value: [address, ...names].flatMap((each, index) => [...(index === 0 ? [] : [{ text: ' ' }]), ...this.parts(each)]) };
  }

  public parts(value: Value): Part[] {
    if (typeof value === 'string') return [{ text: value }];
    if ('env' in value) return this.lateBound(value.env);
    if ('secret' in value) return [{ stands: 'secret', for: this.secret(value.secret, value.field) }];
    if ('metadata' in value) return [{ stands: 'metadata', for: value.metadata }];
    if ('member' in value) return [{ stands: 'member', for: value.member }];
    if ('xml' in value) return this.parts(value.xml);
    if ('word' in value) return this.parts(value.word);
    return value.join.flatMap(each => this.parts(each));
  }

  private lateBound(name: string): Part[] {
    const value = this.values.find(each => each.name === name);
    if (!value) return [{ stands: 'cloudformation', for: name }];
    return splitAt(value.text, value.open);
  }

  private secret(name: string, field: string | undefined): string {
    const value = this.values.find(each => each.name === name);
    return `${value?.open[0] ?? value?.text ?? name}${field === undefined ? '' : `, field ${field}`}`;
  }
}

/** A text, each of the open names in it as what it stands for. */
function splitAt(text: string, open: readonly string[]): Part[] {
  const [name, ...others] = open;
  if (name === undefined) return text === '' ? [] : [{ text }];
  return text.split(`<${name}>`).flatMap((piece, index) => [
    ...(index === 0 ? [] : [{ stands: 'cloudformation' as const, for: name }]),
    ...splitAt(piece, others),
  ]);
}

function isTextChild(child: Child): child is readonly [string, Value] {
  return Array.isArray(child);
}

function isList(value: TableValue): value is Exclude<TableValue, Value | boolean | number> {
  return Array.isArray(value);
}

function isEach(item: object | string | boolean | number): item is { readonly each: 'members'; readonly value: Value } {
  return typeof item === 'object' && 'each' in item;
}

/** The value as one text, for a comparison or a title. */
export function textOf(parts: readonly Part[]): string {
  return parts.map(part => ('text' in part ? part.text : `<${part.stands === 'cloudformation' ? '' : `${part.stands} `}${part.for}>`)).join('');
}

/** The parts of a value that stands alone, outside a file. */
export function partsOf(value: Value, values: readonly LateBoundValue[]): Part[] {
  return new Reader(values).parts(value);
}
