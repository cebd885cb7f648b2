/**
 * Bundles the command line into one file, for a package without run-time dependencies of its own.
 *
 * Usage:      node bin/build.js [folder]
 * Arguments:  folder  where carbon-cluster.js goes, dist/bin by default
 *
 * The programs that run on a node are not bundled: they are looked for in ../lib/boot/programs beside the result.
 */
/* eslint-disable @typescript-eslint/no-require-imports */
const { chmodSync, readdirSync, readFileSync, writeFileSync } = require('node:fs');
const { join, resolve } = require('node:path');
const { buildSync } = require('esbuild');

const ROOT = join(__dirname, '..');
/** The folder of a package and its name; node_modules itself may be elsewhere, behind a link. */
const PACKAGE = /^(.*\bnode_modules\/((?:@[^/]+\/)?[^/]+))\//;

function main() {
  const folder = resolve(ROOT, process.argv[2] ?? 'dist/bin');
  const outfile = join(folder, 'carbon-cluster.js');
  const { metafile } = buildSync({
    absWorkingDir: ROOT,
    entryPoints: ['bin/carbon-cluster.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    tsconfig: 'tsconfig.json',
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  });
  const packages = packagesOf(Object.keys(metafile.inputs));
  checkNames([...packages.keys()]);
  writeFileSync(`${outfile}.LICENSES.txt`, [...packages].map(([name, place]) => licence(name, join(ROOT, place))).join('\n'));
  chmodSync(outfile, 0o755);
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

/** The licences of what is in the bundle ask to go with it. */
function licence(name, folder) {
  const file = readdirSync(folder).find(each => /^licen[cs]e/i.test(each));
  if (!file) throw new Error(`${name} has no licence file`);
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return `${name} ${version}\n\n${readFileSync(join(folder, file), 'utf8')}`;
}

main();
