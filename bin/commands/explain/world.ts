import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UsageFailure } from '../../command';
import { AssemblyTemplate, templatesOf } from '../render/assembly';
import { joinedText, textParts } from '../render/intrinsics';
import { labels, NestedStack, nestingOf } from './nesting';
import { at, entriesOf, intrinsic, listOf } from './values';

/** A resource of one of the templates. */
export interface Resource {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: unknown;
  /** How CloudFormation changes it. */
  readonly updatePolicy?: unknown;
  /** Path of its construct where the assembly tells it, otherwise its readable logical id. */
  readonly label: string;
  /** Names it on the page, unique among all resources. */
  readonly anchor: string;
  readonly template: Template;
}

export interface Template extends AssemblyTemplate {
  /** The name that CDK shows. */
  readonly title: string;
  readonly resources: readonly Resource[];
  /** The stack resource that this nested stack comes from. */
  parent?: Resource;
}

/** A file asset that the assembly carries. */
export interface Asset { readonly hash: string; readonly files: readonly { readonly name: string; readonly does?: string }[] }

/** What a value stands for: a resource, or an attribute of it. */
export interface Target { readonly resource: Resource; readonly attribute?: string }

/** The templates of a cloud assembly as one: references are followed across stacks and into nested ones. */
export class World {
  public readonly templates: readonly Template[];
  public readonly resources: readonly Resource[];
  private readonly exports = new Map<unknown, { readonly template: Template; readonly value: unknown }>();
  private readonly nested = new Map<Resource, Template>();

  public constructor(private readonly assembly: string, stack: string | undefined) {
    const sources = templatesOf(assembly);
    const nesting = nestingOf(assembly, sources);
    const chosen = chosenOf(sources, nesting, stack);
    const anchors = new Set<string>();
    const all = sources.map(each => readTemplate(each, labels(each, nesting, chosen.length > 1 || each !== chosen[0]), anchors));
    for (const template of all) this.register(template, all, nesting.get(template.file));
    this.templates = all.filter((_, index) => chosen.includes(sources[index]));
    this.resources = this.templates.flatMap(template => template.resources);
  }

  public ofType(...types: readonly string[]): Resource[] {
    return this.resources.filter(each => types.includes(each.type));
  }

  /** The resource that a value of a template stands for; nothing for what is outside the assembly. */
  public target(template: Template, value: unknown): Target | undefined {
    const [name, argument] = intrinsic(value) ?? [];
    if (name === 'Ref') return this.reference(template, String(argument));
    if (name === 'Fn::GetAtt') return this.attribute(template, argument);
    if (name !== 'Fn::ImportValue') return undefined;
    const exported = this.exports.get(argument);
    return exported && this.target(exported.template, exported.value);
  }

  /** Every resource of a list of values, without what is outside the assembly. */
  public targets(template: Template, values: unknown): Resource[] {
    return listOf(values).flatMap(value => this.target(template, value)?.resource ?? []);
  }

  /** The text of a value, what CloudFormation fills in as `<its name>`. */
  public text(template: Template, value: unknown): string {
    if (value === undefined) return '';
    return joinedText(textParts(value, template.nameOf), name => `<${name}>`);
  }

  /** The resource that a text such as `<DatabaseSecret>` stands for, as user data of the template has it. */
  public named(template: Template, text: string): Resource | undefined {
    const name = /^<(.+)>$/.exec(text)?.[1];
    if (name === undefined) return undefined;
    const imported = /^ImportValue (.+)$/.exec(name)?.[1];
    if (imported !== undefined) return this.target(template, { 'Fn::ImportValue': imported })?.resource;
    const { Resources, Parameters } = template.body;
    const id = [...Object.keys(Resources ?? {}), ...Object.keys(Parameters ?? {})].find(each => template.nameOf(each) === name);
    return id === undefined ? undefined : this.target(template, { Ref: id })?.resource;
  }

  /** A value for a reader: a resource by its label. */
  public name(template: Template, value: unknown): string {
    const found = this.target(template, value);
    if (!found) return this.text(template, value);
    const isItself = found.attribute === undefined || ['Arn', 'GroupId'].includes(found.attribute);
    return isItself ? found.resource.label : `${found.resource.label} (${found.attribute})`;
  }

