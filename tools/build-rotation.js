// Makes of the rotation's sources the file that Lambda runs. It is kept in the repository, so that an app synthesizes to the same
// bytes from here and from the installed package; a test tells when it is not what its sources say.
const { buildSync } = require('esbuild');
const { join } = require('node:path');

const ROOT = join(__dirname, '..');
const RESULT = join(ROOT, 'lib/access/rotation/function/index.js');

/** The AWS SDK comes with the runtime. */
function bundle() {
  const { outputFiles } = buildSync({
    absWorkingDir: ROOT,
    entryPoints: ['lib/access/rotation/handler.ts'],
    outfile: RESULT,
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

module.exports = { bundle, RESULT };

if (require.main === module) require('node:fs').writeFileSync(RESULT, bundle());
