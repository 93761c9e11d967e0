import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Node 20 collects a time-out signal that is reached through another signal alone: the deadline never fires. */
const noCombinedSignals = {
  object: 'AbortSignal',
  property: 'any',
  message: 'Use a timer and an AbortController: combined time-out signals are lost on Node 20.',
};
const environmentOnlyInConfig = {
  'no-restricted-properties': [
    'error',
    { object: 'process', property: 'env', message: 'The environment is read in config.ts and passed on.' },
    noCombinedSignals,
  ],
};

export default defineConfig(
  globalIgnores(['**/dist/', '**/node_modules/', '.trustcast/', 'clients/cli/src/service/answer-types.ts']),
  js.configs.recommended,
  { rules: { 'max-lines': ['error', { max: 300 }] } },
  // Long, for a reason. Java, folders and the median: dev/fences/sizes.mjs.
  { files: ['packages/x509/test/gate/poison.ts', '**/src/config.ts'] /* tables */, rules: { 'max-lines': 'off' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // Decorated classes without members are how type-graphql names a type.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
    },
  },
  {
    files: ['{schema,packages,clients,services,agents}/**/src/**/*.ts'],
    ignores: ['**/config.ts', '**/*.test.ts'],
    rules: environmentOnlyInConfig,
  },
  {
    files: ['**/*.test.ts', 'test/**/*.ts', '**/test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
    },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          'process',
          'console',
          'Buffer',
          'URL',
          'URLSearchParams',
          'fetch',
          'performance',
          'AbortController',
          'AbortSignal',
          'TextDecoder',
          'TextEncoder',
          'setTimeout',
          'clearTimeout',
          'setInterval',
          'clearInterval',
          'setImmediate',
          'queueMicrotask',
          'structuredClone',
          'WebSocket',
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
  prettier,
);
