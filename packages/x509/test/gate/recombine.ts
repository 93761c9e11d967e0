import { fuzzSeeds } from '../fuzz/fuzz-seeds.js';
import { fresh } from './fresh-parts.js';
import { type PartPool, poolOf } from './certificate-pool.js';
import { mutate } from '@trustcast/keystore/test/mutate.js';
import { type OddParts, oddCertificate, version } from './odd-certificate.js';
import type { Random } from '@trustcast/keystore/test/random.js';

/** Makes certificates of parts of others and of fresh values, some of them mutated then; most parse, many do harm. */
export function recombinations(seeds: readonly Buffer[] = fuzzSeeds()): (random: Random) => Buffer {
  const pool = poolOf(seeds);
  return (random) => {
    const der = oddCertificate(recombine(pool, random));
    return random.below(6) === 0 ? mutate(der, random) : der;
  };
}

function recombine(pool: PartPool, random: Random): OddParts {
  const part = (name: Exclude<keyof OddParts, 'extensions'>, make: ((random: Random) => Buffer) | undefined): Buffer =>
    make && random.below(2) === 0 ? make(random) : random.one(pool[name]);
  const rarely = (limit: number) => random.below(limit) === 0;
  const issuer = part('issuer', fresh.name);
  const signatureAlgorithm = part('signatureAlgorithm', fresh.signatureAlgorithm);
  return {
    version: rarely(20) ? random.one(pool.version) : version(2),
    serialNumber: part('serialNumber', fresh.serialNumber),
    signatureAlgorithm,
    outerSignatureAlgorithm: rarely(40) ? random.one(pool.outerSignatureAlgorithm) : signatureAlgorithm,
    issuer,
    notBefore: part('notBefore', fresh.time),
    notAfter: part('notAfter', fresh.time),
    subject: rarely(3) ? issuer : part('subject', fresh.name),
    publicKey: part('publicKey', fresh.publicKey),
    uniqueIds: rarely(40) ? random.one(pool.uniqueIds) : Buffer.alloc(0),
    extensions: rarely(60) ? 'empty list' : extensions(pool, random),
    signature: part('signature', fresh.signature),
  };
}

/** Seldom the same extension twice: each such certificate is refused, and proves little. */
function extensions(pool: PartPool, random: Random): Buffer[] {
  const byOid = new Map<string, Buffer>();
  for (let left = random.below(7); left > 0; left--) {
    const made = random.below(2) === 0 ? fresh.extension(random) : random.one(pool.extensions);
    byOid.set(random.below(30) === 0 ? String(left) : made.subarray(2, 8).toString('hex'), made);
  }
  return [...byOid.values()];
}
