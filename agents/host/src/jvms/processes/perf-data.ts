import { readCarefully } from '../../files/careful-file.js';
import { mappedPath } from './memory-map.js';
import type { ProcessFacts } from './process-facts.js';

/** HotSpot's own is 32 KB; what is larger was made so by an option. */
const MAX_BYTES = 1_024 * 1_024;
const ENTRY_BYTES = 20;
/** HotSpot has some hundred. */
const MAX_ENTRIES = 4_096;
/** Of a string; what does not end by then is none. */
const MAX_TEXT_BYTES = 4_096;

const PERF_DATA = /^\/tmp\/hsperfdata_[^/]+\/\d+$/;

/** What a HotSpot JVM says in its performance data file; null where it has none that can be read. */
export function perfConstant({ pid, uid, gid }: ProcessFacts, name: string): string | null {
  try {
    // The one that it has mapped: another by this pid may be left over by a process of before.
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
 * A string of performance data, version 2: a prologue of 32 bytes, then entries of a header, a name and data. Of the names no
 * more is looked at than the one that is asked for has, however long they are.
 */
export function stringOf(bytes: Buffer, name: string): string | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const int = (at: number): number => view.getUint32(at, bytes[4] === 1);
  if (view.getUint32(0) !== 0xcafec0c0) return null;
  const wanted = Buffer.from(`${name}\0`, 'latin1');
  for (let at = int(24), left = Math.min(int(28), MAX_ENTRIES); left > 0; left -= 1) {
    const from = at + int(at + 4);
    if (wanted.equals(bytes.subarray(from, from + wanted.length))) return textAt(bytes, at + int(at + 16));
    // What is shorter than its header would be looked at for ever.
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
