import { type JvmReport, type JvmStatus, type PartialField, plainText } from '@trustcast/schema';
import type { WrittenHistory } from '../truststore/written-history.js';
import type { JvmProcess } from './processes/jvm-scanner.js';
import { processId } from './processes/process-id.js';
import type { Found } from './statuses/found-status.js';

/** A healthy JVM writes its status every 5 s; an older status may be out of date. */
const SILENT_MS = 30_000;
const MAX_ALIASES = 1_000;
const MAX_OTHERS = 8;

/** Reason for a status whose process holds no lock for it, which anybody may have written. */
const NOT_BOUND = 'STATUS_NOT_BOUND: the process does not hold the lock of its status file';
const BINDING_UNKNOWN =
  'STATUS_NOT_BOUND: the descriptors of the process could not be read, so it is unknown whether it holds the lock of its status file (CAP_SYS_PTRACE)';

/** Reports a JVM by its status. */
export function reportOf(id: string, found: Found, history: WrittenHistory): JvmReport {
  const { status, process } = found;
  return {
    id,
    pid: process.pid,
    startedAt: process.startedAt,
    jdkVersion: status.jdk.version,
    mainClass: status.mainClass,
    via: status.via,
    alsoInBase: status.alsoInBase.slice(0, MAX_ALIASES),
    otherTrust: status.otherTrust.slice(0, MAX_OTHERS),
    partial: partialOf(status),
    olderConnections: status.olderConnections,
    maxEntries: status.maxEntries,
    lastError: status.lastError && plainText(status.lastError.message),
    ...classifyJvm(found, history),
  };
}

/** Classifies a JVM: LIVE is its own claim, and the agent checks that it concerns this truststore. */
function classifyJvm(
  { status, isBound, isBindingKnown, saidAt }: Found,
  history: WrittenHistory,
): Pick<JvmReport, 'state' | 'reason' | 'at'> {
  if (!isBound) return { state: 'LOADED', reason: isBindingKnown ? NOT_BOUND : BINDING_UNKNOWN, at: null };
  const { state, reason, loaded, file } = status;
  const written = loaded && history.bySha256(loaded.sha256);
  const at = written?.position ? { epoch: written.position.epoch, revision: written.position.revision } : null;
  if (state !== 'LIVE' && state !== 'LOADED') return { state, reason, at };
  if (!file || !history.hasFile(file.device, file.inode))
    return { state: 'FAILED', reason: plainText(`OTHER_FILE: ${file?.path ?? 'none'}`), at: null };
  if (!written) return { state: 'LOADED', reason: 'UNKNOWN_TRUSTSTORE', at: null };
  if (state === 'LIVE' && performance.now() - saidAt > SILENT_MS)
    return { state: 'LOADED', reason: 'SILENT: its agent does not run', at };
  if (state === 'LIVE' && written.quarantined != null) return { state: 'LOADED', reason: written.quarantined, at };
  return { state, reason, at };
}

/** Reports a JVM that has no status. */
export function reportOfSilent(process: JvmProcess, { state, reason }: Pick<JvmReport, 'state' | 'reason'>): JvmReport {
  return {
    id: processId(process),
    pid: process.pid,
    startedAt: process.startedAt,
    jdkVersion: process.jdkVersion,
    mainClass: process.mainClass,
    via: null,
    state,
    reason: reason === null ? null : plainText(reason),
    at: null,
    alsoInBase: [],
    otherTrust: [],
    olderConnections: null,
    maxEntries: null,
    lastError: null,
    partial: [],
  };
}

function partialOf({ alsoInBase, otherTrust, partial }: JvmStatus): PartialField[] {
  const cut: PartialField[] = [
    ...(alsoInBase.length > MAX_ALIASES ? (['alsoInBase'] as const) : []),
    ...(otherTrust.length > MAX_OTHERS ? (['otherTrust'] as const) : []),
  ];
  return [...new Set([...partial, ...cut])];
}
