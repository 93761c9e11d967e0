import {
  type AgentStatus,
  CLOCK_TOLERANCE_MS,
  LIMITS,
  type Statement,
  UNREACHABLE_AFTER_MS,
  factsOf,
  isIncomplete,
} from '@trustcast/schema';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

/** A status whose signature holds, with the statement it carries when that one verified. */
export interface VerifiedStatus {
  readonly status: AgentStatus;
  readonly statement: Statement | null;
  /** By the service's clock, in milliseconds since the Unix epoch. */
  readonly arrivedAt: number;
}

/** A calendar has an end: what is older is as old as this. */
const MAX_AGE_MS = 365 * 86_400_000;

/** How far the times of one process may be apart that were taken by one clock. */
const SAME_CLOCK_MS = 5_000;

/**
 * Messages may be late, doubled or replayed: the latest by (registration, start of the agent, sequence) stays. A statement that verifies and is
 * ahead of the database, or differs from what was published at its position, shows that the database was restored.
 * Hosts and JVMs that are new join their environment at its present revision; a JVM that is new in a report after an
 * incomplete one may have been there all the time, and counts from when its host joined.
 *
 * A status is as old as it says, by the clocks that its agent compared last: who holds it back makes its host silent. Where
 * they never were, a time that is off in either direction proves nothing.
 *
 * What another run says although it was sent after the present one began, or what the present one said later with an earlier
 * number, comes from a second host with the same key.
 */
const STORE = statement<{ agent_id: string | null; notified: null }>(
  'statuses_store',
  `
WITH arrived AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset($1::jsonb) AS s (
    agent uuid, environment uuid, session bigint, "startedAt" bigint, sequence bigint, "elapsedMs" bigint, "arrivedAt" bigint, hostname text, "bootId" uuid, "agentVersion" text, state text,
    reason text, written_epoch bigint, written_revision bigint, managed integer, base integer, facts jsonb,
    managed_room integer, "clockOffsetMs" bigint, refused jsonb, jvms jsonb, left_out jsonb, incomplete boolean, quarantine jsonb, statement_epoch bigint, statement_revision bigint, statement_digest text)
), timed AS MATERIALIZED (
  SELECT s.*, k.clock_offset_ms, a.age_ms, (a.age_ms - ${CLOCK_TOLERANCE_MS}) * interval '1 millisecond' AS held_back,
    s."arrivedAt" - CASE WHEN k.clock_offset_ms IS NULL THEN 0 ELSE greatest(0, a.age_ms) END AS spoken_at
  FROM arrived s
  CROSS JOIN LATERAL (SELECT coalesce(s."clockOffsetMs", (
    SELECT clock_offset_ms FROM agent_statuses WHERE agent_id = s.agent)) AS clock_offset_ms) k
  CROSS JOIN LATERAL (SELECT least(${MAX_AGE_MS}, CASE WHEN k.clock_offset_ms IS NULL THEN abs(s."elapsedMs")
    ELSE s."elapsedMs" + k.clock_offset_ms END) AS age_ms) a
), classified AS MATERIALIZED (
  SELECT s.*, e.revision AS environment_revision, a.joined_revision, coalesce(o.incomplete, false) AS was_incomplete, s.statement_epoch IS NOT NULL AND (
      (s.statement_epoch, s.statement_revision) > (e.epoch, e.revision)
      OR ((s.statement_epoch, s.statement_revision) = (p.epoch, p.revision) AND s.statement_digest <> p.digest)
    ) AS diverged, coalesce((s.session, s."startedAt", s.sequence) <= (o.session, o.started_at, o.sequence)
      AND s."clockOffsetMs" IS NOT NULL AND s.age_ms <= ${UNREACHABLE_AFTER_MS + CLOCK_TOLERANCE_MS}
      AND CASE WHEN s."startedAt" = o.started_at THEN s.spoken_at > o.spoken_at + ${SAME_CLOCK_MS}
        ELSE s.spoken_at > o.run_since + ${CLOCK_TOLERANCE_MS} END, false) AS is_double
  FROM timed s
  CROSS JOIN LATERAL (SELECT * FROM environments WHERE id = s.environment LIMIT 1) e
  CROSS JOIN LATERAL (SELECT joined_revision FROM agents WHERE id = s.agent AND environment_id = e.id LIMIT 1) a
  LEFT JOIN LATERAL (SELECT * FROM agent_statuses WHERE agent_id = s.agent LIMIT 1) o ON true
  LEFT JOIN LATERAL (SELECT * FROM publications WHERE environment_id = e.id LIMIT 1) p ON true
), stored AS (
  INSERT INTO agent_statuses AS old (agent_id, environment_id, session, started_at, sequence, received_at, hostname, boot_id,
    agent_version, state, reason, written_epoch, written_revision, managed, base, facts, managed_room,
    clock_offset_ms, late_ms, clocks_compared, refused, jvms, left_out, incomplete, quarantine, diverged,
    spoken_at, run_since)
  SELECT agent, environment, session, "startedAt", sequence, clock_timestamp() - greatest(held_back, interval '0'), hostname, "bootId", "agentVersion", state, reason,
    written_epoch, written_revision, managed, base, facts, managed_room, clock_offset_ms,
    CASE WHEN held_back > interval '0' THEN age_ms END, "clockOffsetMs" IS NOT NULL, refused, jvms, left_out, incomplete, quarantine, diverged,
    spoken_at, spoken_at
  FROM classified
  ORDER BY agent
  ON CONFLICT (agent_id) DO UPDATE SET
    environment_id = excluded.environment_id, session = excluded.session, started_at = excluded.started_at, sequence = excluded.sequence,
    received_at = excluded.received_at, hostname = excluded.hostname, boot_id = excluded.boot_id, agent_version = excluded.agent_version,
    state = excluded.state, reason = excluded.reason, written_epoch = excluded.written_epoch,
    written_revision = excluded.written_revision, managed = excluded.managed, base = excluded.base,
    facts = excluded.facts, managed_room = excluded.managed_room,
    clock_offset_ms = excluded.clock_offset_ms, late_ms = excluded.late_ms,
    clocks_compared = excluded.clocks_compared, refused = excluded.refused, jvms = excluded.jvms,
    left_out = excluded.left_out, incomplete = excluded.incomplete, quarantine = excluded.quarantine,
    diverged = excluded.diverged, spoken_at = excluded.spoken_at,
    run_since = CASE WHEN old.started_at = excluded.started_at THEN old.run_since ELSE excluded.run_since END
  WHERE (excluded.session, excluded.started_at, excluded.sequence) > (old.session, old.started_at, old.sequence)
  RETURNING old.agent_id, old.environment_id
), doubled AS (
  UPDATE agent_statuses d SET duplicate_at = clock_timestamp(), duplicate_hostname = s.hostname, duplicate_boot_id = s."bootId"
  FROM classified s WHERE d.agent_id = s.agent AND s.is_double
  RETURNING d.environment_id
), joined AS (
  UPDATE agents a SET joined_revision = s.environment_revision
  FROM classified s WHERE a.id = s.agent AND s.joined_revision IS NULL AND a.joined_revision IS NULL
), selected AS MATERIALIZED (
  SELECT DISTINCT s.agent, j.id, CASE WHEN s.was_incomplete THEN coalesce(s.joined_revision, s.environment_revision)
    ELSE s.environment_revision END AS joined_revision
  FROM stored n JOIN classified s ON s.agent = n.agent_id CROSS JOIN LATERAL jsonb_to_recordset(s.jvms) AS j (id uuid, state text)
  WHERE j.state <> 'UNMANAGED'
), started AS (
  INSERT INTO target_jvms (agent_id, jvm_id, joined_revision)
  SELECT s.agent, s.id, s.joined_revision
  FROM selected s LEFT JOIN LATERAL (
    SELECT true AS member FROM target_jvms WHERE agent_id = s.agent AND jvm_id = s.id AND left_at IS NULL LIMIT 1
  ) k ON true
  WHERE k.member IS NULL
  ORDER BY s.agent, s.id
  ON CONFLICT (agent_id, jvm_id) DO UPDATE SET left_at = NULL
), ended AS (
  UPDATE target_jvms t SET left_at = clock_timestamp()
  FROM stored n CROSS JOIN LATERAL (
    SELECT jvm_id FROM target_jvms WHERE agent_id = n.agent_id AND left_at IS NULL OFFSET 0
  ) k
  WHERE t.agent_id = n.agent_id AND t.jvm_id = k.jvm_id
    AND NOT EXISTS (SELECT FROM selected s WHERE s.agent = n.agent_id AND s.id = k.jvm_id)
), marked AS (
  INSERT INTO divergences AS d (environment_id, agent_id, epoch, revision, digest)
  SELECT DISTINCT ON (environment) environment, agent, statement_epoch, statement_revision, statement_digest
  FROM classified WHERE diverged
  ORDER BY environment, statement_epoch DESC, statement_revision DESC
  ON CONFLICT (environment_id) DO UPDATE
  SET agent_id = excluded.agent_id, epoch = excluded.epoch, revision = excluded.revision, digest = excluded.digest
  WHERE (excluded.epoch, excluded.revision) > (d.epoch, d.revision)
)
SELECT s.agent_id, pg_notify('trustcast_status', s.environment_id::text) AS notified FROM stored s
UNION ALL
SELECT NULL, pg_notify('trustcast_status', environment_id::text) FROM doubled`,
);

