/** An example as its user synthesizes it: the app of its folder, in a process of its own. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { SHARED } from './shared-setup';
import { appEnvironment, documentOf, userDataOf } from '../gateway';

export const ROOT = join(__dirname, '..', '..');
export const EXAMPLES = readdirSync(join(ROOT, 'examples')).filter(name => existsSync(join(ROOT, 'examples', name, 'app.ts')));

/** What an example is by one word besides what it is by itself. */
export const VARIANTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'governance-registry': { loadBalancer: 'wso2elb' },
  'identity-server': { product: 'api-manager' },
};

/** Every example by itself and by its word: `[title, name, context]`. */
export const ALL: [string, string, Readonly<Record<string, string>>][] = EXAMPLES.flatMap(name => {
  const variant = VARIANTS[name];
  const title = `${name} ${Object.entries(variant ?? {}).map(([key, value]) => `-c ${key}=${value}`).join(' ')}`;
  return variant ? [[name, name, {}], [title, name, variant]] : [[name, name, {}]];
});

export interface Example {
  /** Template by file name. */
  readonly templates: Readonly<Record<string, any>>;
  /** The template of the app's one stack. */
  readonly template: Template;
  /** The document of the node group with this construct id. */
  readonly document: (group: string) => any;
  /** The edits of a file of that group, each by the last name of its path, or its property or table. */
  readonly edits: (group: string, file: string) => Record<string, any>;
}

/** How an example is synthesized otherwise than its user does. */
export interface Synthesis {
  /** File that is loaded before the app. */
  readonly preload?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Writes the cloud assembly of an example to a folder; gives what it said on the standard error. */
export function synthesize(name: string, out: string, context: Readonly<Record<string, unknown>> = {}, { preload, env }: Synthesis = {}): string {
  const run = spawnSync(join(ROOT, 'node_modules/.bin/tsx'), [...preload ? ['--import', preload] : [], join('examples', name, 'app.ts')], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, ...appEnvironment(out, context), ...env },
  });
  if (run.status !== 0) throw new Error(`${name} does not synthesize: ${run.stderr}`);
  return run.stderr;
}

/** An assembly that a whole run of jest has in common, and what cdk-nag says of it. Nobody may change it. */
export interface Assembly {
  readonly folder: string;
  readonly nagReport: string;
}

const WAIT_MILLISECONDS = 100;

/** Whoever needs it first synthesizes it; seven suites look at the same examples. */
export function assembly(name: string, context: Readonly<Record<string, string>> = {}): Assembly {
  const shared = process.env[SHARED] ?? mkdtempSync(join(tmpdir(), 'carbon-examples-'));
  const base = join(shared, encodeURIComponent([name, ...Object.values(context)].join('-')));
  const made = { folder: join(base, 'cdk.out'), nagReport: join(base, 'nag.json') };
  const done = join(base, 'done');
  mkdirSync(shared, { recursive: true });
  if (!isFirst(base)) {
    while (!existsSync(done)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAIT_MILLISECONDS);
  } else {
    try {
      synthesize(name, made.folder, context, { preload: join(__dirname, 'nag-report.ts'), env: { NAG_REPORT: made.nagReport } });
    } finally {
      // Or all others would wait for ever for what cannot be synthesized.
      writeFileSync(done, '');
    }
  }
  return made;
}

function isFirst(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

export function example(name: string, context: Readonly<Record<string, string>> = {}): Example {
  const { folder } = assembly(name, context);
  const files = readdirSync(folder).filter(file => file.endsWith('.template.json'));
  const templates = Object.fromEntries(files.map(file => [file, JSON.parse(readFileSync(join(folder, file), 'utf8'))]));
  const template = Template.fromJSON(templates[files[0]]);
  const document = (group: string): any => documentOf(userDataOf(template, `${group}LaunchTemplate`));
  return { templates, template, document, edits: (group, file) => editsOf(document(group), file) };
}

/** The databases that the function makes before the first node boots, by the names of the custom resource's properties. */
export function preparedSchemas(template: Template): any[] {
  const [resource] = Object.values(template.findResources('Custom::CarbonDatabases'));
  return resource.Properties.Schemas;
}

function editsOf(document: any, file: string): Record<string, any> {
  const found = document.configuration.files.find((each: any) => each.file.endsWith(file));
  return Object.fromEntries((found?.edits ?? []).map((each: any) => [
    nameOf(each.set ?? each.replace ?? each.remove) ?? each.property ?? each.table,
    each.text ?? each.attributes ?? each.children ?? each.value ?? each.values ?? each,
  ]));
}

/** What the last step of a path is about: `parameter[@name='domain']` is `domain`, `HostName` is `HostName`. */
function nameOf(path: string | undefined): string | undefined {
  const step = path && /[^/[\]]+(?:\[[^\]]*\])*$/.exec(path)?.[0];
  return step && (/\[@?\w+=(['"])(.*?)\1\]/.exec(step)?.[2] ?? step);
}