  /** The asset whose hash a text has in it. */
  public assetIn(template: Template, text: string): Asset | undefined {
    const folder = join(this.assembly, dirname(template.file));
    const hash = /[0-9a-f]{64}/.exec(text)?.[0];
    const path = hash && join(folder, `asset.${hash}`);
    return path && existsSync(path) && statSync(path).isDirectory() ? { hash, files: filesIn(path) } : undefined;
  }

  private register(template: Template, all: readonly Template[], nested: NestedStack | undefined): void {
    for (const [, output] of entriesOf(template.body.Outputs)) {
      const name = at(output, 'Export', 'Name');
      if (name !== undefined) this.exports.set(name, { template, value: at(output, 'Value') });
    }
    if (!nested) return;
    const parent = all.find(each => each.file === nested.parent.file)!;
    template.parent = parent.resources.find(each => each.logicalId === nested.logicalId);
    this.nested.set(template.parent!, template);
  }

  private reference(template: Template, id: string): Target | undefined {
    const resource = template.resources.find(each => each.logicalId === id);
    if (resource) return { resource };
    if (!template.parent) return undefined;
    return this.target(template.parent.template, at(template.parent.properties, 'Parameters', id));
  }

  private attribute(template: Template, argument: unknown): Target | undefined {
    const [id, ...names] = Array.isArray(argument) ? argument.map(String) : String(argument).split('.');
    const resource = template.resources.find(each => each.logicalId === id);
    if (!resource) return undefined;
    const [attribute, child] = [names.join('.'), this.nested.get(resource)];
    if (!child || !attribute.startsWith('Outputs.')) return { resource, attribute };
    return this.target(child, at(child.body.Outputs, attribute.slice('Outputs.'.length), 'Value'));
  }
}

/** The templates of one stack: its own, and those nested in it. */
function chosenOf(all: readonly AssemblyTemplate[], nesting: ReadonlyMap<string, NestedStack>, stack: string | undefined): AssemblyTemplate[] {
  if (stack === undefined) return [...all];
  const isOf = ({ file, stacks }: AssemblyTemplate): boolean => {
    const nested = nesting.get(file);
    return stacks.includes(stack) || (nested !== undefined && isOf(nested.parent));
  };
  const chosen = all.filter(isOf);
  if (chosen.length > 0) return chosen;
  throw new UsageFailure(`there is no stack ${stack}: name one of ${all.filter(each => !nesting.has(each.file)).map(titleOf).join(', ')}`);
}

/** The name that CDK shows. */
function titleOf({ stacks }: AssemblyTemplate): string {
  return stacks[1] ?? stacks[0];
}

function readTemplate(source: AssemblyTemplate, labelOf: (logicalId: string) => string, anchors: Set<string>): Template {
  const resources: Resource[] = [];
  const template: Template = { ...source, title: titleOf(source), resources };
  for (const [logicalId, resource] of Object.entries(source.body.Resources ?? {})) {
    resources.push({
      logicalId,
      type: String(resource?.Type ?? 'no type'),
      properties: resource?.Properties,
      updatePolicy: resource?.UpdatePolicy,
      label: labelOf(logicalId),
      anchor: newAnchor(logicalId, anchors),
      template,
    });
  }
  return template;
}

function newAnchor(logicalId: string, taken: Set<string>): string {
  const plain = `r-${logicalId.replace(/[^A-Za-z0-9]/g, '')}`;
  const candidates = [plain, ...Array.from({ length: taken.size + 1 }, (_, index) => `${plain}-${index + 2}`)];
  const anchor = candidates.find(each => !taken.has(each))!;
  taken.add(anchor);
  return anchor;
}

/** A program's own words for what it does: the first line of its header. */
function filesIn(folder: string): Asset['files'] {
  return readdirSync(folder, { withFileTypes: true }).filter(entry => entry.isFile()).map(entry => entry.name).sort().map(name => {
    const does = /^"""(.+)/.exec(readFileSync(join(folder, name), 'utf8'))?.[1].replace(/"""$/, '');
    return { name, ...(does === undefined ? {} : { does }) };
  });
}
