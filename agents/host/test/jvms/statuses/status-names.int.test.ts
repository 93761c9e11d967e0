import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openFolder } from '../../../src/files/open-folder.js';
import { statusNames } from '../../../src/jvms/statuses/status-names.js';
import { temporaryDirectory } from '../../support/fixtures.js';

const MANY = 2_200;
const SOME = 600;
let folder: ReturnType<typeof temporaryDirectory>;
beforeEach(() => {
  folder = temporaryDirectory();
});
afterEach(() => folder.remove());

function look(): { names: Set<string>; pauses: number } {
  const owned = openFolder(folder.path);
  const reading = statusNames(folder.path, owned);
  try {
    for (let pauses = 0; ; pauses += 1) {
      const { done, value } = reading.next();
      if (done === true) return { names: value.names, pauses };
    }
  } finally {
    owned.close();
  }
}

test('a directory of any number of entries is read with pauses, and what cannot be removed holds no status up', () => {
  for (let at = 0; at < SOME; at += 1) mkdirSync(join(folder.path, `full-${at}/x`), { recursive: true });
  writeFileSync(join(folder.path, 'status.json'), '{}');
  const { names, pauses } = look();
  expect([...names]).toEqual(['status.json']);
  expect(pauses).toBeGreaterThanOrEqual(Math.floor(SOME / 256));
  expect(readdirSync(folder.path)).toHaveLength(SOME + 1);
});

test('links, empty directories and files beyond a user’s share are removed in the same way', () => {
  for (let at = 0; at < MANY; at += 1)
    if (at % 2) mkdirSync(join(folder.path, `empty-${at}`));
    else writeFileSync(join(folder.path, `${at}.json`), '');
  const { names, pauses } = look();
  expect(names.size).toBe(1_000);
  expect(pauses).toBeGreaterThanOrEqual(Math.floor(MANY / 256));
  expect(readdirSync(folder.path)).toHaveLength(1_000);
});
