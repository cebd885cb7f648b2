/**
 * Bundles the command line into three files, for a package without run-time dependencies of its own.
 *
 * Usage:      node bin/build.js [folder]
 * Arguments:  folder  where carbon-cluster.js, explanation.js and with-aws.js go, dist/bin by default
 *
 * Programs in other languages are not bundled: they are looked for in ../lib/boot/programs and ../rehearsal beside the result.
 */
/* eslint-disable @typescript-eslint/no-require-imports */
const { chmodSync, writeFileSync } = require('node:fs');
const { join, resolve } = require('node:path');
const { bundle, licences, packagesOf } = require('../tools/bundle');

const ROOT = join(__dirname, '..');

/** What the commands that call AWS load when they are asked for; the AWS SDK in it is many times all the rest. */
const WITH_AWS = './with-aws';
/** What the command `explain` loads; Graphviz in it is larger than all the rest. */
const EXPLANATION = './explanation';

async function main() {
  const folder = resolve(ROOT, process.argv[2] ?? 'dist/bin');
  const program = join(folder, 'carbon-cluster.js');
  const inputs = [
    ...await bundle('bin/carbon-cluster.ts', program, { external: [WITH_AWS, EXPLANATION] }),
    // Graphviz is a text there whose characters would each take several in ASCII.
    ...await bundle('bin/commands/explanation.ts', join(folder, `${EXPLANATION}.js`), { minify: true, charset: 'utf8' }),
    // As modules, so that the many calls of the SDK that nobody makes stay out.
    ...await bundle('bin/commands/with-aws.ts', join(folder, `${WITH_AWS}.js`), { minify: true, mainFields: ['module', 'main'] }),
  ];
  const packages = packagesOf(inputs);
  checkNames([...packages.keys()]);
  writeFileSync(`${program}.LICENSES.txt`, licences(packages));
  chmodSync(program, 0o755);
}

/** The constructs and their CDK have no place in it: who reads files needs no 40 megabytes of API. */
function checkNames(names) {
  if (!names.includes('commander')) throw new Error('the packages in the bundle are not recognized');
  const unwanted = names.find(name => name === 'aws-cdk-lib' || name === 'constructs');
  if (unwanted) throw new Error(`${unwanted} is in the bundle: import types of it only`);
}

main().catch(error => {
  console.error(error);
  process.exitCode = 1;
});
