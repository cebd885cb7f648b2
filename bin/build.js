/**
 * Bundles the command line into three files, and the compressor of user data into the library's file of it, for a package without
 * run-time dependencies of its own.
 *
 * Usage:      node bin/build.js [folder]
 * Arguments:  folder  where carbon-cluster.js, explanation.js and with-aws.js go, dist/bin by default; ../lib/boot/pack.js is beside it
 *
 * Programs in other languages are not bundled: they are looked for in ../lib/boot/programs and ../rehearsal beside the result.
 */
/* eslint-disable @typescript-eslint/no-require-imports */
const { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } = require('node:fs');
const { join, resolve } = require('node:path');
const { buildSync } = require('esbuild');

const ROOT = join(__dirname, '..');
/** The folder of a package and its name; node_modules itself may be elsewhere, behind a link. */
const PACKAGE = /^(.*\bnode_modules\/((?:@[^/]+\/)?[^/]+))\//;

/** What the commands that call AWS load when they are asked for; the AWS SDK in it is many times all the rest. */
const WITH_AWS = './with-aws';
/** What the command `explain` loads; Graphviz in it is larger than all the rest. */
const EXPLANATION = './explanation';
/** Licences of packages that have no file for it. */
const LICENCES = join(__dirname, 'licences');

function main() {
  const folder = resolve(ROOT, process.argv[2] ?? 'dist/bin');
  const program = join(folder, 'carbon-cluster.js');
  const inputs = [
    ...bundle('bin/carbon-cluster.ts', program, { external: [WITH_AWS, EXPLANATION] }),
    // Graphviz is a text there whose characters would each take several in ASCII.
    ...bundle('bin/commands/explanation.ts', join(folder, `${EXPLANATION}.js`), { minify: true, charset: 'utf8' }),
    // As modules, so that the many calls of the SDK that nobody makes stay out.
    ...bundle('bin/commands/with-aws.ts', join(folder, `${WITH_AWS}.js`), { minify: true, mainFields: ['module', 'main'] }),
  ];
  const compressor = bundle('lib/boot/pack.ts', join(folder, '../lib/boot/pack.js'), { mainFields: ['module', 'main'] });
  const packages = packagesOf([...inputs, ...compressor]);
  checkNames([...packages.keys()]);
  writeFileSync(`${program}.LICENSES.txt`, licences(packages));
  chmodSync(program, 0o755);
}

/** Makes one file of a program and all it imports, and returns the files that are in it. */
function bundle(entry, outfile, options) {
  const { metafile } = buildSync({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    tsconfig: 'tsconfig.json',
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
    ...options,
  });
  // What was left out of the result (tree shaking) is not in it.
  const [output] = Object.values(metafile.outputs);
  return Object.entries(output.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([name]) => name);
}

/** Folder by name of each package that is in the bundle, in the order of their names. */
function packagesOf(inputs) {
  const found = inputs.map(input => PACKAGE.exec(input)).filter(match => match !== null);
  return new Map(found.map(([, folder, name]) => [name, folder]).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The constructs and their CDK have no place in it: who reads files needs no 40 megabytes of API. */
function checkNames(names) {
  if (!names.includes('commander')) throw new Error('the packages in the bundle are not recognized');
  const unwanted = names.find(name => name === 'aws-cdk-lib' || name === 'constructs');
  if (unwanted) throw new Error(`${unwanted} is in the bundle: import types of it only`);
}

/** The licences of what is in the bundle ask to go with it: each text once, below the packages that have it. */
function licences(packages) {
  const names = new Map();
  for (const [name, place] of packages) {
    const folder = join(ROOT, place);
    const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const text = licence(name, folder, license);
    names.set(text, [...names.get(text) ?? [], `${name} ${version}`]);
  }
  return [...names].map(([text, those]) => `${those.join('\n')}\n\n${text}`).join('\n');
}

function licence(name, folder, kind) {
  const file = readdirSync(folder).find(each => /^licen[cs]e/i.test(each));
  if (file) return readFileSync(join(folder, file), 'utf8');
  // Some packages of the AWS SDK only name theirs, which is this project's too.
  if (kind === 'Apache-2.0') return readFileSync(join(ROOT, 'LICENSE'), 'utf8');
  const own = join(LICENCES, `${name.replace('/', '-')}.txt`);
  if (existsSync(own)) return readFileSync(own, 'utf8');
  throw new Error(`${name} has no licence file`);
}

main();
