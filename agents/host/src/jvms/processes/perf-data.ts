import { readCarefully } from '../../files/careful-file.js';
import { mappedPath } from './memory-map.js';
import type { ProcessFacts } from './process-facts.js';

/** HotSpot's default is 32 KB; an option makes it larger. */
const MAX_BYTES = 1_024 * 1_024;
const ENTRY_BYTES = 20;
/** HotSpot has some hundred. */
const MAX_ENTRIES = 4_096;
/** Maximum length of a string. */
const MAX_TEXT_BYTES = 4_096;

const PERF_DATA = /^\/tmp\/hsperfdata_[^/]+\/\d+$/;

/** Reads a constant from the performance data of a HotSpot JVM; null where it has none that can be read. */
export function perfConstant({ pid, uid, gid }: ProcessFacts, name: string): string | null {
  try {
    // The mapped file: another with this pid may be left over from an earlier process.
    const path = mappedPath(pid, (mapped) => PERF_DATA.test(mapped));
    if (path === null) return null;
    const caution = { maxBytes: MAX_BYTES, root: `/proc/${pid}/root`, links: false, readableBy: { uid, gid } };
    const { bytes, ownerUid } = readCarefully(path, caution);
    return ownerUid === uid ? stringOf(bytes, name) : null;
  } catch {
    return null;
  }
}

/**
 * Finds a string in performance data, version 2: a prologue of 32 bytes, then entries of a header, a name and data. Names are
 * compared up to the length of the sought one, however long they are.
 */
export function stringOf(bytes: Buffer, name: string): string | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const int = (at: number): number => view.getUint32(at, bytes[4] === 1);
  if (view.getUint32(0) !== 0xcafec0c0) return null;
  const sought = Buffer.from(`${name}\0`, 'latin1');
  for (let at = int(24), left = Math.min(int(28), MAX_ENTRIES); left > 0; left -= 1) {
    const from = at + int(at + 4);
    if (sought.equals(bytes.subarray(from, from + sought.length))) return textAt(bytes, at + int(at + 16));
    // An entry shorter than its header would never end the loop.
    at += Math.max(int(at), ENTRY_BYTES);
  }
  return null;
}

/** Null where it does not end. */
function textAt(bytes: Buffer, from: number): string | null {
  const text = bytes.subarray(from, from + MAX_TEXT_BYTES);
  const end = text.indexOf(0);
  return end < 0 ? null : text.toString('latin1', 0, end);
}
