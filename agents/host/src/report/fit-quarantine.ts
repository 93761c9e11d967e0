import { MAX_QUARANTINED, type QuarantineReport, type QuarantinedEntry, plainText } from '@trustcast/schema';
import { sizeOf } from './fit-jvms.js';

const MAX_BYTES = 8 * 1_024;

/** Lists as many quarantined entries as a report holds beside the JVMs; the others are counted. */
export function fitQuarantine(quarantined: readonly QuarantinedEntry[]): QuarantineReport | null {
  if (quarantined.length === 0) return null;
  const entries: QuarantinedEntry[] = [];
  let bytes = 0;
  for (const { alias, fingerprint, jdk } of quarantined.slice(0, MAX_QUARANTINED)) {
    const entry = { alias: plainText(alias), fingerprint, jdk: plainText(jdk) };
    bytes += sizeOf(entry);
    if (bytes > MAX_BYTES) break;
    entries.push(entry);
  }
  return { entries, total: quarantined.length };
}
