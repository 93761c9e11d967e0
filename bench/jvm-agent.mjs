import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findJdks } from '@trustcast/dev/setup/find-jdks.mjs';

const dist = fileURLToPath(new URL('../agents/jvm/dist', import.meta.url));
const passwordless = ['certProtectionAlgorithm', 'macAlgorithm'].map((name) => `-Dkeystore.pkcs12.${name}=NONE`);
const run = promisify(execFile);

const FIRST_HANDSHAKES = 1_000;
const HOOK_PERCENT = 3;
const LOAD_MS = new Map([
  [150, 3],
  [1_000, 6],
  [5_000, 20],
]);

/**
 * The JVM agent by itself, on every JDK found: what the hook adds to the check of a real handshake (RSA-2048 authority, EC
 * leaf), how long a changed file takes to be in force, and whether the first handshake after a rename is right.
 * @returns {Promise<import('./run.mjs').Row[]>}
 */
export async function jvmAgent() {
  const rows = [];
  for (const jdk of await findJdks()) {
    const measured = await java(jdk, 'Bench', [], ['--add-exports', 'java.base/sun.security.ssl=ALL-UNNAMED']);
    for (const line of measured.trim().split('\n')) {
      const [name, ...numbers] = line.split(' ');
      const row = rowOf[name](numbers.map(Number));
      rows.push({ ...row, figure: `${row.figure}, JDK ${jdk.major}` });
    }
    const stress = await java(jdk, 'Stress', ['2', '2', String(FIRST_HANDSHAKES)], []);
    const wrong = Number(/first wrong (\d+) of/.exec(stress)?.[1]);
    rows.push({
      figure: `rename -> first handshake sees it, JDK ${jdk.major}`,
      target: `0 of ${FIRST_HANDSHAKES}`,
      measured: `${wrong} wrong`,
      ok: wrong === 0,
    });
  }
  return rows;
}

/** @type {Record<string, (numbers: number[]) => import('./run.mjs').Row>} */
const rowOf = { hook, look, load };

/** @param {number[]} us Without the hook; what it adds; the 95 % interval of that. */
function hook(us) {
  const [without, , low] = us;
  return {
    figure: 'handshake check with hooks, 30 rounds',
    target: `lower < ${HOOK_PERCENT} %`,
    measured: added(us),
    ok: (100 * low) / without < HOOK_PERCENT,
  };
}

/** @param {number[]} us As for the hook. */
function look(us) {
  return { figure: 'the same for a check that looks at the file', target: '', measured: added(us), ok: true };
}

/** @param {number[]} us */
function added([without, adds, low, high]) {
  const percent = (/** @type {number} */ value) => ((100 * value) / without).toFixed(1);
  return `+${adds.toFixed(2)} us on ${without.toFixed(1)} us, 95 % ${percent(low)} to ${percent(high)} %`;
}

/** @param {number[]} load Entries, median and worst in milliseconds. */
function load([entries, median, worst]) {
  const target = LOAD_MS.get(entries) ?? 0;
  return {
    figure: `load of a changed file, ${entries} entries, one new`,
    target: `<= ${target} ms`,
    measured: `${median.toFixed(1)} ms, worst ${worst.toFixed(1)} ms`,
    ok: median <= target,
  };
}

/** @param {import('@trustcast/dev/setup/find-jdks.mjs').Jdk} jdk @param {string} main @param {string[]} args @param {string[]} options */
async function java(jdk, main, args, options) {
  const directory = mkdtempSync(join(tmpdir(), 'trustcast-bench-'));
  mkdirSync(join(directory, 'jvms'));
  try {
    const agent = `-javaagent:${join(dist, 'trustcast-jvm.jar')}=dir=${directory}`;
    const program = ['-cp', join(dist, 'test-classes'), `io.trustcast.jvm.test.${main}`];
    const all = [agent, ...passwordless, ...options, ...program, join(directory, 'truststore.p12'), ...args];
    return (await run(join(jdk.home, 'bin/java'), all)).stdout;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
