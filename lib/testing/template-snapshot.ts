import { withoutDocument } from '../boot/carried-texts';

/**
 * Makes templates fit for snapshots: names of assets, which change with every byte of a program, become `<hash>`, and user data becomes
 * the script that it is, with `<LogicalId.Attribute>` where CloudFormation fills something in and `<document>` for what it carries packed,
 * which is in the metadata of the launch template line by line. Everything else stays as it is, so a changed setting is one changed line.
 *
 * It is a serializer of Jest: `expect.addSnapshotSerializer(new testing.TemplateSnapshot())`. `expect(template)` may then be the JSON
 * of a template, or an `assertions.Template`.
 */
export class TemplateSnapshot {
  private readonly readable = new WeakSet<object>();

  /** Jest's question whether a value is for this serializer: a template is, each once. */
  public test(value: unknown): boolean {
    return isObject(value) && !this.readable.has(value) && (isTemplate(value) || isAssertionsTemplate(value));
  }

  /** Jest's call, with its own printer as the last argument. */
  public serialize(value: unknown, config?: unknown, indentation?: unknown, depth?: unknown, refs?: unknown, printer?: unknown): string {
    const template = this.readableTemplate(value);
    if (printer === undefined) return JSON.stringify(template, undefined, 2);
    this.readable.add(template as object);
    return (printer as (...values: unknown[]) => string)(template, config, indentation, depth, refs);
  }

  /** The template with hashes masked and user data as text, for other test frameworks. */
  public readableTemplate(template: unknown): unknown {
    return readable(isObject(template) && isAssertionsTemplate(template) ? template.toJSON() : template);
  }
}

const HASH = /[0-9a-f]{64}/g;

function isObject(value: unknown): value is object {
  return value !== null && typeof value === 'object';
}

function isTemplate(value: object): boolean {
  if (!('Resources' in value) || !isObject(value.Resources)) return false;
  return Object.values(value.Resources).every(each => isObject(each) && 'Type' in each);
}

/** By what it can do: another copy of aws-cdk-lib has another class. */
function isAssertionsTemplate(value: object): value is { toJSON(): object } {
  return 'toJSON' in value && 'hasResourceProperties' in value && typeof value.toJSON === 'function';
}

function readable(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(HASH, '<hash>');
  if (Array.isArray(value)) return value.map(readable);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [
    key.replace(HASH, '<hash>'),
    key === 'Fn::Base64' ? readable(scriptOf(each)) : readable(each),
  ]));
}

/** A value whose pieces are not all known kinds stays as it is. */
function scriptOf(value: unknown): unknown {
  if (typeof value === 'string') return withoutDocument(value);
  const join = isObject(value) && 'Fn::Join' in value ? value['Fn::Join'] : undefined;
  if (!Array.isArray(join) || !Array.isArray(join[1])) return value;
  const pieces = join[1].map(pieceOf);
  return pieces.every(each => each !== undefined) ? withoutDocument(pieces.join(String(join[0]))) : value;
}

function pieceOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (!isObject(value)) return undefined;
  if ('Ref' in value) return `<${value.Ref}>`;
  if ('Fn::GetAtt' in value) return `<${[value['Fn::GetAtt']].flat().join('.')}>`;
  return `<${JSON.stringify(value)}>`;
}
