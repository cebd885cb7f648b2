import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AssemblyTemplate } from '../render/assembly';
import { joinedText, textParts } from '../render/intrinsics';
import { at, entriesOf } from './values';

/** Where a nested stack comes from. */
export interface NestedStack {
  readonly parent: AssemblyTemplate;
  /** The stack resource in its parent. */
  readonly logicalId: string;
}

/** The nested stacks of an assembly by the files of their templates. */
export function nestingOf(assembly: string, templates: readonly AssemblyTemplate[]): Map<string, NestedStack> {
  return new Map(templates.flatMap(parent => entriesOf(parent.body.Resources)
    .filter(([, resource]) => at(resource, 'Type') === 'AWS::CloudFormation::Stack')
    .flatMap(([logicalId, resource]): [string, NestedStack][] => {
      const file = nestedFile(assembly, parent, at(resource, 'Properties', 'TemplateURL'));
      return file === undefined ? [] : [[file, { parent, logicalId }]];
    })));
}

/** A nested stack's template is an asset, which the manifests of assets beside its parent name by its hash. */
function nestedFile(assembly: string, { file, nameOf }: AssemblyTemplate, url: unknown): string | undefined {
  const folder = dirname(file);
  const text = url === undefined ? '' : joinedText(textParts(url, nameOf), name => name);
  const manifests = readdirSync(join(assembly, folder)).filter(name => name.endsWith('.assets.json')).sort();
  const assets = manifests.flatMap(name => entriesOf(at(JSON.parse(readFileSync(join(assembly, folder, name), 'utf8')), 'files')));
  const found = assets.find(([hash]) => text.includes(hash))?.[1];
  return found === undefined ? undefined : join(folder, String(at(found, 'source', 'path')));
}

/**
 * What a reader calls a resource: its construct path, with the stack where there are several, and without the names that CDK
 * gives to the resource inside a construct.
 */
export function labels(template: AssemblyTemplate, nesting: ReadonlyMap<string, NestedStack>, withStack: boolean): (logicalId: string) => string {
  const inside = scopeOf(template, nesting);
  const nested = [...nesting.values()].filter(each => each.parent === template).flatMap(each => scopeOfNested(each, nesting) ?? []);
  return logicalId => {
    const paths = template.pathsOf(logicalId).filter(path => (inside === undefined || path.startsWith(`${inside}/`))
      && !nested.some(scope => path.startsWith(`${scope}/`)));
    const parts = paths.length === 1 ? paths[0].split('/').filter(part => part !== 'Resource' && part !== 'Default') : [];
    const path = parts.join('/');
    const stack = withStack ? undefined : template.stacks.find(each => path.startsWith(`${each}/`));
    return path === '' ? template.nameOf(logicalId) : path.slice(stack === undefined ? 0 : stack.length + 1);
  };
}

function scopeOf(template: AssemblyTemplate, nesting: ReadonlyMap<string, NestedStack>): string | undefined {
  const nested = nesting.get(template.file);
  return nested && scopeOfNested(nested, nesting);
}

/** Path of the construct that a nested stack is; CDK makes the stack resource beside it. */
function scopeOfNested({ parent, logicalId }: NestedStack, nesting: ReadonlyMap<string, NestedStack>): string | undefined {
  const outer = scopeOf(parent, nesting);
  const paths = parent.pathsOf(logicalId).filter(path => outer === undefined || path.startsWith(`${outer}/`));
  return paths.map(path => /^(.*)\.NestedStack\/[^/]*\.NestedStackResource$/.exec(path)?.[1]).find(each => each !== undefined);
}
