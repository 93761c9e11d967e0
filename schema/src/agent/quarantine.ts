import * as decode from '../text/decode.js';
import { MalformedError } from '../errors.js';

/** A certificate that a host leaves out of its truststore, because a JDK could not load the file with it. */
export interface QuarantinedEntry {
  /** Alias of a managed entry, or of one of the base. */
  readonly alias: string;
  /** SHA-256 of the DER, 64 lower-case hexadecimal digits. */
  readonly fingerprint: string;
  /** Home of the JDK that cannot load it. */
  readonly jdk: string;
}

/** The quarantine of a host, as it reports it. */
export interface QuarantineReport {
  /** At most {@link MAX_QUARANTINED} of them. */
  readonly entries: readonly QuarantinedEntry[];
  /** Number of all quarantined certificates. */
  readonly total: number;
}

/** Maximum number that a report lists; `total` counts all. */
export const MAX_QUARANTINED = 50;

/** Reads a quarantine from untrusted JSON; null if the agent is too old to report one. @throws MalformedError */
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
