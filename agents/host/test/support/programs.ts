import { chmodSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from './fixtures.js';

const CLASSES = fileURLToPath(new URL('../../../../jvm/dist/test-classes/', import.meta.url));

/** Copies Java programs of the tests into a directory that every user may read; the work tree may be closed to them. */
export function programs(
  ...names: readonly ('Idle' | 'ReadTruststores' | 'Speaker')[]
): ReturnType<typeof temporaryDirectory> {
  const folder = temporaryDirectory();
  chmodSync(folder.path, 0o755);
  for (const name of names) {
    const file = join(folder.path, `${name}.class`);
    copyFileSync(join(CLASSES, `${name}.class`), file);
    chmodSync(file, 0o644);
  }
  return folder;
}
