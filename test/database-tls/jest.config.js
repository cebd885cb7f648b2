/** Real drivers and clients against real servers: `npx jest --config test/database-tls/jest.config.js`. */
module.exports = {
  rootDir: '../..',
  roots: ['<rootDir>/test/database-tls'],
  testEnvironment: 'node',
  testMatch: ['**/*.e2e.ts'],
  testTimeout: 300_000,
  setupFiles: ['<rootDir>/test/setup.js'],
  transform: { '^.+\\.ts$': ['ts-jest', { tsconfig: 'tsconfig.dev.json' }] },
};
