import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UsageFailure } from '../../command';
import { AssemblyTemplate, templatesOf } from '../render/assembly';
import { joinedText, textParts } from '../render/intrinsics';
import { at, entriesOf, intrinsic, listOf } from './values';

/** A resource of one of the templates. */
export interface Resource {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: unknown;
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
    const anchors = new Set<string>();
    const read = templatesOf(assembly);
    const all = read.map(each => readTemplate(each, anchors, read.length > 1));
    for (const template of all) this.register(template, all);
    this.templates = this.selected(all, stack);
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

  private register(template: Template, all: readonly Template[]): void {
    for (const [, output] of entriesOf(template.body.Outputs)) {
      const name = at(output, 'Export', 'Name');
      if (name !== undefined) this.exports.set(name, { template, value: at(output, 'Value') });
    }
    for (const resource of template.resources.filter(each => each.type === 'AWS::CloudFormation::Stack')) {
      const child = all.find(each => each.file === this.nestedFile(resource));
      if (!child) continue;
      child.parent = resource;
      this.nested.set(resource, child);
    }
  }

  /** A nested stack's template is an asset, which the assembly names by its hash. */
  private nestedFile({ template, properties }: Resource): string | undefined {
    const folder = dirname(template.file);
    const manifest = join(this.assembly, folder, `${basename(template.file, '.template.json').replace(/\.nested$/, '')}.assets.json`);
    const url = this.text(template, at(properties, 'TemplateURL'));
    // A stack inside a nested one is in the manifest of the outermost.
    const manifests = existsSync(manifest) ? [manifest] : manifestsIn(join(this.assembly, folder));
    const files = manifests.flatMap(each => entriesOf(at(JSON.parse(readFileSync(each, 'utf8')), 'files')));
    const file = files.find(([hash]) => url.includes(hash))?.[1];
    return file === undefined ? undefined : join(folder, String(at(file, 'source', 'path')));
  }

  private selected(all: readonly Template[], stack: string | undefined): Template[] {
    if (stack === undefined) return [...all];
    const isOf = (template: Template): boolean => template.stacks.includes(stack)
      || (template.parent !== undefined && isOf(template.parent.template));
    const found = all.filter(isOf);
    if (found.length > 0) return found;
    const known = all.filter(each => each.parent === undefined).map(each => each.title);
    throw new UsageFailure(`there is no stack ${stack}: name one of ${known.join(', ')}`);
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

function readTemplate(source: AssemblyTemplate, anchors: Set<string>, several: boolean): Template {
  const resources: Resource[] = [];
  const template: Template = { ...source, title: source.stacks[1] ?? source.stacks[0], resources };
  for (const [logicalId, resource] of Object.entries(source.body.Resources ?? {})) {
    resources.push({
      logicalId,
      type: String(resource?.Type),
      properties: resource?.Properties,
      label: labelOf(template, logicalId, several),
      anchor: newAnchor(logicalId, anchors),
      template,
    });
  }
  return template;
}

/** Without the stack, which the page names once, and without the names that CDK gives to the resource inside a construct. */
function labelOf(template: AssemblyTemplate, logicalId: string, several: boolean): string {
  const path = template.pathOf(logicalId)?.split('/').filter(part => part !== 'Resource' && part !== 'Default').join('/');
  if (path === undefined || path === '') return template.nameOf(logicalId);
  const stack = template.stacks.find(each => path.startsWith(`${each}/`));
  return stack && !several ? path.slice(stack.length + 1) : path;
}

function newAnchor(logicalId: string, taken: Set<string>): string {
  const plain = `r-${logicalId.replace(/[^A-Za-z0-9]/g, '')}`;
  const candidates = [plain, ...Array.from({ length: taken.size + 1 }, (_, index) => `${plain}-${index + 2}`)];
  const anchor = candidates.find(each => !taken.has(each))!;
  taken.add(anchor);
  return anchor;
}

function manifestsIn(folder: string): string[] {
  return readdirSync(folder).filter(name => name.endsWith('.assets.json')).sort().map(name => join(folder, name));
}

/** A program's own words for what it does: the first line of its header. */
function filesIn(folder: string): Asset['files'] {
  return readdirSync(folder, { withFileTypes: true }).filter(entry => entry.isFile()).map(entry => entry.name).sort().map(name => {
    const does = /^"""(.+)/.exec(readFileSync(join(folder, name), 'utf8'))?.[1].replace(/"""$/, '');
    return { name, ...(does === undefined ? {} : { does }) };
  });
}