/** Stores the latest of each agent with one statement. @returns ids of the agents whose status is new */
export async function storeStatuses(sql: Sql, statuses: readonly VerifiedStatus[]): Promise<string[]> {
  const rows = statuses.map(({ status, statement: claim, arrivedAt }) => ({
    agent: status.agent,
    environment: status.environment,
    session: status.session,
    startedAt: status.startedAt,
    sequence: status.sequence,
    elapsedMs: arrivedAt - status.sentAt,
    arrivedAt,
    hostname: status.hostname,
    bootId: status.bootId,
    agentVersion: status.agentVersion,
    state: status.state,
    reason: status.reason,
    written_epoch: status.written?.epoch ?? null,
    written_revision: status.written?.revision ?? null,
    managed: status.managed,
    base: status.base,
    facts: factsOf(status),
    managed_room: managedRoom(status),
    clockOffsetMs: status.clockOffsetMs,
    refused: status.refused,
    jvms: status.jvms,
    left_out: status.leftOut,
    incomplete: isIncomplete(status.leftOut),
    quarantine: status.quarantine,
    statement_epoch: claim?.epoch ?? null,
    statement_revision: claim?.revision ?? null,
    statement_digest: claim?.digest ?? null,
  }));
  return (await sql.query(STORE, [JSON.stringify(rows)])).flatMap(({ agent_id }) => agent_id ?? []);
}

/** How many managed entries the smallest of its JVMs can hold beside the base; null: it is not known, or all that there may be. */
function managedRoom({ jvms, base }: AgentStatus): number | null {
  const rooms = jvms.flatMap(({ state, maxEntries }) =>
    state === 'UNMANAGED' || maxEntries === null || maxEntries >= LIMITS.entries ? [] : [maxEntries],
  );
  return rooms.length === 0 ? null : Math.max(0, Math.min(...rooms) - base);
}
