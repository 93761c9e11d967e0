import { createHash } from 'node:crypto';
import { foldAlias } from '../text/alias.js';
import { LimitExceededError, TrustcastError } from '../errors.js';
import { LIMITS } from '../limits.js';

/** One managed certificate as it travels: its alias and its DER encoding. */
export interface Entry {
  readonly alias: string;
  readonly der: Uint8Array;
}

/** An entry of a set, with the SHA-256 of its DER in lower-case hex. */
export interface SetEntry extends Entry {
  readonly fingerprint: string;
}

/** All managed entries of an environment at one revision, by folded alias. */
export type CertificateSet = ReadonlyMap<string, SetEntry>;

/** What changed between two revisions. A changed alias spelling is a removal of the old and an upsert of the new. */
export interface Delta {
  readonly upserts: readonly Entry[];
  readonly removals: readonly string[];
}

export const EMPTY_SET: CertificateSet = new Map();

/** SHA-256 of a certificate's DER: 64 lower-case hex characters. */
export function fingerprintOf(der: Uint8Array): string {
  return createHash('sha256').update(der).digest('hex');
}

/** Identity that a digest is bound to. Both are UUIDs in lower-case text. */
export interface SetScope {
  readonly installation: string;
  readonly environment: string;
}

/**
 * Returns the set that results from applying `delta`; `set` is left alone. Removals come first.
 *
 * @throws TrustcastError `DELTA_MISMATCH` when a removal names no entry or two upserts fold to one alias
 * @throws LimitExceededError when the result has more than {@link LIMITS}.entries entries
 */
export function applyDelta(set: CertificateSet, delta: Delta): CertificateSet {
  const result = new Map(set);
  for (const alias of delta.removals)
    if (!result.delete(foldAlias(alias)))
      throw new TrustcastError('DELTA_MISMATCH', 'a removal names an alias that the set does not have');
  const seen = new Set<string>();
  for (const { alias, der } of delta.upserts) {
    const key = foldAlias(alias);
    if (seen.has(key)) throw new TrustcastError('DELTA_MISMATCH', 'two upserts have the same alias');
    seen.add(key);
    result.set(key, { alias, der, fingerprint: fingerprintOf(der) });
  }
  if (result.size > LIMITS.entries) throw new LimitExceededError('number of entries', LIMITS.entries, result.size);
  return result;
}

/**
 * Digest of a set: SHA-256 in lower-case hex over UTF-8 lines, each ended by LF: `trustcast-set/1`, the installation,
 * the environment, then `trust <fingerprint> <alias>` per entry in the order of the lines' bytes.
 */
export function digestOf(scope: SetScope, set: ReadonlyMap<string, Pick<SetEntry, 'alias' | 'fingerprint'>>): string {
  const lines: string[] = [];
  for (const { alias, fingerprint } of set.values()) lines.push(`trust ${fingerprint} ${alias}\n`);
  // Aliases are of the BMP without surrogates, where UTF-16 order is UTF-8 order.
  lines.sort();
  return createHash('sha256')
    .update(`trustcast-set/1\n${scope.installation}\n${scope.environment}\n`)
    .update(lines.join(''))
    .digest('hex');
}
