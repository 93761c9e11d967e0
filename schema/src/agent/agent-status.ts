import * as decode from '../text/decode.js';
import { MalformedError } from '../errors.js';
import { type HostFacts, decodeFacts } from './host-facts.js';
import { type LeftOut, decodeLeftOut } from './left-out.js';
import { JVM_STATES, type JvmState } from '../jvm/jvm-state.js';
import { LIMITS } from '../limits.js';
import { type OtherTrust, countOrNull, decodeOtherTrust } from '../jvm/other-trust.js';
import { type PartialField, decodePartial } from './partial.js';
import { type QuarantineReport, decodeQuarantine } from './quarantine.js';
import { type Position, decodePosition } from '../set/position.js';
import { type SigningKey, type VerificationKeys } from '../signed/ed25519-key.js';
import { signDocument, verifyDocument } from '../signed/signed-document.js';

const CODE = /^[A-Z][A-Z0-9_]{0,63}$/;

/** JWS `typ` of an agent's status. */
export const AGENT_STATUS_TYPE = 'trustcast-status+jwt';

/** What an agent says of its host. UNREACHABLE and DIVERGED are the service's to say. */
export const HOST_REPORTED_STATES = ['RECEIVED', 'WRITTEN', 'FAILED', 'STALE'] as const;
export type HostReportedState = (typeof HOST_REPORTED_STATES)[number];

/** One JVM of the host. */
export interface JvmReport {
  /** Stable for the life of the process: 32 lower-case hex characters over boot id, pid and start ticks. */
  readonly id: string;
  /** Process id as the host sees it. */
  readonly pid: number;
  /** Start of the process in milliseconds since the Unix epoch. */
  readonly startedAt: number;
  readonly jdkVersion: string | null;
  readonly mainClass: string | null;
  readonly via: 'premain' | 'agentmain' | null;
  readonly state: JvmState;
  readonly reason: string | null;
  /** Position that the loaded truststore stands for; null when it is unknown. */
  readonly at: Position | null;
  readonly alsoInBase: readonly string[];
  /** Trust of the application's own that is in use: LIVE says nothing of it. */
  readonly otherTrust: readonly OtherTrust[];
  /** Open connections of before the last removal; null when nothing was removed. `partial` names it: there may be more. */
  readonly olderConnections: number | null;
  /** Entries of usual size that its heap can hold; null when that is unknown. */
  readonly maxEntries: number | null;
  /** What went wrong in its agent last; null when nothing did. */
  readonly lastError: string | null;
  /** Fields that hold less than there is to say. A text that was cut ends with `…`. */
  readonly partial: readonly PartialField[];
}

/** Everything that an agent says of itself and its JVMs, in one message. */
export interface AgentStatus extends HostFacts {
  /** Id of the agent, as given at registration. */
  readonly agent: string;
  readonly installation: string;
  readonly environment: string;
  /** Of the registration that it knows; 0: of a service that gave none. Orders the messages before `startedAt` and `sequence`. */
  readonly session: number;
  /** Start of the agent process in milliseconds since the Unix epoch. */
  readonly startedAt: number;
  readonly sequence: number;
  /** Milliseconds since the Unix epoch, by the agent's clock. */
  readonly sentAt: number;
  readonly agentVersion: string;
  readonly hostname: string;
  /** Boot id of the host's kernel: two at a time are two hosts; null: an earlier agent's. */
  readonly bootId: string | null;
  readonly state: HostReportedState;
  /** UPPER_SNAKE code, optionally followed by `: detail`. */
  readonly reason: string | null;
  /** Position of the truststore on disk; null before the first write. */
  readonly written: Position | null;
  readonly managed: number;
  readonly base: number;
  /** Last accepted statement, compact JWS. */
  readonly statement: string | null;
  /** Agent's clock minus the service's, when it is known. */
  readonly clockOffsetMs: number | null;
  /** Messages refused since the agent started, by error code. */
  readonly refused: Readonly<Record<string, number>>;
  /** Those that count most first, at most `LIMITS.agentStatusJvms`. */
  readonly jvms: readonly JvmReport[];
  /** What `jvms` does not list; null: nothing. */
  readonly leftOut: LeftOut | null;
  /** Certificates that it keeps out of its truststore; null: none. */
  readonly quarantine: QuarantineReport | null;
}

/** Signs a status with the agent's own key. */
export async function signAgentStatus(status: AgentStatus, key: SigningKey): Promise<string> {
  return signDocument(AGENT_STATUS_TYPE, status, key);
}

