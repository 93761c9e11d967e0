import { createHash } from 'node:crypto';
import { BASE_ALIAS_PREFIX } from '../text/alias.js';
import { type Entry, fingerprintOf } from '../set/certificate-set.js';
import * as decode from '../text/decode.js';
import { MalformedError } from '../errors.js';

/** Certificates of the largest base that is reported, and bytes of its report. */
export const BASE_LIMITS = Object.freeze({ entries: 5_000, bytes: 16 * 1024 * 1024 });

/**
 * What an agent says of its base. The certificates come once, when the service does not know the digest.
 *
 * `entries` is null until the service asks for them by answering {@link BaseAnswer} with `known: false`.
 */
export interface BaseReport {
  readonly digest: string;
  readonly entries: readonly Entry[] | null;
}

export interface BaseAnswer {
  readonly known: boolean;
}

/** SHA-256 of the sorted lines `<sha256 hex> <alias>` of a base, in hexadecimal. */
export function baseDigest(entries: readonly Entry[]): string {
  const lines = entries.map(({ alias, der }) => `${fingerprintOf(der)} ${alias}\n`).sort();
  return createHash('sha256')
    .update(`trustcast-base/1\n${lines.join('')}`)
    .digest('hex');
}

export function encodeBaseReport({ digest, entries }: BaseReport): string {
  return JSON.stringify({
    digest,
    entries: entries?.map(({ alias, der }) => ({ alias, der: Buffer.from(der).toString('base64') })) ?? null,
  });
}

/** Reads a report and checks that its certificates are those of its digest. @throws MalformedError, LimitExceededError */
export function decodeBaseReport(value: unknown): BaseReport {
  const report = decode.object(value, 'report');
  const digest = decode.sha256Hex(report.digest, 'digest');
  const entries = decode.nullable(report.entries, 'entries', (items, field) =>
    decode.array(items, field, BASE_LIMITS.entries).map((item, index): Entry => {
      const { alias, der } = decode.object(item, `${field}[${index}]`);
      const name = decode.text(alias, `${field}[${index}].alias`, 1_024);
      if (!name.startsWith(BASE_ALIAS_PREFIX))
        throw new MalformedError(`${field}[${index}].alias`, `must start with ${BASE_ALIAS_PREFIX}`);
      return { alias: name, der: decode.derBase64(der, `${field}[${index}].der`) };
    }),
  );
  if (entries && baseDigest(entries) !== digest) throw new MalformedError('digest', 'is not that of the entries');
  return { digest, entries };
}

/** @throws MalformedError */
export function decodeBaseAnswer(value: unknown): BaseAnswer {
  const { known } = decode.object(value, 'answer');
  if (typeof known !== 'boolean') throw new MalformedError('known', 'must be true or false');
  return { known };
}
