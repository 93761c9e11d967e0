#!/usr/bin/env node
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writevSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Pkcs12Writer } from '@trustcast/keystore';
import { ReferenceJvm } from '@trustcast/keystore/test/reference-jvm.js';
import { machineRoots } from '@trustcast/keystore/test/machine-roots.js';

const SIZES = [150, 1_000, 5_000, 20_000];
const MEMORY_ENTRIES = 20_000;

/**
 * Writing a truststore: against the floor (the same bytes written, synced and renamed), against `KeyStore.store` in a
 * warm JVM, and in memory.
 * @returns {Promise<import('./run.mjs').Row[]>}
 */
export async function keystore() {
  const folder = mkdtempSync(join(tmpdir(), 'trustcast-bench-'));
  const references = await ReferenceJvm.startAll([]);
  try {
    const rows = [];
    for (const size of SIZES) {
      const { floor, write } = againstFloor(folder, size);
      const ratio = write / floor;
      rows.push({
        figure: `truststore of ${size}: write against the floor (write, fsync, rename, fsync)`,
        target: '<= 2.0x',
        measured: `${ratio.toFixed(2)}x (${write.toFixed(2)} ms, floor ${floor.toFixed(2)} ms)`,
        ok: ratio <= 2,
      });
      for (const reference of references) rows.push(await againstJava(reference, folder, size));
    }
    return [...rows, memory()];
  } finally {
    await Promise.all(references.map((reference) => reference.stop()));
    rmSync(folder, { recursive: true });
  }
}

/** @param {number} size */
function entriesOf(size) {
  const roots = machineRoots();
  return Array.from({ length: size }, (_, index) => ({
    alias: `entry-${index}`,
    // A buffer of its own each, as certificates from a database are.
    der: Buffer.from(roots[index % roots.length].der),
  }));
}

/**
 * Gives the pieces of the file as the host agent makes them: each time one entry is another one.
 * @param {number} size
 */
function changing(size) {
  const entries = entriesOf(size);
  const writer = new Pkcs12Writer();
  const bytes = writer.write(entries);
  let changes = 0;
  const next = () => {
    const at = (changes++ * 7_919) % size;
    entries[at] = { ...entries[at] };
    return writer.pieces(entries);
  };
  return { bytes, next };
}

/** Both in turns, so that the load of the machine hits both. @param {string} folder @param {number} size */
function againstFloor(folder, size) {
  const { bytes, next } = changing(size);
  /** @type {number[]} */
  const floors = [];
  /** @type {number[]} */
  const writes = [];
  for (let round = 0; round < Math.max(25, Math.ceil(20_000 / size)); round++) {
    floors.push(timeMs(() => replace(folder, [bytes])));
    writes.push(timeMs(() => replace(folder, next())));
  }
  return { floor: median(floors), write: median(writes) };
}

/** @param {string} folder @param {Uint8Array[]} pieces */
function replace(folder, pieces) {
  const file = openSync(join(folder, 'new'), 'w');
  writevSync(file, pieces);
  fsyncSync(file);
  closeSync(file);
  renameSync(join(folder, 'new'), join(folder, 'truststore.p12'));
  const directory = openSync(folder, 'r');
  fsyncSync(directory);
  closeSync(directory);
}

/**
 * `KeyStore.store` to a stream that drops it against our pieces, both warm; and both with what makes a file of it, where the
 * disk has the larger share. Java writes what we do, without encryption and MAC.
 * @param {ReferenceJvm} reference @param {string} folder @param {number} size
 * @returns {Promise<import('./run.mjs').Row>}
 */
async function againstJava(reference, folder, size) {
  const { bytes, next } = changing(size);
  const path = join(folder, 'java.p12');
  const warmUp = Math.max(40, Math.ceil(40_000 / size));
  const memory = await inTurns(reference, bytes, null, next, warmUp);
  const durable = await inTurns(reference, bytes, path, () => replace(folder, next()), 1);
  const ratio = memory.theirs / memory.ours;
  return {
    figure: `truststore of ${size}: faster than KeyStore.store, warm ${reference.name}`,
    target: '>= 5x',
    measured:
      `${ratio.toFixed(1)}x (${memory.theirs.toFixed(2)} ms against ${memory.ours.toFixed(2)} ms; ` +
      `with the disk ${(durable.theirs / durable.ours).toFixed(1)}x)`,
    ok: ratio >= 5,
  };
}

/**
 * Medians, in turns, so that the load of the machine hits both.
 * @param {ReferenceJvm} reference @param {Uint8Array} bytes @param {string | null} path @param {() => void} ours @param {number} warmUp
 */
async function inTurns(reference, bytes, path, ours, warmUp) {
  await reference.timeStore(bytes, warmUp, path);
  for (let round = 0; round < warmUp; round++) ours();
  /** @type {{ theirs: number[], ours: number[] }} */
  const ms = { theirs: [], ours: [] };
  for (let round = 0; round < 41; round++) {
    ms.theirs.push(...(await reference.timeStore(bytes, 1, path)).map((ns) => ns / 1e6));
    ms.ours.push(timeMs(ours));
  }
  return { theirs: median(ms.theirs), ours: median(ms.ours) };
}

/** In a process of its own, whose high-water mark is reset before the write. */
function memory() {
  const output = execFileSync(process.execPath, ['--expose-gc', fileURLToPath(import.meta.url), '--memory'], {
    encoding: 'utf8',
  });
  const { fileMb, peakMb } = JSON.parse(output);
  return {
    figure: `truststore of ${MEMORY_ENTRIES}: peak memory above idle while writing`,
    target: '<= 2x file',
    measured: `${(peakMb / fileMb).toFixed(2)}x (${peakMb.toFixed(1)} MB, file ${fileMb.toFixed(1)} MB)`,
    ok: peakMb / fileMb <= 2,
  };
}

function measureMemory() {
  const entries = entriesOf(MEMORY_ENTRIES);
  new Pkcs12Writer().write(entries.slice(0, 100));
  /** @type {any} */ (globalThis).gc();
  writeFileSync('/proc/self/clear_refs', '5');
  const idle = statusMb('VmRSS');
  const pieces = new Pkcs12Writer().pieces(entries);
  return { fileMb: pieces.reduce((sum, { length }) => sum + length, 0) / 2 ** 20, peakMb: statusMb('VmHWM') - idle };
}

/** @param {string} field */
function statusMb(field) {
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1_024;
}

/** @param {() => void} run */
function timeMs(run) {
  const start = performance.now();
  run();
  return performance.now() - start;
}

/** @param {number[]} values */
function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

if (process.argv.includes('--memory')) process.stdout.write(JSON.stringify(measureMemory()));
else if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const row of await keystore())
    process.stdout.write(
      process.argv.includes('--json')
        ? `${JSON.stringify(row)}\n`
        : `${row.ok ? ' ' : '!'} ${row.figure.padEnd(76)} ${row.target.padEnd(12)} ${row.measured}\n`,
    );
