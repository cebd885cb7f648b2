/**
 * `npm run test:package`, after `npm run build`: the package in an empty app, with the oldest and the newest aws-cdk-lib that it supports.
 * It prints what it saw, and its exit code is 1 where something does not hold.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstExample } from '../documentation/snippets';
import { ALL, synthesize as synthesizeFromSources } from '../examples/example';
import { appEnvironment } from '../gateway';
import { bytesOf, install, newestPeers, oldestPeers, pack, Packed, Peers, ROOT, run } from './packed';

/** Bytes. A little above what it takes: whoever packs something large shall say so here. */
// RDS's authorities are 0.2 MB of it, and half as much when packed: certificates do not compress. The functions with libraries are 1.2 MB, packed 0.4.
const LIMITS = { tarball: 2_300_000, installed: 7_800_000 };

const COMMANDS = ['render', 'inspect', 'verify', 'rehearse', 'explain'];
/** Of what a package needs none of: sources, tests of ours, what tools leave behind. */
const UNWANTED = /(^|\/)(test|node_modules|__pycache__|\.local|target)\/|\.test\.|(?<!\.d)\.ts$|\.tsbuildinfo$|\.pyc$/;

const TSCONFIG = { compilerOptions: { strict: true, skipLibCheck: true, module: 'node16', target: 'es2022', types: [] }, files: ['app.ts'] };

let failed = 0;
let passed = 0;

function check(what: string, holds: boolean, seen = ''): void {
  if (holds) passed += 1;
  else failed += 1;
  console.log(`${holds ? 'ok    ' : 'FAILED'} ${what}${seen ? `: ${seen}` : ''}`);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(2)} MB`;
}

function checkContents({ files, tarballBytes, unpackedBytes }: Packed): void {
  const unwanted = files.filter(each => UNWANTED.test(each));
  check('nothing is packed that nobody needs', unwanted.length === 0, unwanted.slice(0, 3).join(', '));
  check(`the tarball is at most ${megabytes(LIMITS.tarball)}`, tarballBytes <= LIMITS.tarball, megabytes(tarballBytes));
  check(`installed it is at most ${megabytes(LIMITS.installed)}`, unpackedBytes <= LIMITS.installed, megabytes(unpackedBytes));
}

/** Compiles and synthesizes the README's first example, and returns the template's text. */
function synthesize(folder: string): string {
  writeFileSync(join(folder, 'app.ts'), firstExample());
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
  run(join(ROOT, 'node_modules/.bin/tsc'), [], folder);
  run('node', ['app.js'], folder);
  return readFileSync(join(folder, 'cdk.out', 'Carbon.template.json'), 'utf8');
}

function checkCommandLine(folder: string): void {
  const help = run('npx', ['--no-install', 'carbon-cluster', '--help'], folder);
  check('npx carbon-cluster --help names every command', COMMANDS.every(each => help.includes(`\n  ${each} `)));
  cpSync(join(ROOT, 'test/boot/fixture'), join(folder, 'product'), { recursive: true });
  const diff = run('npx', ['--no-install', 'carbon-cluster', 'render', 'Workers', '--assembly', 'cdk.out', '--home', 'product'], folder);
  check('npx carbon-cluster render shows what a node writes', diff.includes('+++ b/repository/conf/axis2/axis2.xml') && /^\+.*5701/m.test(diff));
  run('npx', ['--no-install', 'carbon-cluster', 'explain', '--assembly', 'cdk.out', '--out', 'page.html'], folder);
  check('npx carbon-cluster explain writes a page', readFileSync(join(folder, 'page.html'), 'utf8').includes('</html>'));
}

/** Every template of an assembly, as one text. */
function templatesOf(folder: string): string {
  return readdirSync(folder).filter(name => name.endsWith('.template.json')).map(name => readFileSync(join(folder, name), 'utf8')).join('\n');
}

/** The package is one file whose parts run when they are asked for: what an example asks for is what its sources do. */
function checkExamples(folder: string): void {
  for (const [title, name, context] of ALL) {
    const [sources, installed] = ['sources', 'installed'].map(each => join(folder, `${title.replace(/\W+/g, '-')}-${each}`));
    synthesizeFromSources(name, sources, context);
    mkdirSync(installed);
    const text = readFileSync(join(ROOT, 'examples', name, 'app.ts'), 'utf8');
    const own = text.replace("'../../lib'", "'cdk-wso2-cluster'");
    if (own === text) throw new Error(`the example ${name} imports the library otherwise than this check knows`);
    writeFileSync(join(folder, `${name}.ts`), own);
    run(join(ROOT, 'node_modules/.bin/tsx'), [`${name}.ts`], folder, appEnvironment(installed, context));
    const template = templatesOf(installed);
    check(`the example ${title.trim()} is the same from the package as from its sources`, template.length > 0 && template === templatesOf(sources));
  }
}

function app(folder: string, packed: Packed, peers: Peers): string {
  install(folder, packed.tarball, peers);
  const own = readFileSync(join(folder, 'package-lock.json'), 'utf8');
  const packages = Object.keys(JSON.parse(own).packages).filter(name => /^node_modules\/[^/]+$|^node_modules\/@[^/]+\/[^/]+$/.test(name));
  const expected = ['node_modules/aws-cdk-lib', 'node_modules/cdk-wso2-cluster', 'node_modules/constructs'];
  const others = packages.filter(name => !expected.includes(name) && !name.startsWith('node_modules/@aws-cdk/'));
  check(`aws-cdk-lib ${peers['aws-cdk-lib']}: nothing is installed besides it and the package`, others.length === 0, others.join(', '));
  return synthesize(folder);
}

function main(): void {
  const folder = mkdtempSync(join(tmpdir(), 'carbon-package-'));
  try {
    const packed = pack(folder);
    checkContents(packed);
    const [oldest, newest] = [['oldest', oldestPeers()], ['newest', newestPeers()]].map(([name, peers]) =>
      app(join(folder, name as string), packed, peers as Peers));
    check('the oldest and the newest aws-cdk-lib make the same template of the README\'s first example', oldest === newest,
      `${oldest.length} and ${newest.length} bytes`);
    checkExamples(join(folder, 'newest'));
    checkCommandLine(join(folder, 'oldest'));
    const size = bytesOf(join(folder, 'oldest/node_modules/cdk-wso2-cluster'));
    console.log(`\ninstalled ${megabytes(size)}, beside aws-cdk-lib with ${megabytes(bytesOf(join(folder, 'oldest/node_modules/aws-cdk-lib')))}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}

main();
