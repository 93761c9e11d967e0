import { MAX_QUARANTINED, type QuarantineReport, type QuarantinedEntry, plainText } from '@trustcast/schema';
import { sizeOf } from './fit-jvms.js';

const MAX_BYTES = 8 * 1_024;

/** What a report lists of a quarantine, so that there is room for the JVMs; the rest is counted. */
export function fitQuarantine(kept: readonly QuarantinedEntry[]): QuarantineReport | null {
  if (kept.length === 0) return null;
  const entries: QuarantinedEntry[] = [];
  let bytes = 0;
  for (const { alias, fingerprint, jdk } of kept.slice(0, MAX_QUARANTINED)) {
    const entry = { alias: plainText(alias), fingerprint, jdk: plainText(jdk) };
    bytes += sizeOf(entry);
    if (bytes > MAX_BYTES) break;
    entries.push(entry);
  }
  return { entries, total: kept.length };
}
