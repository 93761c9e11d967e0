import {
  type AgentStatus,
  type JvmReport,
  type JvmState,
  LIMITS,
  type PartialField,
  plainText,
} from '@trustcast/schema';
import type { JvmListing, Unseen } from '../jvms/jvm-listing.js';
import { hungText } from '../jvms/processes/hung-process.js';

const BRIEF_TEXT = 128;
const BRIEF_OTHERS = 2;
/** Bytes for `leftOut` itself. */
const RESERVED = 1_024;

/**
 * Lists as many JVMs as `maxBytes` of JSON hold, those that count most first: each of them in brief before any in full, and
 * says how many are missing. No details take the place of a JVM, and large ones not that of small ones.
 */
export function fitJvms(listing: JvmListing, maxBytes: number): Pick<AgentStatus, 'jvms' | 'leftOut'> {
  const { counting, unlisted, unlistedCounting, unread } = listing;
  let room = maxBytes - RESERVED;
  const all = listing.jvms.slice(0, LIMITS.agentStatusJvms).map((full) => {
    const short = brief(full);
    return { full, short, bytes: sizeOf(short) + 1, more: sizeOf(full) - sizeOf(short) };
  });
  const end = all.findIndex(({ bytes }) => (room -= bytes) < 0);
  const listed = end < 0 ? all : all.slice(0, end);
  if (end >= 0) room += all[end]?.bytes ?? 0;
  const whole = new Set<JvmReport>();
  for (const { full, more } of [...listed].sort((one, other) => one.more - other.more)) {
    if (more > room) break;
    room -= more;
    whole.add(full);
  }
  const missing = listing.jvms.slice(listed.length);
  const numbers: Partial<Record<JvmState, number>> = { ...unlisted };
  for (const { state } of missing) numbers[state] = (numbers[state] ?? 0) + 1;
  const missingCounting = unlistedCounting + Math.max(0, counting - listed.length);
  const reason = reasonOf(missingCounting, listing);
  const isAll = reason === null && Object.keys(numbers).length === 0;
  return {
    jvms: listed.map(({ full, short }) => (whole.has(full) ? full : short)),
    leftOut: isAll ? null : { reason, jvms: numbers, files: unread.number },
  };
}

/** Bytes of a value in JSON. */
export function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** Bytes of JSON that fit into a NATS message as a signed status in base64, with a margin. */
export function statusBytes(maxPayload: number): number {
  return Math.min(LIMITS.agentStatusBytes, Math.floor((maxPayload * 3 * 7) / (4 * 8)));
}

function brief(full: JvmReport): JvmReport {
  const { jdkVersion, mainClass, reason, lastError, alsoInBase, otherTrust } = full;
  const cut: PartialField[] = [];
  if (alsoInBase.length > 0) cut.push('alsoInBase');
  if (otherTrust.length > BRIEF_OTHERS) cut.push('otherTrust');
  const text = (value: string | null): string | null => (value === null ? null : plainText(value, BRIEF_TEXT));
  return {
    ...full,
    jdkVersion: text(jdkVersion),
    mainClass: text(mainClass),
    reason: text(reason),
    lastError: text(lastError),
    alsoInBase: [],
    otherTrust: otherTrust.slice(0, BRIEF_OTHERS),
    partial: [...new Set([...full.partial, ...cut])],
  };
}

function reasonOf(jvms: number, { unread: { number: files, uid }, hung, isScanned }: Unseen): string | null {
  const [first] = hung;
  const parts = [
    ...(jvms > 0 ? [`${jvms} JVMs are more than a report lists`] : []),
    ...(files > 0
      ? [`${files} files in jvms/ are not looked at yet${uid === null ? '' : `, most of them of uid ${uid}`}`]
      : []),
    ...(first ? [`${hungText(first)}${hung.length > 1 ? `; so do ${hung.length - 1} more` : ''}`] : []),
    ...(isScanned ? [] : ['processes are not looked at yet']),
  ];
  return parts.length === 0 ? null : `JVMS_LEFT_OUT: ${parts.join('; ')}`;
}
