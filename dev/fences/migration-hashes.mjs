#!/usr/bin/env node
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { report, root, trackedFiles } from './tracked-files.mjs';

/**
 * A migration that was merged may have run on somebody's database: it is never edited. `migrations/hashes.json` holds the
 * SHA-256 of each. Without arguments new migrations are added to it; an entry that is there is never replaced.
 */
const file = join(root, 'migrations/hashes.json');
/** @type {Record<string, string>} */
const known = JSON.parse(readFileSync(file, 'utf8'));
const now = Object.fromEntries(
  trackedFiles(/^migrations\/src\/(?:[^/]+\/)?\d{13}-.*\.ts$/).map((path) => [
    basename(path),
    createHash('sha256')
      .update(readFileSync(join(root, path)))
      .digest('hex'),
  ]),
);

const problems = Object.entries(known)
  .filter(([name, hash]) => now[name] !== hash)
  .map(([name]) =>
    now[name] === undefined
      ? `${name} is gone: a merged migration stays`
      : `${name} was edited: restore it, and write a new migration for the change`,
  );
const added = Object.keys(now).filter((name) => !Object.hasOwn(known, name));
if (process.argv.includes('--check'))
  problems.push(...added.map((name) => `${name} has no hash yet: node dev/fences/migration-hashes.mjs`));
else if (added.length > 0) {
  const all = { ...known, ...Object.fromEntries(added.map((name) => [name, now[name]])) };
  const sorted = Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(file, `${JSON.stringify(sorted, null, 2)}\n`);
}
report('migrations', problems);
