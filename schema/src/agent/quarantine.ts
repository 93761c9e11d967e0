import * as decode from '../text/decode.js';
import { MalformedError } from '../errors.js';

/** A certificate that a host keeps out of its truststore, because a JDK cannot load the file with it. */
export interface QuarantinedEntry {
  /** Of a managed entry, or of one of the base. */
  readonly alias: string;
  /** SHA-256 of the DER, 64 lower-case hexadecimal digits. */
  readonly fingerprint: string;
  /** Home of the JDK that was asked and cannot load it. */
  readonly jdk: string;
}

/** What a host keeps out. */
export interface QuarantineReport {
  /** At most {@link MAX_QUARANTINED} of them. */
  readonly entries: readonly QuarantinedEntry[];
  /** How many there are. */
  readonly total: number;
}

/** As many as a report lists; the rest is counted. */
export const MAX_QUARANTINED = 50;

/** Reads it from untrusted JSON. Missing where an agent of before said nothing of it. @throws MalformedError */
export function decodeQuarantine(value: unknown, field: string): QuarantineReport | null {
  if (value == null) return null;
  const quarantine = decode.object(value, field);
  const entries = decode.array(quarantine.entries, `${field}.entries`, MAX_QUARANTINED).map((item, index) => {
    const path = `${field}.entries[${index}]`;
    const { alias, fingerprint, jdk } = decode.object(item, path);
    return {
      alias: decode.text(alias, `${path}.alias`),
      fingerprint: decode.sha256Hex(fingerprint, `${path}.fingerprint`),
      jdk: decode.text(jdk, `${path}.jdk`),
    };
  });
  const total = decode.int32(quarantine.total, `${field}.total`);
  if (total < entries.length) throw new MalformedError(`${field}.total`, 'must not be less than what is listed');
  return { entries, total };
}
