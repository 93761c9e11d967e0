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
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Pkcs12Writer } from '@trustcast/keystore';
import { JavaJudge } from '@trustcast/keystore/test/java-judge.js';
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
  const judges = await JavaJudge.startAll([]);
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
      for (const judge of judges) rows.push(await againstJava(judge, folder, size));
    }
    return [...rows, memory()];
  } finally {
    await Promise.all(judges.map((judge) => judge.stop()));
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

/** Both in turns, so that the load of the machine hits both. @param {string} folder @param {number} size */
function againstFloor(folder, size) {
  const entries = entriesOf(size);
  const writer = new Pkcs12Writer();
  const bytes = writer.write(entries);
  /** @type {number[]} */
  const floors = [];
  /** @type {number[]} */
  const writes = [];
  for (let round = 0; round < Math.max(11, Math.ceil(20_000 / size)); round++) {
    floors.push(timeMs(() => replace(folder, bytes)));
    writes.push(timeMs(() => replace(folder, writer.write(entries))));
  }
  return { floor: median(floors), write: median(writes) };
}

/** @param {string} folder @param {Uint8Array} bytes */
function replace(folder, bytes) {
  const file = openSync(join(folder, 'new'), 'w');
  writeSync(file, bytes);
  fsyncSync(file);
  closeSync(file);
  renameSync(join(folder, 'new'), join(folder, 'truststore.p12'));
  const directory = openSync(folder, 'r');
  fsyncSync(directory);
  closeSync(directory);
}

/**
 * Java's store does what ours does: write, sync, rename, sync. In turns, after Java has warmed up.
 * @param {JavaJudge} judge @param {string} folder @param {number} size
 * @returns {Promise<import('./run.mjs').Row>}
 */
async function againstJava(judge, folder, size) {
  const entries = entriesOf(size);
  const writer = new Pkcs12Writer();
  const file = writer.write(entries);
  const path = join(folder, 'java.p12');
  await judge.timeStore(file, Math.max(20, Math.ceil(20_000 / size)), path);
  /** @type {number[]} */
  const theirs = [];
  /** @type {number[]} */
  const ours = [];
  for (let round = 0; round < 11; round++) {
    theirs.push(...(await judge.timeStore(file, 1, path)).map((ns) => ns / 1e6));
    ours.push(timeMs(() => replace(folder, writer.write(entries))));
  }
  const ratio = median(theirs) / median(ours);
  return {
    figure: `truststore of ${size}: faster than KeyStore.store, warm ${judge.name}`,
    target: '>= 5x',
    measured: `${ratio.toFixed(1)}x (${median(theirs).toFixed(1)} ms against ${median(ours).toFixed(1)} ms)`,
    ok: ratio >= 5,
  };
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
  const bytes = new Pkcs12Writer().write(entries);
  return { fileMb: bytes.length / 2 ** 20, peakMb: statusMb('VmHWM') - idle };
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
