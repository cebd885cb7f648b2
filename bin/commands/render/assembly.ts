import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { UsageFailure } from '../../command';
import { NameOf, readableNames, TextPart, textParts } from './intrinsics';
import { machineKind } from './node-user-data';

const TEMPLATE = '.template.json';
const NESTED = '.nested';

/** A launch template whose user data carries a node document. */
export interface AssemblyNode {
  /** Path of the node group's construct where the assembly tells it, otherwise the logical id. */
  readonly path: string;
  readonly logicalId: string;
  /** Every name of the stack: that of the template, the one shown by CDK, the one in CloudFormation. */
  readonly stacks: readonly string[];
  /** The template, relative to the assembly. */
  readonly template: string;
  readonly userData: readonly TextPart[];
}

export interface TemplateResource {
  readonly Type?: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly UpdatePolicy?: Readonly<Record<string, unknown>>;
  readonly Metadata?: Readonly<Record<string, unknown>>;
}

/** What of a CloudFormation template is read here. */
export interface TemplateBody {
  readonly Description?: string;
  readonly Parameters?: Readonly<Record<string, unknown>>;
  readonly Resources?: Readonly<Record<string, TemplateResource>>;
  readonly Outputs?: Readonly<Record<string, unknown>>;
}

/** A template of a cloud assembly, and what the assembly says of it. */
export interface AssemblyTemplate {
  /** Relative to the assembly. */
  readonly file: string;
  /** Every name of the stack: that of the template, the one shown by CDK, the one in CloudFormation. */
  readonly stacks: readonly string[];
  /** `aws://111111111111/eu-west-1`; nothing for a nested stack. */
  readonly environment?: string;
  readonly body: TemplateBody;
  readonly nameOf: NameOf;
  /** Construct path of a resource, where the assembly tells which it is. */
  readonly pathOf: (logicalId: string) => string | undefined;
  /** Every path that it may be: several where nested stacks use one logical id. */
  readonly pathsOf: (logicalId: string) => readonly string[];
}

interface Artifact {
  readonly type?: string;
  readonly environment?: string;
  readonly displayName?: string;
  readonly properties?: { readonly templateFile?: string; readonly stackName?: string };
  readonly additionalMetadataFile?: string;
  readonly metadata?: ConstructMetadata;
}

type ConstructMetadata = Readonly<Record<string, readonly { readonly type: string; readonly data?: unknown }[]>>;

/** All nodes of a cloud assembly, nested stacks and nested assemblies too, in the order of their paths. */
export function nodesOf(assembly: string): AssemblyNode[] {
  return templatesOf(assembly).flatMap(nodesOfTemplate).sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Paths of the constructs of a stack, and of nested ones, by logical id; ids that are not unique are left out. */
export function constructPaths(assembly: string, stack: string): Map<string, string> {
  const templates = templatesOf(assembly);
  const own = templates.filter(each => each.stacks.includes(stack));
  if (own.length === 0) throw new UsageFailure(`${assembly} has no stack ${stack}: name the cloud assembly that it was deployed from`);
  const nested = templates.filter(each => each.file.endsWith(`${NESTED}${TEMPLATE}`));
  const entries = [...own, ...nested].flatMap(({ body, pathsOf }) => Object.keys(body.Resources ?? {})
    .map(id => [id, onlyOne(pathsOf(id))] as const));
  const ids = entries.map(([id]) => id);
  const isUnique = (entry: readonly [string, string | undefined]): entry is readonly [string, string] =>
    entry[1] !== undefined && ids.indexOf(entry[0]) === ids.lastIndexOf(entry[0]);
  return new Map(entries.filter(isUnique));
}

function onlyOne(paths: readonly string[]): string | undefined {
  return paths.length === 1 ? paths[0] : undefined;
}

/** All templates of a cloud assembly, nested stacks and nested assemblies too, in the order of their files. */
export function templatesOf(assembly: string): AssemblyTemplate[] {
  if (!existsSync(assembly) || !statSync(assembly).isDirectory()) {
    throw new UsageFailure(`${assembly} is no folder: run cdk synth, or name the cloud assembly with --assembly`);
  }
  return templatesBelow(assembly).map(file => readTemplate(assembly, file)).sort((a, b) => (a.file < b.file ? -1 : 1));
}

/** Assets are left out: they are large, and no stack of this assembly. */
function templatesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name.startsWith('asset.') ? [] : templatesBelow(path);
    return entry.name.endsWith(TEMPLATE) ? [path] : [];
  });
}

function readTemplate(assembly: string, file: string): AssemblyTemplate {
  const body = readJson(file) as TemplateBody;
  const artifacts = artifactsBeside(file);
  // A nested stack's constructs are in what the assembly says of the stack that it is in.
  const own = artifacts.filter(each => each.properties?.templateFile === basename(file));
  const paths = pathsByLogicalId(own.length > 0 ? own : artifacts, dirname(file));
  const pathsOf = (logicalId: string): string[] => pathsOfResource(logicalId, body.Resources?.[logicalId], paths);
  return {
    file: relative(assembly, file),
    stacks: stackNames(file, artifacts),
    environment: own[0]?.environment,
    body,
    nameOf: readableNames([...Object.keys(body.Resources ?? {}), ...Object.keys(body.Parameters ?? {})]),
    pathsOf,
    pathOf: logicalId => (pathsOf(logicalId).length === 1 ? pathsOf(logicalId)[0] : undefined),
  };
}

