import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { chmodSync, chownSync, linkSync, lchownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { madeIn } from '@trustcast/dev/jest/made-in.mjs';
import { type Caution, readCarefully } from '../../src/files/careful-file.js';
import { command } from '../support/command.js';
import { temporaryDirectory } from '../support/fixtures.js';

const HOSTILE = 12_321;
const home = madeIn(beforeAll, () => Promise.resolve(temporaryDirectory()));
afterAll(() => home.remove());
let folder: string;
let count = 0;
beforeEach(() => {
  // The other user's own, in a place that everyone may come to.
  chmodSync(home.path, 0o755);
  folder = join(home.path, String((count += 1)));
  mkdirSync(folder);
  chownSync(folder, HOSTILE, HOSTILE);
});

const at = (name: string): string => join(folder, name);
function file(name: string, mode = 0o644, uid = 0): string {
  writeFileSync(at(name), `content of ${name}`);
  chmodSync(at(name), mode);
  chownSync(at(name), uid, uid);
  return at(name);
}
function link(name: string, target: string, uid = HOSTILE): string {
  symlinkSync(target, at(name));
  lchownSync(at(name), uid, uid);
  return at(name);
}
const read = (path: string, caution: Partial<Caution> = {}): string =>
  readCarefully(path, { maxBytes: 1_024, ...caution }).bytes.toString();
const asHostile = { readableBy: { uid: HOSTILE, gid: HOSTILE } };

describe('what another user chooses is refused, and waited for in no case, where it is', () => {
  test('a FIFO', () => {
    command('mkfifo', at('fifo'));
    expect(() => read(at('fifo'))).toThrow('must be a regular file');
  });
  test('a link to a FIFO', () => {
    command('mkfifo', at('fifo'));
    expect(() => read(link('link', at('fifo')))).toThrow('must be a regular file');
  });
  test('a device without an end', () => {
    expect(() => read(link('zero', '/dev/zero'))).toThrow('must be a regular file');
  });
  test('a directory', () => {
    mkdirSync(at('directory'));
    expect(() => read(at('directory'))).toThrow('must be a regular file');
  });
  test('larger than the limit', () => {
    writeFileSync(at('large'), Buffer.alloc(1_025));
    expect(() => read(at('large'))).toThrow('must not be larger than 1 KB');
  });
  test('larger than the limit although it says that it is empty', () => {
    expect(() => read(`/proc/${process.pid}/smaps`)).toThrow('must not be larger than 1 KB');
  });
  test('a link to a file that its owner cannot read', () => {
    expect(() => read(link('link', file('secret', 0o600)))).toThrow('must be readable for the user who names it');
  });
  test('a link into a directory that its owner cannot enter', () => {
    mkdirSync(at('closed'), { mode: 0o700 });
    writeFileSync(at('closed/file'), 'secret');
    expect(() => read(link('link', at('closed/file')))).toThrow('must be readable for the user who names it');
  });
  test('a link of root’s in a directory of theirs, who could have moved it there', () => {
    expect(() => read(link('link', file('secret', 0o600), 0))).toThrow('must be readable for the user who names it');
  });
  test('another name of a file that they cannot read', () => {
    linkSync(file('secret', 0o600), at('name'));
    expect(() => read(at('name'), asHostile)).toThrow('must be readable for the user who names it');
  });
  test('a file of a third user', () => {
    expect(() => read(file('other', 0o644, HOSTILE + 1), asHostile)).toThrow('must belong to root or to the user');
  });
  test('reached by any link where none is allowed', () => {
    expect(() => read(link('link', file('plain')), { links: false })).toThrow('must not be reached by a link');
    link('folder', '.');
    expect(() => read(at('folder/plain'), { links: false })).toThrow('must not be reached by a link');
  });
  test('a chain of links without an end', () => {
    link('a', at('b'));
    link('b', at('a'));
    expect(() => read(at('a'))).toThrow('must not be reached by a link');
  });
});

test('a link of theirs to what they can read is followed', () => {
  expect(read(link('link', file('plain')))).toBe('content of plain');
  expect(read(link('own', file('mine', 0o600, HOSTILE)), asHostile)).toBe('content of mine');
});

test('an absolute link, or one that climbs, does not lead out of the root of the process', () => {
  mkdirSync(at('root'));
  mkdirSync(at('root/etc'));
  writeFileSync(at('root/etc/name'), 'inside');
  link('root/absolute', '/etc/name');
  link('root/climbing', '../../../../../../etc/name');
  for (const name of ['absolute', 'climbing']) expect(read(`/${name}`, { root: at('root') })).toBe('inside');
});