/** Verifies and reads a status from untrusted bytes. @throws SignatureError, MalformedError, LimitExceededError */
export function verifyAgentStatus(compact: string, keys: VerificationKeys): AgentStatus {
  const status = decode.object(
    decode.json(verifyDocument(AGENT_STATUS_TYPE, compact, keys), LIMITS.agentStatusBytes, 'status'),
    'status',
  );
  return {
    agent: decode.uuid(status.agent, 'agent'),
    installation: decode.uuid(status.installation, 'installation'),
    environment: decode.uuid(status.environment, 'environment'),
    session: decode.count(status.session ?? 0, 'session'),
    startedAt: decode.time(status.startedAt, 'startedAt'),
    sequence: decode.count(status.sequence, 'sequence'),
    sentAt: decode.time(status.sentAt, 'sentAt'),
    agentVersion: decode.text(status.agentVersion, 'agentVersion', 64),
    hostname: decode.text(status.hostname, 'hostname', 255),
    bootId: status.bootId === undefined ? null : decode.nullable(status.bootId, 'bootId', decode.uuid),
    state: decode.oneOf(status.state, 'state', HOST_REPORTED_STATES),
    reason: decode.nullable(status.reason, 'reason', (value, field) => decode.text(value, field)),
    written: decode.nullable(status.written, 'written', decodePosition),
    managed: decode.int32(status.managed, 'managed'),
    base: decode.int32(status.base, 'base'),
    ...decodeFacts(status),
    statement: decode.nullable(status.statement, 'statement', (value, field) =>
      decode.text(value, field, LIMITS.statementBytes),
    ),
    clockOffsetMs: decode.nullable(status.clockOffsetMs, 'clockOffsetMs', decode.integer),
    refused: decodeCounters(status.refused),
    jvms: decode
      .array(status.jvms, 'jvms', LIMITS.agentStatusJvms)
      .map((jvm, index) => decodeJvmReport(jvm, `jvms[${index}]`)),
    leftOut: status.leftOut === undefined ? null : decode.nullable(status.leftOut, 'leftOut', decodeLeftOut),
    quarantine: decodeQuarantine(status.quarantine, 'quarantine'),
  };
}

function decodeCounters(value: unknown): Record<string, number> {
  const counters = Object.entries(decode.object(value, 'refused'));
  if (counters.length > 64) throw new MalformedError('refused', 'must have at most 64 members');
  return Object.fromEntries(
    counters.map(([code, number]) => {
      if (!CODE.test(code)) throw new MalformedError('refused', 'must have UPPER_SNAKE members');
      return [code, decode.int32(number, `refused.${code}`)];
    }),
  );
}

function decodeJvmReport(value: unknown, field: string): JvmReport {
  const jvm = decode.object(value, field);
  const id = jvm.id;
  if (typeof id !== 'string' || !/^[0-9a-f]{32}$/.test(id))
    throw new MalformedError(`${field}.id`, 'must be 32 lower-case hex characters');
  const shortText = (item: unknown, path: string) => decode.text(item, path, 1_024);
  return {
    id,
    pid: decode.int32(jvm.pid, `${field}.pid`),
    startedAt: decode.time(jvm.startedAt, `${field}.startedAt`),
    jdkVersion: decode.nullable(jvm.jdkVersion, `${field}.jdkVersion`, shortText),
    mainClass: decode.nullable(jvm.mainClass, `${field}.mainClass`, shortText),
    via: decode.nullable(jvm.via, `${field}.via`, (item, path) => decode.oneOf(item, path, ['premain', 'agentmain'])),
    state: decode.oneOf(jvm.state, `${field}.state`, JVM_STATES),
    reason: decode.nullable(jvm.reason, `${field}.reason`, shortText),
    at: decode.nullable(jvm.at, `${field}.at`, decodePosition),
    alsoInBase: decode
      .array(jvm.alsoInBase, `${field}.alsoInBase`, 1_000)
      .map((alias, index) => decode.text(alias, `${field}.alsoInBase[${index}]`, 255)),
    otherTrust: decodeOtherTrust(jvm.otherTrust, `${field}.otherTrust`),
    olderConnections: countOrNull(jvm.olderConnections, `${field}.olderConnections`),
    maxEntries: countOrNull(jvm.maxEntries, `${field}.maxEntries`),
    lastError: jvm.lastError === undefined ? null : decode.nullable(jvm.lastError, `${field}.lastError`, shortText),
    partial: decodePartial(jvm.partial ?? [], `${field}.partial`),
  };
}
