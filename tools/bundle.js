// Makes one file of a program and all that it needs, and knows the packages whose code is in it, and the licences that ask to go with it.
const { existsSync, readdirSync, readFileSync } = require('node:fs');
const { join } = require('node:path');
const { build } = require('esbuild');

const ROOT = join(__dirname, '..');
/** The folder of a package and its name; node_modules itself may be elsewhere, behind a link. */
const PACKAGE = /^(.*\bnode_modules\/((?:@[^/]+\/)?[^/]+))\//;
/** Licences of packages that have no file for it. */
const LICENCES = join(ROOT, 'bin/licences');

/** Makes one file of another and all it imports, and returns the files that are in it. */
async function bundle(entry, outfile, options) {
  const { metafile } = await build({
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

/** Folder by name of each package that the files are of, in the order of their names. */
function packagesOf(files) {
  const found = files.map(file => PACKAGE.exec(file)).filter(match => match !== null);
  return new Map(found.map(([, folder, name]) => [name, folder]).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Each text once, below the packages that have it. */
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

module.exports = { bundle, packagesOf, licences };
