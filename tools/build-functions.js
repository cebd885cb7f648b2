// Makes of the sources of each Lambda function the file that Lambda runs. It is kept in the repository, so that an app synthesizes to
// the same bytes from here and from the installed package; a test tells when it is not what its sources say.
const { buildSync } = require('esbuild');
const { writeFileSync } = require('node:fs');
const { join } = require('node:path');

const ROOT = join(__dirname, '..');
/** Each has a `handler.ts`, of which `function/index.js` is made. */
const FUNCTIONS = ['lib/access/rotation', 'lib/protection/handler'].map(folder => ({ folder, result: join(ROOT, folder, 'function/index.js') }));

/** The AWS SDK comes with the runtime. */
function bundle({ folder, result }) {
  const { outputFiles } = buildSync({
    absWorkingDir: ROOT,
    entryPoints: [join(folder, 'handler.ts')],
    outfile: result,
    bundle: true,
    external: ['@aws-sdk/*'],
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    tsconfig: 'tsconfig.json',
    legalComments: 'none',
    banner: { js: '// Made of ../handler.ts by npm run build: change that.' },
    write: false,
    logLevel: 'warning',
  });
  return outputFiles[0].text;
}

module.exports = { bundle, FUNCTIONS };

if (require.main === module) for (const each of FUNCTIONS) writeFileSync(each.result, bundle(each));
