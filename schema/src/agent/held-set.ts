import { BASE_ALIAS_PREFIX, foldAlias, parseAlias } from '../text/alias.js';
import type { SetScope } from '../set/certificate-set.js';
import { digestOf } from '../set/certificate-set.js';
import * as decode from '../text/decode.js';
import { LimitExceededError, MalformedError } from '../errors.js';
import { LIMITS } from '../limits.js';

/** Bytes of the largest report: 20,000 entries with the longest aliases there are. */
export const HELD_SET_BYTES = 20 * 1024 * 1024;

/** An entry of a set, without its content. */
export interface HeldEntry {
  readonly alias: string;
  /** SHA-256 of the DER, lower-case hexadecimal. */
  readonly fingerprint: string;
}

/**
 * What a host holds, told to a service whose database is behind it: the statement that it accepted last, and the entries
 * that the statement's digest is of. The certificates themselves are not needed: the digest is of their fingerprints.
 *
 * `entries` is null until the service asks for them by answering {@link HeldSetAnswer} with `wanted: true`.
 */
export interface HeldSet {
  readonly statement: string;
  readonly entries: readonly HeldEntry[] | null;
}

export interface HeldSetAnswer {
  /** The service has this set or a later one, or its database is not behind. */
  readonly known: boolean;
  /** The service waits for the entries. Where both are false another host was asked for them. */
  readonly wanted: boolean;
}

export function encodeHeldSet({ statement, entries }: HeldSet): string {
  return JSON.stringify({
    statement,
    entries: entries?.map(({ alias, fingerprint }) => ({ alias, fingerprint })) ?? null,
  });
}

/** Reads a report; whether its digest is that of the statement is for the caller to check. @throws MalformedError, LimitExceededError */
export function decodeHeldSet(value: unknown): HeldSet {
  const report = decode.object(value, 'report');
  const { statement } = report;
  if (typeof statement !== 'string') throw new MalformedError('statement', 'must be a string');
  if (statement.length > LIMITS.statementBytes)
    throw new LimitExceededError('statement in bytes', LIMITS.statementBytes, statement.length);
  const seen = new Set<string>();
  const entries = decode.nullable(report.entries, 'entries', (items, field) =>
    decode.array(items, field, LIMITS.entries).map((item, index): HeldEntry => {
      const at = `${field}[${index}]`;
      const entry = decode.object(item, at);
      const alias = parseAlias(entry.alias, `${at}.alias`);
      const key = foldAlias(alias);
      if (seen.has(key) || alias.startsWith(BASE_ALIAS_PREFIX))
        throw new MalformedError(`${at}.alias`, 'must be of a managed entry, and once in a set');
      seen.add(key);
      return { alias, fingerprint: decode.sha256Hex(entry.fingerprint, `${at}.fingerprint`) };
    }),
  );
  return { statement, entries };
}

/** {@link digestOf} a set of which no more than aliases and fingerprints is known. */
export function heldDigest(scope: SetScope, entries: readonly HeldEntry[]): string {
  return digestOf(scope, new Map(entries.map((entry) => [foldAlias(entry.alias), entry])));
}

/** @throws MalformedError */
export function decodeHeldSetAnswer(value: unknown): HeldSetAnswer {
  const { known, wanted } = decode.object(value, 'answer');
  if (typeof known !== 'boolean') throw new MalformedError('known', 'must be true or false');
  if (typeof wanted !== 'boolean') throw new MalformedError('wanted', 'must be true or false');
  return { known, wanted };
}
