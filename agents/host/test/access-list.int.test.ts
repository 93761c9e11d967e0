import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { madeIn } from '@trustcast/dev/jest/made-in.mjs';
import { readCarefully } from '../src/files/careful-file.js';
import { ownedPath } from '../src/files/owned-path.js';
import { unsafeParent, unsafeTruststore } from '../src/state/agent-directory.js';
import { command } from './command.js';
import { temporaryDirectory } from './fixtures.js';

const HOSTILE = 12_321;
/** Gives a user all rights by a list of access control: mode 0775, owner and group as before. */
const GRANT = `
import os, struct, sys
entries = [(1, 7, 0xffffffff), (2, 7, ${HOSTILE}), (4, 5, 0xffffffff), (0x10, 7, 0xffffffff), (0x20, 5, 0xffffffff)]
value = struct.pack('<I', 2) + b''.join(struct.pack('<HHI', *entry) for entry in entries)
os.setxattr(sys.argv[1], 'system.posix_acl_access', value)
`;
const home = madeIn(beforeAll, () => Promise.resolve(temporaryDirectory()));
afterAll(() => home.remove());
let count = 0;
let folder: string;
let file: string;
beforeEach(() => {
  chmodSync(home.path, 0o755);
  folder = join(home.path, String((count += 1)));
  mkdirSync(folder, { mode: 0o755 });
  file = join(folder, 'keytool');
  writeFileSync(file, '#!/bin/sh\n', { mode: 0o755 });
});
const grant = (path: string): unknown => command('python3', '-c', GRANT, path);

/** Has the file written by others in both ways. */
function judgeFile(): void {
  expect(ownedPath(file)).toBe(file);
  grant(file);
  expect(ownedPath(file)).toBeNull();
  chmodSync(file, 0o755);
  expect(ownedPath(file)).toBe(file);
  grant(dirname(file));
  expect(ownedPath(file)).toBeNull();
}

describe('what a list of access control lets another user write, although owner and group are root', () => {
  test('is no directory for the agent, nor for a truststore', () => {
    expect(unsafeParent(folder)).toBeNull();
    expect(unsafeTruststore(file)).toBeNull();
    grant(folder);
    // The other user may indeed.
    command('setpriv', `--reuid=${HOSTILE}`, `--regid=${HOSTILE}`, '--clear-groups', 'touch', join(folder, 'theirs'));
    expect(unsafeParent(folder)).toContain(folder);
    expect(unsafeParent(join(folder, 'below'))).toContain(folder);
    expect(unsafeTruststore(file)?.code).toBe('DIRECTORY_UNSAFE');
  });

  test('is no file that root runs, nor is one below such a directory', () => {
    // What is below a directory that everyone may write is none in any case.
    const own = mkdtempSync(join(homedir(), '.trustcast-test-'));
    try {
      file = join(own, 'keytool');
      writeFileSync(file, '#!/bin/sh\n', { mode: 0o755 });
      judgeFile();
    } finally {
      rmSync(own, { recursive: true });
    }
  });

  test('is no directory in which a link counts as root’s', () => {
    const secret = join(home.path, 'secret');
    writeFileSync(secret, 'x', { mode: 0o600 });
    const link = join(folder, 'link');
    symlinkSync(secret, link);
    expect(readCarefully(link, { maxBytes: 10 }).bytes.toString()).toBe('x');
    grant(folder);
    expect(() => readCarefully(link, { maxBytes: 10 })).toThrow('readable for the user who names it');
  });
});

test('a directory that the group of root may write is none for the agent', () => {
  chmodSync(folder, 0o775);
  chownSync(folder, 0, 0);
  expect(unsafeParent(folder)).toContain('chmod go-w');
});
