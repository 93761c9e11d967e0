#!/usr/bin/env node
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Stryker } from '@stryker-mutator/core';

/**
 * `npm run test:mutation [-- area… --since REV --file PATH --concurrency N]`: changes the code of one area after the other in small
 * ways, and lists the changes that no unit test notices. It is no part of `npm test`: a whole run takes hours.
 */
const root = fileURLToPath(new URL('../..', import.meta.url));

/** @type {Record<string, string>} Area to the folder of its sources. */
const AREAS = {
  schema: 'schema/src',
  x509: 'packages/x509/src',
  keystore: 'packages/keystore/src',
  rules: 'services/certificates/src/features/*/rules',
  distribution: 'agents/host/src/distribution',
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    since: { type: 'string' },
    file: { type: 'string', multiple: true },
    concurrency: { type: 'string', default: '2' },
  },
});
const unknown = positionals.filter((area) => !Object.hasOwn(AREAS, area));
if (unknown.length > 0) {
  process.stderr.write(`There is no area ${unknown.join(', ')}; name some of ${Object.keys(AREAS).join(', ')}\n`);
  process.exit(64);
}
const changed = values.since
  ? execFileSync('git', ['diff', '--name-only', '--diff-filter=d', values.since], { cwd: root, encoding: 'utf8' })
  : '';
const named = values.since || values.file ? [...changed.split('\n'), ...(values.file ?? [])] : null;

/** What to mutate of an area, as Jest runs it: compiled. @param {string} folder @returns {string[]} */
function compiled(folder) {
  const source = new RegExp(`^${folder.replace('*', '[^/]+')}/.*(?<!\\.test)\\.ts$`);
  const paths = named ? named.filter((path) => source.test(path)) : [`${folder}/**/*.ts`];
  return paths.map((path) => path.replace('/src/', '/dist/src/').replace(/\.ts$/, '.js'));
}

/** @param {string} area @param {string[]} mutate */
async function mutateArea(area, mutate) {
  const temporary = `.trustcast/mutation/${area}`;
  const stryker = new Stryker({
    mutate: [...mutate, '!**/*.test.js'],
    testRunner: 'jest',
    testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
    jest: { projectType: 'custom', configFile: 'dev/mutation/jest.config.mjs', enableFindRelatedTests: true },
    plugins: [fileURLToPath(import.meta.resolve('@stryker-mutator/jest-runner'))],
    coverageAnalysis: 'perTest',
    concurrency: Number(values.concurrency),
    // Text of messages is not what this asks for; a constant of a module would need a process for each mutant.
    mutator: { plugins: null, excludedMutations: ['StringLiteral', 'ObjectLiteral'] },
    ignoreStatic: true,
    timeoutMS: 30_000,
    tempDirName: temporary,
    // Of the copy in which the mutants live; node_modules is linked into it.
    ignorePatterns: ['/.trustcast', '/bench', '/clients', '/agents/jvm'],
    reporters: ['json', 'clear-text'],
    jsonReporter: { fileName: `.trustcast/mutation/${area}.json` },
    clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
    allowConsoleColors: false,
  });
  try {
    return await stryker.runMutationTest();
  } finally {
    rmSync(join(root, temporary), { recursive: true, force: true });
  }
}

process.chdir(root);
/** @type {string[]} */
const scores = [];
for (const [area, folder] of Object.entries(AREAS)) {
  const mutate = positionals.length === 0 || positionals.includes(area) ? compiled(folder) : [];
  if (mutate.length === 0) continue;
  const results = await mutateArea(area, mutate);
  /** @param {string[]} states */
  const count = (...states) => results.filter(({ status }) => states.includes(status)).length;
  const [noticed, missed, untested] = [count('Killed', 'Timeout'), count('Survived'), count('NoCoverage')];
  const percent = ((100 * noticed) / Math.max(1, noticed + missed + untested)).toFixed(1);
  scores.push(
    `${area}: ${percent} % (${noticed} noticed, ${missed} survived, ${untested} in code that no unit test runs)`,
  );
}
process.stdout.write(`\n${scores.join('\n')}\n`);
