import {
  type HostFacts,
  type HostReportedState,
  type JvmReport,
  type LeftOut,
  type Position,
  type QuarantineReport,
  UNREACHABLE_AFTER_MS,
} from '@trustcast/schema';

/** How long a second host with the same key is remembered after it was heard last. */
export const DUPLICATE_FOR_MS = 10 * 60_000;

/** A second host that reports with the key of an agent. */
export interface DuplicateHost {
  readonly hostname: string;
  readonly bootId: string | null;
  /** When it was heard last. */
  readonly at: string;
}

/** What the service knows of one host. */
export interface AgentRecord {
  readonly id: string;
  readonly name: string;
  readonly environmentId: string;
  readonly hostname: string | null;
  readonly agentVersion: string | null;
  readonly createdAt: string;
  readonly registeredAt: string | null;
  /** It was registered once: it counts, whatever became of its key. */
  readonly joined: boolean;
  /** Who took it out of what deployments count; null: it counts. */
  readonly setAside: { readonly at: string; readonly by: string; readonly reason: string } | null;
  /** Who took its key away; null: it has it. */
  readonly revoked: { readonly at: string; readonly by: string; readonly reason: string } | null;
  /** Its last word; null: none so far. */
  readonly status: {
    readonly receivedAt: string;
    /** Milliseconds since it was sent, as far as clocks tell; its way counts where it was longer than it may be. */
    readonly ageMs: number;
    /** How old it was when it came; null: it came in time. */
    readonly lateMs: number | null;
    /** Its agent had compared its clock with the service's. */
    readonly clocksCompared: boolean;
    readonly state: HostReportedState;
    readonly reason: string | null;
    readonly written: Position | null;
    readonly managed: number;
    readonly base: number;
    /** Those that the release knew that stored them. */
    readonly facts: Partial<HostFacts>;
    readonly clockOffsetMs: number | null;
    readonly refused: Readonly<Record<string, number>>;
    readonly jvms: readonly JvmReport[];
    readonly leftOut: LeftOut | null;
    /** A JVM that counts may be missing in `jvms`. */
    readonly incomplete: boolean;
    /** Certificates that it keeps out of its truststore; null: none. */
    readonly quarantine: QuarantineReport | null;
    readonly diverged: boolean;
    /** Boot of its kernel; null: it did not say. */
    readonly bootId: string | null;
    /** Another host that spoke lately with the same key; null: none did. */
    readonly duplicate: DuplicateHost | null;
  } | null;
}

export const HOST_STATES = [
  'UNREGISTERED',
  'PENDING',
  'RECEIVED',
  'WRITTEN',
  'FAILED',
  'STALE',
  'UNREACHABLE',
  'DIVERGED',
  'REVOKED',
] as const;
export type HostState = (typeof HOST_STATES)[number];

/** What the agent says of itself, unless the service knows better. */
export function hostState({ status, joined, hostname, revoked }: AgentRecord): {
  state: HostState;
  reason: string | null;
} {
  if (revoked) return { state: 'REVOKED', reason: `REVOKED: ${revoked.reason}` };
  if (!status && !joined) return { state: 'UNREGISTERED', reason: 'NEVER_REGISTERED' };
  if (!status) return { state: 'UNREACHABLE', reason: 'NEVER_REPORTED' };
  const duplicate = status.duplicate && duplicateReason(status.duplicate, { hostname, bootId: status.bootId });
  if (isSilent(status)) return { state: 'UNREACHABLE', reason: duplicate ?? silenceReason(status) };
  if (duplicate !== null) return { state: 'FAILED', reason: duplicate };
  if (status.diverged) return { state: 'DIVERGED', reason: 'AHEAD_OF_DATABASE' };
  return { state: status.state, reason: status.reason ?? incompleteReason(status) };
}

/** Says which hosts share a key, and how each gets one of its own. A clone has the name of the other: boots tell them apart. */
export function duplicateReason(
  other: Pick<DuplicateHost, 'hostname' | 'bootId'>,
  own: { readonly hostname: string | null; readonly bootId: string | null },
): string {
  const named = ({ hostname, bootId }: typeof own) =>
    `${hostname ?? 'unnamed'}${bootId === null ? '' : ` (boot ${bootId})`}`;
  return (
    `DUPLICATE: the hosts ${named(other)} and ${named(own)} report with one key, as after a clone: on the one that is the copy, ` +
    `stop the agent, run trustcast-agent enroll --new-key --name NAME with an enrollment token, and start it again; ` +
    `where nobody copied the host, its key was stolen: revoke the agent`
  );
}

/** Reports that come late tell nothing of now, and something of where they were held back. */
function silenceReason({
  ageMs,
  lateMs,
  clocksCompared,
}: Pick<NonNullable<AgentRecord['status']>, 'ageMs' | 'lateMs' | 'clocksCompared'>): string {
  if (lateMs === null || isSilent({ ageMs: ageMs - lateMs })) return 'SILENT';
  const seconds = Math.round(lateMs / 1_000);
  return clocksCompared
    ? `DELAYED: its last report was ${seconds} s old when it came: NATS or the network holds reports back`
    : `CLOCK_SKEW: its last report is ${seconds} s off by its clock, which it has not compared with the service's since it started: let the host reach the service over HTTP`;
}

/** Why a host does not report all of its JVMs; null where it does. */
export function incompleteReason({
  leftOut,
  incomplete,
}: Pick<NonNullable<AgentRecord['status']>, 'leftOut' | 'incomplete'>): string | null {
  return incomplete ? (leftOut?.reason ?? 'JVMS_LEFT_OUT') : null;
}

export function isSilent({ ageMs }: { readonly ageMs: number }): boolean {
  return ageMs > UNREACHABLE_AFTER_MS;
}
