import { subjectLength } from '@trustcast/keystore';
import { type Entry, MARKER_ALIAS } from '@trustcast/schema';

/** Of the length in front of each subject (RFC 5246, 7.4.4). */
const LENGTH_BYTES = 2;

const known = new WeakMap<Uint8Array, number>();

/** Bytes of the list of subjects that a JVM with these entries sends to clients; the marker is none of them. */
export function issuerBytes(entries: Iterable<Entry>): number {
  let sum = 0;
  for (const { alias, der } of entries) if (alias !== MARKER_ALIAS) sum += bytesOf(der);
  return sum;
}

function bytesOf(der: Uint8Array): number {
  const before = known.get(der);
  if (before !== undefined) return before;
  let bytes = 0;
  try {
    bytes = LENGTH_BYTES + subjectLength(der);
  } catch {
    // JVMs read a base by themselves: what cannot be read here is counted by nobody.
  }
  known.set(der, bytes);
  return bytes;
}
