/**
 * Jest runs what `npm run build` wrote: the tested code is the shipped code, and no transform stands between them.
 * @type {import('jest').Config}
 */
export default {
  testEnvironment: 'node',
  transform: {},
  roots: ['schema', 'migrations', 'packages', 'clients', 'services', 'agents', 'dev', 'test'].map(
    (folder) => `<rootDir>/${folder}`,
  ),
  testMatch: ['**/dist/**/*.test.js', '**/dev/test/**/*.test.mjs'],
  modulePathIgnorePatterns: ['/\\.trustcast/'],
  testSequencer: '<rootDir>/dev/jest/order.mjs',
  globalSetup: '<rootDir>/dev/jest/global-setup.mjs',
  globalTeardown: '<rootDir>/dev/jest/global-teardown.mjs',
  testTimeout: 120_000,
  maxWorkers: 4,
};
