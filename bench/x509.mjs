#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { machineRoots } from '@trustcast/keystore/test/machine-roots.js';
import { assertJavaSafe, certificateFields, pemOf, readCertificates } from '@trustcast/x509';

const ROUNDS = 20;
/** Refuses the certificate or reads it, whatever the machine does meanwhile. */
const TARGET_MS = 0.5;

/**
 * What a certificate costs on its way in.
 * @returns {Promise<import('./run.mjs').Row[]>}
 */
export async function x509() {
  const ders = machineRoots().map(({ der }) => der);
  const pems = ders.map(pemOf);
  const whole = (/** @type {Uint8Array} */ der) => {
    assertJavaSafe(der);
    certificateFields(der);
  };
  return [
    row('gate and fields per certificate', perItemMs(ders, whole)),
    row('of which the gate', perItemMs(ders, assertJavaSafe)),
    row(
      'intake of one certificate in PEM',
      perItemMs(pems, (pem) => readCertificates(pem)),
    ),
  ];
}

/** @template T @param {readonly T[]} items @param {(item: T) => void} run */
function perItemMs(items, run) {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const start = performance.now();
    for (const item of items) run(item);
    return (performance.now() - start) / items.length;
  });
  // The first rounds are the compiler's.
  return rounds.slice(ROUNDS / 4).toSorted((a, b) => a - b)[(ROUNDS * 3) >> 3];
}

/** @param {string} figure @param {number} ms */
function row(figure, ms) {
  return { figure, target: `<= ${TARGET_MS} ms`, measured: `${ms.toFixed(3)} ms`, ok: ms <= TARGET_MS };
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const each of await x509())
    process.stdout.write(
      process.argv.includes('--json')
        ? `${JSON.stringify(each)}\n`
        : `${each.ok ? ' ' : '!'} ${each.figure.padEnd(76)} ${each.target.padEnd(12)} ${each.measured}\n`,
    );
