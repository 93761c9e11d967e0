#!/usr/bin/env node
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './setup/build.mjs';
import { install } from './setup/install.mjs';
import { preconditions } from './setup/preconditions.mjs';
import { Progress } from './setup/progress.mjs';
import { lastLines, runCommand } from './setup/run-command.mjs';
import { SetupError } from './setup/setup-error.mjs';

/** `npm run check`: every check that needs no running server. All of them run; the first failure does not hide the next. */
const root = fileURLToPath(new URL('..', import.meta.url));
const progress = new Progress();

/** @type {[string, string[]][]} */
const checks = [
  ['lint', ['node_modules/eslint/bin/eslint.js', '--max-warnings=0', '.']],
  ['format', ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.']],
  ['Java format', ['dev/java-format.mjs', '--check']],
  ['layers', ['node_modules/dependency-cruiser/bin/dependency-cruise.mjs', ...sources()]],
  ['unused', ['node_modules/knip/bin/knip.js', '--no-progress']],
  ['README drift', ['dev/readme-tables.mjs', '--check']],
  ['SDL drift', ['dev/sdl.mjs', '--check']],
  ['API drift', ['dev/api-reference.mjs', '--check']],
  ['answer types drift', ['dev/answer-types.mjs', '--check']],
  ['schema reference drift', ['dev/schema-reference.mjs', '--check']],
  ['links', ['dev/fences/links.mjs']],
  ['named paths', ['dev/fences/named-paths.mjs']],
  ['named tests', ['dev/fences/named-tests.mjs']],
  ['sizes', ['dev/fences/sizes.mjs']],
  ['decisions', ['dev/fences/decisions.mjs']],
  ['commit subjects', ['dev/fences/commit-subjects.mjs']],
  ['merged migrations', ['dev/fences/migration-hashes.mjs', '--check']],
  ['GraphQL documents', ['dev/fences/graphql-documents.mjs']],
  // Loads every one of them: what they import is there under its name.
  ['benches', ['bench/run.mjs', '--help']],
];

function sources() {
  return ['schema/src', 'migrations/src', 'packages', 'clients', 'services', 'agents', 'dev', 'test'];
}

let failed = 0;
try {
  await progress.step('preconditions', () => preconditions());
  await progress.step('install', () => install({ root }));
  await progress.step('types', () => build({ root }));
} catch (error) {
  const known = error instanceof SetupError;
  process.stderr.write(`${known ? error.message : /** @type {Error} */ (error).stack}\n`);
  process.exit(known ? error.exitCode : 1);
}
/** @param {string} name @param {string[]} command */
const check = (name, [script = '', ...args]) =>
  progress
    .step(name, async () => {
      const { code, output } = await runCommand(process.execPath, [join(root, script), ...args], { cwd: root });
      if (code !== 0) throw new Error(lastLines(output, 60));
    })
    .catch((error) => {
      failed++;
      process.stderr.write(`${error.message}\n`);
    });
// The longest comes first; the others run beside it.
const queue = [...checks];
await Promise.all(
  Array.from({ length: 2 }, async () => {
    for (let next = queue.shift(); next; next = queue.shift()) await check(...next);
  }),
);
process.stdout.write(`${checks.length - failed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
