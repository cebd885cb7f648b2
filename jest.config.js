/** Type checking is `npm run lint`'s; the template validator of aws-cdk-lib runs in the one test that asks for it. */
module.exports = {
  testEnvironment: 'node',
  // A machine of two processors would leave one of them idle.
  maxWorkers: '100%',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/target/'],
  globalSetup: '<rootDir>/test/examples/shared-setup.ts',
  globalTeardown: '<rootDir>/test/examples/shared-teardown.ts',
  setupFiles: ['<rootDir>/test/setup.js'],
  transform: { '^.+\\.ts$': ['ts-jest', { tsconfig: 'tsconfig.dev.json' }] },
};
