import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Entry, MARKER_ALIAS, fingerprintOf } from '@trustcast/schema';
import { writePkcs12 } from '@trustcast/keystore';
import { FileHistory } from '../../src/truststore/file-history.js';
import { Truststore } from '../../src/truststore/truststore.js';
import { WrittenHistory } from '../../src/truststore/written-history.js';

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'trustcast-history-'));
  path = join(directory, 'truststore.p12');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const marker = randomBytes(700);
const entry = (alias: string): Entry => ({ alias, der: randomBytes(900) });

function truststore(): { write: (...entries: Entry[]) => string } {
  const history = new WrittenHistory(directory);
  const file = new Truststore(path, marker, history);
  return {
    write(...entries) {
      const set = new Map(entries.map((one) => [one.alias, { ...one, fingerprint: fingerprintOf(one.der) }]));
      file.write({ position: null, set, base: [], quarantined: null });
      return history.last?.sha256 ?? '';
    },
  };
}

function read(): { line: string[]; fingerprints: string[] } {
  const bytes = readFileSync(join(directory, 'truststore.history'));
  const end = bytes.indexOf('\n');
  const hex = bytes.subarray(end + 1).toString('hex');
  return { line: bytes.toString('latin1', 0, end).split(' '), fingerprints: hex.match(/.{64}/g) ?? [] };
}

test('the history names everything that was ever in the truststore, and the truststores it was written with', () => {
  const [one, two] = [entry('one'), entry('two')];
  const { write } = truststore();
  const first = write(one);
  const second = write(two);
  const { line, fingerprints } = read();
  expect(new Set(fingerprints)).toEqual(new Set([marker, one.der, two.der].map(fingerprintOf)));
  expect(line.slice(3)).toEqual([second, first]);
  expect(MARKER_ALIAS).toBe('trustcast/marker');
});

test('the history goes on after a restart of the agent, and begins anew where somebody else wrote the truststore', () => {
  const one = entry('one');
  truststore().write(one);
  const began = read().line.slice(0, 3);
  truststore().write();
  expect(read().line.slice(0, 3)).toEqual(began);
  expect(read().fingerprints).toContain(fingerprintOf(one.der));

  writeFileSync(join(directory, 'truststore.history'), rewritten(began, 'trustcast-history/1 another-boot 5'));
  // A keystore of somebody else's: what is none is never replaced.
  writeFileSync(path, writePkcs12([entry('by-hand')]));
  truststore().write(entry('two'));
  const { line, fingerprints } = read();
  expect(line[1]).not.toBe('another-boot');
  expect(Number(line[2])).toBeGreaterThanOrEqual(Math.floor((uptime() - 10) * 100));
  expect(fingerprints).toContain(fingerprintOf(one.der));
});

test('a history that cannot be written keeps the truststore from being written', () => {
  const { write } = truststore();
  const before = write();
  rmSync(directory, { recursive: true });
  expect(() => write(entry('one'))).toThrow('ENOENT');
  expect(before).toHaveLength(64);
});

test('a history over its bound forgets the oldest, and says from when on it is complete', () => {
  const history = new FileHistory(path);
  history.note([entry('first')], 'a'.repeat(64));
  const began = Number(read().line[2]);
  writeFileSync(
    join(directory, 'truststore.history'),
    Buffer.concat([Buffer.from(`trustcast-history/1 another-boot 5 ${'a'.repeat(64)}\n`), randomBytes(32 * 100_000)]),
  );
  new FileHistory(path).note([entry('one')], 'b'.repeat(64));
  const { line, fingerprints } = read();
  expect(fingerprints).toHaveLength(100_000);
  expect(Number(line[2])).toBeGreaterThanOrEqual(began);
});

function rewritten(line: string[], by: string): Buffer {
  const bytes = readFileSync(join(directory, 'truststore.history'));
  return Buffer.from(bytes.toString('latin1').replace(line.join(' '), by), 'latin1');
}
