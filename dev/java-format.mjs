#!/usr/bin/env node
import { root, trackedFiles } from './fences/tracked-files.mjs';
import { formatJava } from './setup/java-format.mjs';
import { SetupError } from './setup/setup-error.mjs';

/** Formats all Java sources; `--check` only names those that are not formatted, and fails where there are any. */
const isCheck = process.argv.includes('--check');
try {
  const different = await formatJava(trackedFiles(/\.java$/), { root, write: !isCheck });
  for (const path of different) process.stdout.write(`${path}\n`);
  if (isCheck && different.length > 0) {
    process.stderr.write('not formatted: run "npm run format"\n');
    process.exitCode = 1;
  }
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.exitCode;
}
