// Makes of the compiled library one file whose parts run when something of them is asked for: to load the compiler's 170 files takes
// a tenth of a synthesis. Requires of the library's own parts move to where they are used (Metro's plugin for Babel does it), exports
// become properties that are read, and esbuild puts it all into one file, whose names and lines stay readable.
const { readdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { dirname, join, relative, resolve } = require('node:path');
const { transformSync } = require('@babel/core');
const { inlineRequiresPlugin } = require('metro-transform-plugins');
const { bundle, licences, packagesOf } = require('./bundle');

const ROOT = join(__dirname, '..');
const LIBRARY = join(ROOT, 'dist/lib');
const RESULT = join(LIBRARY, 'index.js');
/** What runs elsewhere: on nodes, in Lambda. */
const NOT_OURS = /^(boot\/programs|access\/rotation|credentials\/key-pair|database\/preparation|protection\/handler)\//;

/** Exports of other parts, as the compiler writes them: `__exportStar(require("./a"), exports)`, `exports.b = __importStar(require("./b"))`. */
function exportsWhenAsked({ template, types }) {
  const own = node => types.isCallExpression(node) && types.isIdentifier(node.callee, { name: 'require' }) && node.arguments[0].value.startsWith('.')
    ? node.arguments[0].value : undefined;
  const argument = (node, name) => types.isCallExpression(node) && types.isIdentifier(node.callee, { name }) ? own(node.arguments[0]) : undefined;
  const property = (name, value) => template.statement.ast(`Object.defineProperty(exports, '${name}', { enumerable: true, get: () => ${value} });`);
  return { visitor: { ExpressionStatement(path, { filename }) {
    const { expression } = path.node;
    const star = argument(expression, '__exportStar');
    if (star) {
      const names = Object.keys(require(resolve(dirname(filename), star)));
      path.replaceWithMultiple(names.map(name => property(name, `require('${star}').${name}`)));
    }
    const namespace = types.isAssignmentExpression(expression) && argument(expression.right, '__importStar');
    if (namespace) path.replaceWith(property(expression.left.property.name, `require('${namespace}')`));
  } } };
}

/** `__importStar(require("aws-cdk-lib/aws-ec2"))` is a property of aws-cdk-lib, which need not be looked for among the files of that package. */
function withoutInterop({ template, types }) {
  return { visitor: { VariableDeclarator(path) {
    const { init } = path.node;
    if (!types.isCallExpression(init) || !types.isIdentifier(init.callee, { name: '__importStar' })) return;
    const [, service] = /^aws-cdk-lib\/(.+)$/.exec(init.arguments[0].arguments[0].value) ?? [];
    if (service) path.node.init = template.expression.ast(`require('aws-cdk-lib').${service.replaceAll('-', '_')}`);
  } } };
}

/** Each uses the next, and is left out where nobody uses it. */
const HELPERS = ['__exportStar', '__importStar', '__setModuleDefault', '__createBinding'];

function withoutUnusedHelpers() {
  return { visitor: { Program: { exit({ scope }) {
    for (const name of HELPERS) {
      scope.crawl();
      const helper = scope.getBinding(name);
      if (helper && !helper.referenced) helper.path.remove();
    }
  } } } };
}

/** Folders beside a part are where they were, seen from the one file. */
function withPlaces({ template, types }) {
  return { visitor: { Identifier(path, { filename }) {
    if (!types.isIdentifier(path.node, { name: '__dirname' }) || !path.isReferencedIdentifier()) return;
    const place = relative(LIBRARY, dirname(filename));
    path.replaceWith(template.expression.ast(`require('node:path').join(__dirname, '${place}')`));
    path.skip();
  } } };
}

function parted(file) {
  const { code } = transformSync(readFileSync(file, 'utf8'), {
    filename: file, babelrc: false, configFile: false, inputSourceMap: false, sourceType: 'script',
    plugins: [exportsWhenAsked, withoutInterop, withPlaces, withoutUnusedHelpers, [inlineRequiresPlugin, { memoizeCalls: true }]],
  });
  // A new compiler may write otherwise; then nothing would be gained, and nobody would see it.
  if (/^(__exportStar\(|(const|var) \w+ = require\("\.)/m.test(code)) throw new Error(`${file}: parts are loaded before they are asked for`);
  return code;
}

const PEERS = ['aws-cdk-lib', 'constructs'];

/** A peer is required in one place: Node.js looks through its folders again at each `require` of what somebody else has loaded before. */
const peersOnce = { name: 'peers-once', setup(build) {
  const filter = new RegExp(`^(${PEERS.join('|')})(/|$)`);
  build.onResolve({ filter }, ({ path, namespace }) => namespace === 'peer' ? { path, external: true } : { path, namespace: 'peer' });
  build.onLoad({ filter, namespace: 'peer' }, ({ path }) => ({ contents: `module.exports = require('${path}');` }));
} };

async function main() {
  const before = Object.keys(require(RESULT)).sort();
  const files = readdirSync(LIBRARY, { recursive: true }).filter(name => name.endsWith('.js') && !NOT_OURS.test(name)).map(name => join(LIBRARY, name));
  for (const file of files) writeFileSync(file, parted(file));
  // From its source, which imports: of the compressor only what is used.
  const others = await bundle('lib/boot/pack.ts', join(LIBRARY, 'boot/pack.js'), { allowOverwrite: true });
  others.push(...await bundle(RESULT, RESULT, { allowOverwrite: true, plugins: [peersOnce] }));
  for (const file of files) if (file !== RESULT) rmSync(file);
  writeFileSync(`${RESULT}.LICENSES.txt`, licences(packagesOf(others)));
  delete require.cache[RESULT];
  const after = Object.keys(require(RESULT)).sort();
  if (after.join() !== before.join()) throw new Error('the one file exports something else than its parts');
}

main().catch(error => {
  console.error(error);
  process.exitCode = 1;
});
