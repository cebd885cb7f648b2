/**
 * `npm run test:languages -- [Python] [Java] [Go]`, after `npm run build`: the library as packages of these languages, made by jsii-pacmak and
 * installed into an app of each, which must synthesize to the very bytes of the same app in TypeScript. Needs Python 3 with venv, a JDK and
 * Maven, and Go; it takes minutes. Exit code 1 if bytes differ.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { version } from '../../package.json';
import { install, oldestPeers, pack, ROOT, run } from '../package/packed';

const TEMPLATE = 'Sample.template.json';
const peers = oldestPeers();
const GO_MODULE = 'github.com/cdk-wso2-cluster/cdk-wso2-cluster-go/cdkwso2cluster';
/** The kernels of jsii tell which releases of Node.js they were tested with. */
const QUIET = { JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '1', JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION: '1' };

/** Where an app was synthesized to. */
type Synthesized = (folder: string) => string;

function typescript(folder: string): string {
  const app = join(folder, 'typescript');
  install(app, pack(folder).tarball, peers);
  cpSync(join(__dirname, 'typescript/app.ts'), join(app, 'app.ts'));
  run(join(ROOT, 'node_modules/.bin/tsx'), ['app.ts', 'out'], app);
  return join(app, 'out');
}

function python(folder: string): string {
  pacmak('python', folder);
  const environment = join(folder, 'venv');
  run('python3', ['-m', 'venv', environment], folder);
  const wheels = readdirSync(join(folder, 'packages/python')).filter(name => name.endsWith('.whl')).map(name => join(folder, 'packages/python', name));
  run(join(environment, 'bin/pip'), ['install', '--quiet', `aws-cdk-lib==${peers['aws-cdk-lib']}`, `constructs==${peers.constructs}`, ...wheels], folder);
  run(join(environment, 'bin/python'), [join(__dirname, 'python/app.py'), join(folder, 'python')], folder, QUIET);
  return join(folder, 'python');
}

function java(folder: string): string {
  pacmak('java', folder);
  const classpath = join(folder, 'classpath');
  const packages = join(folder, 'packages/java');
  run('mvn', ['--quiet', '--batch-mode', '--file', join(__dirname, 'java/pom.xml'), `-Dmaven.repo.local=${repository()}`,
    `-Dpackages=${packages}`, `-Dcdk.version=${peers['aws-cdk-lib']}`, `-Dconstructs.version=${peers.constructs}`, `-Dcarbon.version=${version}`,
    'compile', 'dependency:build-classpath', `-Dmdep.outputFile=${classpath}`], folder);
  run('java', ['-Dfile.encoding=UTF-8', '-cp', `${join(packages, 'sample/classes')}:${readFileSync(classpath, 'utf8')}`, 'sample.SampleApp',
    join(folder, 'java')], folder, QUIET);
  return join(folder, 'java');
}

/** The module is made where it is run; what the package in hand needs, `go mod tidy` finds by its own go.mod. */
function go(folder: string): string {
  pacmak('go', folder);
  const app = join(folder, 'go-app');
  cpSync(join(__dirname, 'go'), app, { recursive: true });
  run('go', ['mod', 'init', 'sample'], app);
  run('go', ['mod', 'edit', `-replace=${GO_MODULE}=${join(folder, 'packages/go/cdkwso2cluster')}`], app);
  run('go', ['mod', 'tidy'], app);
  run('go', ['run', '.', join(folder, 'go')], app, QUIET);
  return join(folder, 'go');
}

/** What Maven has fetched stays for the next time, except the package in hand: its version does not tell which build it is. */
function repository(): string {
  const folder = join(ROOT, '.local/maven');
  rmSync(join(folder, 'io/github/cdkwso2cluster'), { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

function pacmak(language: string, folder: string): void {
  run(join(ROOT, 'node_modules/.bin/jsii-pacmak'), ['--targets', language, '--outdir', join(folder, 'packages')], ROOT, QUIET);
}

/** Those that the command line names, or all. */
function wanted(): [string, Synthesized][] {
  const all = Object.entries<Synthesized>({ Python: python, Java: java, Go: go });
  const names = process.argv.slice(2);
  return names.length === 0 ? all : all.filter(([language]) => names.includes(language));
}

function main(): void {
  const folder = mkdtempSync(join(tmpdir(), 'carbon-languages-'));
  let [passed, failed] = [0, 0];
  try {
    const expected = readFileSync(join(typescript(folder), TEMPLATE));
    console.log(`TypeScript: ${expected.length} bytes`);
    for (const [language, synthesize] of wanted()) {
      const template = readFileSync(join(synthesize(folder), TEMPLATE));
      const same = template.equals(expected);
      if (same) passed += 1;
      else failed += 1;
      console.log(`${language}: ${template.length} bytes, ${same ? 'the same' : 'NOT the same'}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}

main();
