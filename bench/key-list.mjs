import { generateKeyPairSync, randomUUID } from 'node:crypto';
import {
  KEY_LIST_TYPE,
  ROOT_TYPE,
  publicJwkOf,
  rootIdOf,
  signAlso,
  signingKeyOf,
  unsigned,
  verifyKeyDocument,
} from '@trustcast/schema';

const TARGET_MS = 5;
const RUNS = 200;

/** How long an agent takes to verify a list of 10 signing keys under the second root, each signed by 3 keys of 5. */
export async function keyList() {
  const newKey = () => signingKeyOf(generateKeyPairSync('ed25519').privateKey);
  const roots = await Promise.all(Array.from({ length: 5 }, newKey));
  const keys = await Promise.all(Array.from({ length: 10 }, newKey));
  const installation = randomUUID();
  /** @param {string} type @param {object} payload */
  const sign = async (type, payload) => {
    let document = unsigned(payload);
    for (const key of roots.slice(0, 3)) document = signAlso(type, document, key, await publicJwkOf(key.privateKey));
    return document;
  };
  /** @param {number} version */
  const root = (version) => sign(ROOT_TYPE, { installation, version, threshold: 3, keys: roots.map(({ kid }) => kid) });
  const [first, second] = [await root(1), await root(2)];
  const now = Date.now();
  const listed = keys.map(async ({ privateKey }) => ({
    key: await publicJwkOf(privateKey),
    notBefore: now,
    notAfter: now + 1_000,
  }));
  const claims = { installation, rootVersion: 2, version: 1, issuedAt: now, expiresAt: now + 1_000, startFrom: [] };
  const list = await sign(KEY_LIST_TYPE, { ...claims, keys: await Promise.all(listed) });
  const document = { roots: [first, second], list };
  const pins = [rootIdOf(first)];
  const times = Array.from({ length: RUNS }, () => {
    const startedAt = performance.now();
    verifyKeyDocument(document, pins);
    return performance.now() - startedAt;
  }).sort((a, b) => a - b);
  const median = times[RUNS >> 1] ?? Infinity;
  return [
    {
      figure: 'a list of 10 signing keys verified over two roots, each signed by 3 of 5 (median)',
      target: `<= ${TARGET_MS} ms`,
      measured: `${median.toFixed(2)} ms`,
      ok: median <= TARGET_MS,
    },
  ];
}
