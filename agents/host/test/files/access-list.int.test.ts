import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { madeIn } from '@trustcast/dev/jest/made-in.mjs';
import { readCarefully } from '../../src/files/careful-file.js';
import { ownedPath } from '../../src/files/owned-path.js';
import { readProcess } from '../../src/jvms/processes/process-facts.js';
import { whyNoStatus } from '../../src/jvms/silence/why-no-status.js';
import { prepareDirectory, unsafeParent, unsafeTruststore } from '../../src/state/agent-directory.js';
import { command } from '../support/command.js';
import { temporaryDirectory } from '../support/fixtures.js';

const HOSTILE = 12_321;
/** Gives a user rights by a list of access control: the mode then has these rights for the group, whoever they are of. */
const GRANT = `
import os, struct, sys
user, group, others = (int(text) for text in sys.argv[2:])
entries = [(1, 7, 0xffffffff), (2, user, ${HOSTILE}), (4, group, 0xffffffff), (0x10, 7, 0xffffffff), (0x20, others, 0xffffffff)]
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
const grant = (path: string, { user = 7, group = 5, others = 5 } = {}): unknown =>
  command('python3', '-c', GRANT, path, String(user), String(group), String(others));
/** Runs a program as a user and group, with no other groups; throws where that fails. */
const as = (uid: number, gid: number, ...words: string[]): unknown =>
  command('setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', ...words);

/** Has the file written by others in both ways. */
function checkFile(): void {
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
    as(HOSTILE, HOSTILE, 'touch', join(folder, 'theirs'));
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
      checkFile();
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

describe('where a list of access control decides,', () => {
  const [user, group] = [23_456, 34_567];
  const reader = { maxBytes: 100, readableBy: { uid: user, gid: group } };
  beforeEach(() => {
    chownSync(file, 0, group);
    chmodSync(file, 0o640);
  });

  test('nothing is read for a group that has only the mask', () => {
    as(user, group, 'cat', file);
    expect(readCarefully(file, reader).bytes.toString()).toBe('#!/bin/sh\n');
    grant(file, { user: 4, group: 0, others: 0 });
    expect(() => as(user, group, 'cat', file)).toThrow();
    expect(() => readCarefully(file, reader)).toThrow('readable for the user who names it');
  });

  test('nor through a directory that such a group may not search', () => {
    chmodSync(file, 0o644);
    chownSync(folder, 0, group);
    chmodSync(folder, 0o750);
    expect(readCarefully(file, reader).bytes.toString()).toBe('#!/bin/sh\n');
    grant(folder, { user: 5, group: 0, others: 0 });
    expect(() => as(user, group, 'cat', file)).toThrow();
    expect(() => readCarefully(file, reader)).toThrow('readable for the user who names it');
  });

  test('nor is anything read for a member of a group that may not, although all others may', () => {
    chmodSync(file, 0o604);
    expect(() => as(user, group, 'cat', file)).toThrow();
    expect(() => readCarefully(file, reader)).toThrow('readable for the user who names it');
  });

  test('nobody says that a user may not, who may, and what decides is named', () => {
    const directory = prepareDirectory(join(folder, 'agent'));
    const jvm = { ...readProcess(process.pid)!, uid: HOSTILE, gid: HOSTILE };
    const named = { jar: file, directory: directory.path, from: 'the command line', isRead: true, isOtherJar: false };
    const why = (): string => whyNoStatus(jvm, named, directory).text;
    chmodSync(folder, 0o750);
    expect(why()).toBe(`uid ${HOSTILE} may not write into ${folder}`);
    grant(folder, { others: 0 });
    expect(why()).toBe(`uid ${HOSTILE} cannot read ${file}`);
    grant(file, { others: 0 });
    as(HOSTILE, HOSTILE, 'cat', file);
    as(HOSTILE, HOSTILE, 'touch', join(directory.jvms, 'status'));
    expect(why()).toContain('it is late');
    for (const what of [`search ${folder}`, `read ${file}`])
      expect(why()).toContain(`whether uid ${HOSTILE} may ${what} its list of access control decides (getfacl)`);
  });
});
