/** Real handshakes: `npx jest --config test/tls/jest.config.js`. */
module.exports = {
  rootDir: '../..',
  roots: ['<rootDir>/test/tls'],
  testEnvironment: 'node',
  testMatch: ['**/*.e2e.ts'],
  testTimeout: 180_000,
  transform: { '^.+\\.ts$': ['ts-jest', { tsconfig: 'tsconfig.dev.json' }] },
};
