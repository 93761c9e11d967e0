/**
 * The unit tests alone, as compiled: no server is started for a mutant. Stryker runs this in a copy of the tree.
 * @type {import('jest').Config}
 */
export default {
  rootDir: '../..',
  testEnvironment: 'node',
  transform: {},
  roots: ['schema', 'packages', 'services', 'agents'].map((folder) => `<rootDir>/${folder}`),
  testMatch: ['**/dist/**/*.test.js'],
  testPathIgnorePatterns: ['/node_modules/', '\\.(int|jvm)\\.test\\.js$'],
  testTimeout: 60_000,
};
