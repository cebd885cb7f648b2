/**
 * Templates as data, and the texts in them. What only CloudFormation knows stays in a text as `<Stack/LogicalId.Attribute>`, the
 * same wherever it is referred to: two texts are equal only if CloudFormation would make them so.
 */

/** As many shapes as there are types of resources. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Properties = Readonly<Record<string, any>>;

export interface Resource {
  readonly Type: string;
  readonly Properties?: Properties;
}

export interface Template {
  readonly Resources?: Readonly<Record<string, Resource>>;
  readonly Parameters?: Readonly<Record<string, { readonly Default?: unknown }>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown; readonly Export?: { readonly Name: unknown } }>>;
}

export interface StackTemplate {
  readonly name: string;
  /** Absent where only CloudFormation knows it. */
  readonly account?: string;
  /** Absent where only CloudFormation knows it. */
  readonly region?: string;
  readonly template: Template;
  /** The stack that a nested one is in, and what it gives to its parameters. */
  readonly parent?: { readonly stack: StackTemplate; readonly parameters: Readonly<Record<string, unknown>> };
}

/** A resource and where it is. */
export interface Located {
  readonly stack: StackTemplate;
  readonly logicalId: string;
  readonly properties: Properties;
}

/** Far deeper than any template nests its intrinsic functions: a reference that leads to itself ends here. */
const DEEPEST = 50;

export class TemplateSet {
  public constructor(public readonly stacks: readonly StackTemplate[]) {}

  /** All resources of a type. */
  public resources(type: string): Located[] {
    return this.stacks.flatMap(stack => Object.entries(stack.template.Resources ?? {})
      .filter(([, resource]) => resource.Type === type)
      .map(([logicalId, { Properties: properties = {} }]) => ({ stack, logicalId, properties })));
  }

  /** The resource of a type that a value refers to, by whichever of its attributes. */
  public referred(type: string, stack: StackTemplate, value: unknown): Located | undefined {
    const text = this.text(stack, value);
    return this.resources(type).find(each => refersTo(text, each));
  }

  /** The text that a value becomes. */
  public text(stack: StackTemplate, value: unknown, depth = 0): string {
    if (value === null || value === undefined) return '';
    if (typeof value !== 'object') return String(value);
    const entries = Object.entries(value);
    if (Array.isArray(value) || entries.length !== 1 || depth > DEEPEST) return unknown(value);
    const [[name, argument]] = entries;
    const text = (each: unknown): string => this.text(stack, each, depth + 1);
    switch (name) {
      case 'Ref': return this.reference(stack, String(argument), depth);
      case 'Fn::GetAtt': return this.attribute(stack, Array.isArray(argument) ? argument.map(text) : text(argument).split('.'), depth);
      case 'Fn::Base64': return text(argument);
      case 'Fn::Join': return (argument as [string, unknown[]])[1].map(text).join((argument as [string])[0]);
      case 'Fn::Sub': return this.substituted(stack, argument, depth);
      case 'Fn::ImportValue': return this.imported(text(argument), depth);
      default: return unknown(value);
    }
  }

  /** Account and region are the same, as far as anybody can tell before a deployment. */
  public share(one: StackTemplate, other: StackTemplate): boolean {
    return sameOrUnknown(one.account, other.account) && sameOrUnknown(one.region, other.region);
  }

  private reference(stack: StackTemplate, name: string, depth: number): string {
    if (name.startsWith('AWS::')) return pseudoParameter(stack, name);
    const given = stack.parent?.parameters[name];
    if (stack.parent && given !== undefined) return this.text(stack.parent.stack, given, depth + 1);
    const parameter = stack.template.Parameters?.[name];
    if (parameter?.Default !== undefined) return this.text(stack, parameter.Default, depth + 1);
    return `<${stack.name}/${name}>`;
  }

  private attribute(stack: StackTemplate, [logicalId, ...names]: readonly string[], depth: number): string {
    const nested = names[0] === 'Outputs' ? this.stacks.find(each => each.name === `${stack.name}/${logicalId}`) : undefined;
    const output = nested?.template.Outputs?.[names[1]];
    if (nested && output) return this.text(nested, output.Value, depth + 1);
    return `<${stack.name}/${[logicalId, ...names].join('.')}>`;
  }

  private substituted(stack: StackTemplate, argument: unknown, depth: number): string {
    const [text, variables] = Array.isArray(argument) ? argument as [string, Record<string, unknown>] : [String(argument), {}];
    return text.replace(/\$\{(!?)([^}]*)\}/g, (_, literal: string, name: string) => {
      if (literal !== '') return `\${${name}}`;
      if (Object.hasOwn(variables, name)) return this.text(stack, variables[name], depth + 1);
      return name.includes('.') ? this.attribute(stack, name.split('.'), depth) : this.reference(stack, name, depth);
    });
  }

  private imported(name: string, depth: number): string {
    for (const stack of this.stacks) {
      const output = Object.values(stack.template.Outputs ?? {}).find(each => each.Export && this.text(stack, each.Export.Name, depth + 1) === name);
      if (output) return this.text(stack, output.Value, depth + 1);
    }
    return `<import ${name}>`;
  }
}

/** A text is, or holds, a reference to the resource. */
export function refersTo(text: string, { stack, logicalId }: Located): boolean {
  const name = `<${stack.name}/${logicalId}`;
  return text.includes(`${name}>`) || text.includes(`${name}.`);
}

/** The tags of a resource or of a tag specification, value by key. */
export function tagsOf(templates: TemplateSet, stack: StackTemplate, tags: unknown): Map<string, string> {
  const pairs = Array.isArray(tags) ? tags as { Key: unknown; Value: unknown }[] : [];
  return new Map(pairs.map(each => [templates.text(stack, each.Key), templates.text(stack, each.Value)]));
}

/** One value or several, as CloudFormation and IAM both take them. */
export function listOf(value: unknown): unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

function pseudoParameter(stack: StackTemplate, name: string): string {
  switch (name) {
    case 'AWS::Region': return stack.region ?? '<AWS::Region>';
    case 'AWS::AccountId': return stack.account ?? '<AWS::AccountId>';
    case 'AWS::StackName': return stack.parent ? `<${stack.name}/AWS::StackName>` : stack.name;
    case 'AWS::StackId': return `<${stack.name}/AWS::StackId>`;
    case 'AWS::NoValue': return '';
    default: return `<${name}>`;
  }
}

/** Without quotes and backslashes, because the text may stand in JSON. */
function unknown(value: unknown): string {
  return `<${JSON.stringify(value).replace(/["\\]/g, "'")}>`;
}

function sameOrUnknown(one: string | undefined, other: string | undefined): boolean {
  return one === undefined || other === undefined || one === other;
}
