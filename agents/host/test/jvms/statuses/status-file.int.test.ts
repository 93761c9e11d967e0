import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LIMITS } from '@trustcast/schema';
import { readStatusFile } from '../../../src/jvms/statuses/status-file.js';
import { command } from '../../support/command.js';
import { temporaryDirectory } from '../../support/fixtures.js';

const GOOD = {
  format: 'trustcast-jvm-status/1',
  bootId: '11111111-1111-4111-8111-111111111111',
  pid: 1,
  startTicks: 1,
  jdk: { version: '17', vendor: 'x' },
  mainClass: null,
  agentVersion: '1',
  via: 'premain',
  file: null,
  state: 'LOADED',
  reason: null,
  loaded: null,
  alsoInBase: [],
  lastError: null,
  hookErrors: 0,
  sequence: 1,
  writtenAt: '2026-01-01T00:00:00Z',
};
let folder: ReturnType<typeof temporaryDirectory>;
const at = (name: string): string => join(folder.path, name);
beforeEach(() => {
  folder = temporaryDirectory();
});
afterEach(() => {
  folder.remove();
});

describe('a status file', () => {
  test('is read with its owner', () => {
    writeFileSync(at('a.json'), JSON.stringify(GOOD));
    expect(readStatusFile(at('a.json'))).toMatchObject({ status: { state: 'LOADED' }, ownerUid: process.getuid!() });
  });

  test('that is a symbolic link is not followed', () => {
    writeFileSync(at('a.json'), JSON.stringify(GOOD));
    symlinkSync(at('a.json'), at('link.json'));
    expect(() => readStatusFile(at('link.json'))).toThrow(/must not be reached by a link/);
  });

  test('that is a FIFO, a directory or a device is refused without waiting', () => {
    command('mkfifo', at('fifo.json'));
    mkdirSync(at('folder.json'));
    expect(() => readStatusFile(at('fifo.json'))).toThrow(/regular/);
    expect(() => readStatusFile(at('folder.json'))).toThrow(/regular/);
    expect(() => readStatusFile('/dev/zero')).toThrow(/regular/);
  });

  test('over 64 KB is not read, also when it is valid', () => {
    writeFileSync(at('a.json'), JSON.stringify(GOOD).padEnd(LIMITS.jvmStatusBytes + 1));
    expect(() => readStatusFile(at('a.json'))).toThrow(/64 KB/);
    writeFileSync(at('a.json'), JSON.stringify(GOOD).padEnd(LIMITS.jvmStatusBytes));
    expect(readStatusFile(at('a.json')).status.pid).toBe(1);
  });
});
