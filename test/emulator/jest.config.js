/** The tests that start an emulator and deploy into it: `npx jest --config test/emulator/jest.config.js`. */
module.exports = {
  rootDir: '../..',
  roots: ['<rootDir>/test/emulator', '<rootDir>/test/access', '<rootDir>/test/database', '<rootDir>/test/protection', '<rootDir>/test/testing'],
  testEnvironment: 'node',
  // A machine of two processors would leave one of them idle.
  maxWorkers: '100%',
  testMatch: ['**/*.e2e.ts'],
  testTimeout: 180_000,
  transform: { '^.+\\.ts$': ['ts-jest', { tsconfig: 'tsconfig.dev.json' }] },
};
