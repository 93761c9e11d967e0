import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from '../../platform/make-folder.js';

/** Hands the one-time admin token over: into a file that only its owner reads, else printed once. */
export function handOverAdminToken(token: string, file: string | null): void {
  if (file === null) {
    process.stdout.write(`${JSON.stringify({ msg: 'admin token, shown this once', token })}\n`);
    return;
  }
  makeFolder(dirname(file));
  const temporary = `${file}.${process.pid}.new`;
  rmSync(temporary, { force: true });
  writeFileSync(temporary, `${token}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(temporary, file);
}
