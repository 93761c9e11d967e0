import * as decode from '../text/decode.js';
import { MalformedError } from '../errors.js';
import { LIMITS } from '../limits.js';
import { type OtherTrust, countOrNull, decodeOtherTrust } from './other-trust.js';
import { type PartialField, decodePartial } from '../agent/partial.js';

/** What a JVM says of itself. LIVE only the JVM can say. */
export const JVM_REPORTED_STATES = ['LOADED', 'LIVE', 'FAILED', 'UNSUPPORTED'] as const;
export type JvmReportedState = (typeof JVM_REPORTED_STATES)[number];

/** Content of a status file that the JVM agent writes to `<directory>/jvms/<random>.json`. */
export interface JvmStatus {
  /** Boot id of the kernel; with `pid` and `startTicks` the identity of the process. */
  readonly bootId: string;
  /** Process id as the JVM sees itself: the innermost of NSpid. */
  readonly pid: number;
  /** Field 22 of `/proc/<pid>/stat`: clock ticks from boot to the start of the process. */
  readonly startTicks: number;
  readonly jdk: { readonly version: string; readonly vendor: string };
  readonly mainClass: string | null;
  readonly agentVersion: string;
  readonly via: 'premain' | 'agentmain';
  /** The truststore that this JVM reads; device and inode as decimal digits. */
  readonly file: { readonly path: string; readonly device: string; readonly inode: string } | null;
  readonly state: JvmReportedState;
  /** UPPER_SNAKE code, optionally followed by `: detail`. */
  readonly reason: string | null;
  /** The last good load: SHA-256 of the file's exact bytes and the numbers of entries. */
  readonly loaded: {
    readonly sha256: string;
    readonly managed: number;
    readonly base: number;
    readonly loadedAt: string;
  } | null;
  /** Aliases of managed entries that this JVM's own base has as well. */
  readonly alsoInBase: readonly string[];
  /**
   * Aliases of entries that this JDK cannot load, which keep the whole file from being loaded. Those of a base are as its
   * keystore has them: not to be shown as they are.
   */
  readonly unreadable?: readonly string[];
  readonly lastError: { readonly at: string; readonly message: string } | null;
  readonly hookErrors: number;
  readonly otherTrust: readonly OtherTrust[];
  /** Open connections of before the last removal; null when nothing was removed. `partial` names it: there may be more. */
  readonly olderConnections: number | null;
  /** Entries of usual size that its heap can hold; null when that is unknown. */
  readonly maxEntries: number | null;
  /** Fields that hold less than there is to say. */
  readonly partial: readonly PartialField[];
  /** Grows with every write of the file. */
  readonly sequence: number;
  /** By the clock of the host, as {@link Date.parse} reads it. */
  readonly writtenAt: number;
}

const MAX_ALIAS = 255;
/** A base entry's alias has the prefix before it. */
const MAX_PREFIXED_ALIAS = 260;
const FORMAT = 'trustcast-jvm-status/1';

/** Reads a status file from untrusted bytes. @throws MalformedError, LimitExceededError */
export function decodeJvmStatus(bytes: Uint8Array): JvmStatus {
  const status = decode.object(decode.json(bytes, LIMITS.jvmStatusBytes, 'status file'), 'status file');
  if (status.format !== FORMAT) throw new MalformedError('format', `must be ${FORMAT}`);
  const jdk = decode.object(status.jdk, 'jdk');
  return {
    bootId: decode.uuid(status.bootId, 'bootId'),
    pid: decode.int32(status.pid, 'pid'),
    startTicks: decode.count(status.startTicks, 'startTicks'),
    jdk: {
      version: decode.text(jdk.version, 'jdk.version', 128),
      vendor: decode.text(jdk.vendor, 'jdk.vendor', 128),
    },
    mainClass: decode.nullable(status.mainClass, 'mainClass', (value, field) => decode.text(value, field)),
    agentVersion: decode.text(status.agentVersion, 'agentVersion', 64),
    via: decode.oneOf(status.via, 'via', ['premain', 'agentmain']),
    file: decode.nullable(status.file, 'file', (value) => {
      const file = decode.object(value, 'file');
      return {
        path: decode.text(file.path, 'file.path', 4_096),
        device: digits(file.device, 'file.device'),
        inode: digits(file.inode, 'file.inode'),
      };
    }),
    state: decode.oneOf(status.state, 'state', JVM_REPORTED_STATES),
    reason: decode.nullable(status.reason, 'reason', (value, field) => decode.text(value, field)),
    loaded: decode.nullable(status.loaded, 'loaded', (value) => {
      const loaded = decode.object(value, 'loaded');
      return {
        sha256: decode.sha256Hex(loaded.sha256, 'loaded.sha256'),
        managed: decode.count(loaded.managed, 'loaded.managed'),
        base: decode.count(loaded.base, 'loaded.base'),
        loadedAt: decode.text(loaded.loadedAt, 'loaded.loadedAt', 64),
      };
    }),
    alsoInBase: aliases(status.alsoInBase, 'alsoInBase', MAX_ALIAS, decode.text),
    ...(status.unreadable === undefined
      ? {}
      : { unreadable: aliases(status.unreadable, 'unreadable', MAX_PREFIXED_ALIAS, decode.rawText) }),
    lastError: decode.nullable(status.lastError, 'lastError', (value) => {
      const error = decode.object(value, 'lastError');
      return {
        at: decode.text(error.at, 'lastError.at', 64),
        message: decode.text(error.message, 'lastError.message', 4_096),
      };
    }),
    hookErrors: decode.count(status.hookErrors, 'hookErrors'),
    otherTrust: decodeOtherTrust(status.otherTrust, 'otherTrust'),
    olderConnections: countOrNull(status.olderConnections, 'olderConnections'),
    maxEntries: countOrNull(status.maxEntries, 'maxEntries'),
    // an agent that does not say it has counted what it saw only
    partial: decodePartial(status.partial ?? (status.olderConnections == null ? [] : ['olderConnections']), 'partial'),
    sequence: decode.count(status.sequence, 'sequence'),
    writtenAt: instant(status.writtenAt, 'writtenAt'),
  };
}

function aliases(value: unknown, field: string, maxLength: number, read: typeof decode.text): string[] {
  return decode.array(value, field, LIMITS.entries).map((alias, index) => read(alias, `${field}[${index}]`, maxLength));
}

function instant(value: unknown, field: string): number {
  const ms = Date.parse(decode.text(value, field, 64));
  if (!Number.isSafeInteger(ms)) throw new MalformedError(field, 'must be a time in ISO 8601');
  return ms;
}

function digits(value: unknown, field: string): string {
  if (typeof value !== 'string' || !/^\d{1,20}$/.test(value)) throw new MalformedError(field, 'must be decimal digits');
  return value;
}