/** The nodes of one template, in its order. */
function nodesOfTemplate({ file, stacks, body, nameOf, pathOf }: AssemblyTemplate): AssemblyNode[] {
  return Object.entries(body.Resources ?? {}).flatMap(([logicalId, resource]): AssemblyNode[] => {
    if (resource.Type !== 'AWS::EC2::LaunchTemplate') return [];
    const data = resource.Properties?.LaunchTemplateData as { readonly UserData?: unknown } | undefined;
    const userData = textParts(data?.UserData ?? '', nameOf);
    if (machineKind(userData) !== 'node') return [];
    return [{ path: groupPath(pathOf(logicalId)) ?? logicalId, logicalId, stacks, template: file, userData }];
  });
}

function artifactsBeside(template: string): Artifact[] {
  const manifest = join(dirname(template), 'manifest.json');
  if (!existsSync(manifest)) return [];
  const { artifacts } = readJson(manifest) as { readonly artifacts?: Readonly<Record<string, Artifact>> };
  return Object.values(artifacts ?? {}).filter(each => each.type === 'aws:cloudformation:stack');
}

function stackNames(template: string, artifacts: readonly Artifact[]): string[] {
  const file = basename(template);
  const names = [file.slice(0, -TEMPLATE.length).replace(new RegExp(`\\${NESTED}$`), '')];
  for (const artifact of artifacts.filter(each => each.properties?.templateFile === file)) {
    names.push(...[artifact.displayName, artifact.properties?.stackName].filter(each => each !== undefined));
  }
  return [...new Set(names)];
}

/** What the assembly says of each construct, by logical id. */
function pathsByLogicalId(artifacts: readonly Artifact[], folder: string): Map<unknown, string[]> {
  const paths = new Map<unknown, string[]>();
  for (const [path, entries] of artifacts.flatMap(artifact => Object.entries(metadataOf(artifact, folder)))) {
    for (const { data } of entries.filter(entry => entry.type === 'aws:cdk:logicalId')) {
      paths.set(data, [...paths.get(data) ?? [], path.replace(/^\//, '')]);
    }
  }
  return paths;
}

/** In the template where the CDK command line asked for it, otherwise in what the assembly says of each construct. */
function pathsOfResource(logicalId: string, resource: TemplateResource | undefined, paths: ReadonlyMap<unknown, string[]>): string[] {
  const inTemplate = resource?.Metadata?.['aws:cdk:path'];
  return typeof inTemplate === 'string' ? [inTemplate] : paths.get(logicalId) ?? [];
}

function metadataOf(artifact: Artifact, folder: string): ConstructMetadata {
  if (artifact.metadata) return artifact.metadata;
  if (!artifact.additionalMetadataFile) return {};
  const file = join(folder, artifact.additionalMetadataFile);
  return existsSync(file) ? readJson(file) as ConstructMetadata : {};
}

/** A reader names the group of nodes, not the resource inside it. */
function groupPath(path: string | undefined): string | undefined {
  return path?.replace(/\/Resource$/, '').replace(/\/LaunchTemplate$/, '');
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    throw new UsageFailure(`${file} is not JSON: run cdk synth again, or name another cloud assembly with --assembly`);
  }
}

/** The nodes of one stack; all of them without a name. */
export function nodesOfStack(nodes: readonly AssemblyNode[], stack: string | undefined): AssemblyNode[] {
  if (stack === undefined) return [...nodes];
  const found = nodes.filter(node => node.stacks.includes(stack) || node.path.startsWith(`${stack}/`));
  if (found.length > 0) return found;
  const known = [...new Set(nodes.flatMap(node => node.stacks))];
  throw new UsageFailure(`no nodes in a stack ${stack}: there are nodes in ${known.join(', ')}`);
}

/** The one node that a path, a logical id or a unique part of either names. */
export function nodeNamed(nodes: readonly AssemblyNode[], name: string): AssemblyNode {
  const exact = nodes.filter(node => node.path === name || node.logicalId === name);
  if (exact.length === 1) return exact[0];
  const part = name.toLowerCase();
  const found = nodes.filter(node => node.path.toLowerCase().includes(part) || node.logicalId.toLowerCase().includes(part));
  if (found.length === 1) return found[0];
  const [problem, list] = found.length === 0 ? ['is no node', nodes] : [`is ${found.length} nodes`, found];
  throw new UsageFailure(`${name} ${problem}, name one of\n${nodeList(list)}`);
}

export function nodeList(nodes: readonly AssemblyNode[]): string {
  return nodes.map(node => `  ${node.path}  ${node.logicalId}  ${node.template}`).join('\n');
}
