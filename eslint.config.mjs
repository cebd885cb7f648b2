import tseslint from 'typescript-eslint';

/** The house: a room may use the rooms named here and itself, and no others. */
const ROOMS = {
  facts: [],
  configuration: [],
  products: ['configuration'],
  boot: ['configuration'],
  network: [],
  tls: [],
  access: [],
  protection: ['access'],
  credentials: ['access', 'boot', 'configuration'],
  artifacts: ['access', 'boot', 'configuration', 'network', 'products'],
  operations: ['access', 'boot', 'network'],
  membership: ['access', 'boot', 'configuration', 'network', 'products'],
  database: ['access', 'artifacts', 'boot', 'configuration', 'facts', 'network', 'products'],
  'load-balancing': ['access', 'artifacts', 'boot', 'configuration', 'credentials', 'network', 'products', 'tls'],
  nodes: ['access', 'boot', 'configuration', 'facts', 'network'],
  cluster: ['access', 'artifacts', 'boot', 'configuration', 'credentials', 'database', 'facts', 'load-balancing', 'membership', 'network', 'nodes', 'operations',
    'products', 'protection', 'tls'],
  testing: ['boot', 'configuration', 'membership', 'network', 'products'],
};

function roomRules([room, allowed]) {
  const closed = Object.keys(ROOMS).filter(each => each !== room && !allowed.includes(each)).map(each => `**/${each}/**`);
  const patterns = closed.length === 0 ? [] : [{ group: closed, message: `lib/${room} must not depend on this room, see the house in CONTRIBUTING.md.` }];
  if (room === 'configuration') {
    patterns.push({ group: ['aws-cdk-lib*', 'aws-cdk-lib/**', 'constructs', 'node:*'], message: 'lib/configuration knows no CDK, no files and no clock.' });
  }
  return { files: [`lib/${room}/**/*.ts`], rules: patterns.length === 0 ? {} : { 'no-restricted-imports': ['error', { patterns }] } };
}

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', '.local/**', 'coverage/**', '**/target/**', '**/cdk.out/**', 'lib/**/function/**', 'tools/*.js', '**/*.config.js'] },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts'],
    rules: {
      'max-len': ['error', { code: 150 }],
      'no-console': 'off',
      quotes: ['error', 'single', { avoidEscape: true }],
      semi: ['error', 'always'],
      indent: ['error', 2, { SwitchCase: 1 }],
      'comma-dangle': ['error', 'always-multiline'],
      'eol-last': 'error',
      'no-trailing-spaces': 'error',
      'max-lines-per-function': ['error', { max: 60, skipComments: true, skipBlankLines: true }],
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  // Tests look into templates and documents whose shape is what they test.
  { files: ['test/**/*.ts'], rules: {
    'max-lines-per-function': 'off',
    '@typescript-eslint/no-explicit-any': 'off',
    'max-len': ['error', { code: 165, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreRegExpLiterals: true }],
    quotes: ['error', 'single', { avoidEscape: true, allowTemplateLiterals: true }],
  } },
  // A clock or a random number in a template would make the same input give other bytes.
  {
    files: ['lib/**/*.ts'],
    rules: {
      'no-restricted-properties': ['error',
        { object: 'Date', property: 'now', message: 'Same input, same bytes.' },
        { object: 'Math', property: 'random', message: 'Same input, same bytes.' }],
      'no-restricted-syntax': ['error', { selector: 'NewExpression[callee.name="Date"]', message: 'Same input, same bytes.' }],
    },
  },
  // What runs in Lambda is no template.
  {
    files: ['lib/access/rotation/**/*.ts', 'lib/credentials/key-pair/**/*.ts', 'lib/database/preparation/**/*.ts', 'lib/protection/handler/**/*.ts'],
    rules: { 'no-restricted-properties': 'off', 'no-restricted-syntax': 'off' },
  },
  ...Object.entries(ROOMS).map(roomRules),
);
