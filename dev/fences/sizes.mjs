#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { report, root, trackedFiles } from './tracked-files.mjs';

/**
 * A file of Java has at most 300 lines, as ESLint demands of TypeScript; a folder holds at most 25 files; half of all files have at
 * most 90 lines. What is larger stands here with its reason.
 */
const MOST_LINES = 300;
const MOST_FILES = 25;
const MEDIAN = 90;

const IMPL = 'agents/jvm/src/main/java/io/trustcast/jvm/impl';
/** @type {Record<string, string>} File to the reason why it is long, and cannot be split where another subject begins. */
const LONG_FILES = {
  [`${IMPL}/Controller.java`]: 'one thread and the fields that no other thread may touch',
  [`${IMPL}/trust/TrustHooks.java`]: 'the bodies of all hooks, which the permanent ABI reaches through this class',
  [`${IMPL}/platform/Internals.java`]: 'the one class that names internals of JDKs, found before anything is patched',
  [`${IMPL}/proof/Canary.java`]: 'one proof: each step decides by what those before it found',
};
/** @type {Record<string, string>} Folder to the reason why it is large. */
const LARGE_FOLDERS = {
  'docs/adr': 'decisions, one a file, by number',
  'migrations/src/2025-11': 'merged migrations, which are never moved',
  'packages/x509/test/fixtures/paste': 'inputs, one a file',
};

const problems = [];
const files = trackedFiles(/./);
/** @param {string} path */
const linesOf = (path) => readFileSync(join(root, path), 'utf8').split('\n').length - 1;
for (const path of files.filter((name) => name.endsWith('.java'))) {
  const lines = linesOf(path);
  const isLong = lines > MOST_LINES;
  if (isLong && !LONG_FILES[path]) problems.push(`${path} has ${lines} lines; split it where a subject begins`);
  if (!isLong && LONG_FILES[path]) problems.push(`${path} is not long any more: take it from the list`);
}
/** @type {Map<string, number>} Folder to the number of its files. */
const folders = new Map();
for (const folder of files.map((path) => dirname(path))) folders.set(folder, (folders.get(folder) ?? 0) + 1);
for (const [folder, count] of folders)
  if (count > MOST_FILES && !LARGE_FOLDERS[folder]) problems.push(`${folder} has ${count} files; part it by subject`);
for (const path of [...Object.keys(LONG_FILES), ...Object.keys(LARGE_FOLDERS)])
  if (!files.includes(path) && !folders.has(path)) problems.push(`${path} is listed and is not there`);

const sizes = files
  .filter((path) => /\.(ts|mjs|cjs|java)$/.test(path) && !path.includes('/fixtures/'))
  .map(linesOf)
  .sort((a, b) => a - b);
const median = sizes[sizes.length >> 1] ?? 0;
process.stdout.write(`${sizes.length} files of code; half of them have at most ${median} lines\n`);
if (median > MEDIAN) problems.push(`half of the files have more than ${MEDIAN} lines`);
report('sizes', problems);
