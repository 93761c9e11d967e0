import { UNREACHABLE_AFTER_MS } from '@trustcast/schema';
import { IS_DUPLICATE } from './is-duplicate.js';

const position = (epoch: string, revision: string) => `${epoch}::numeric * 1e15 + ${revision}::numeric`;

/**
 * The hosts that count, heard or not, as `host`, and the JVMs of them that are selected and listed, as `jvm`. A position is
 * one number, and null where nothing is proven: of a host that is silent, diverged or doubled, or of a JVM that is not LIVE. JVMs that
 * a host counts without listing them are its `left_out`.
 *
 * @param where a condition on an agent `a`
 */
export const countedHosts = (where: string) => `
host AS MATERIALIZED (
  SELECT h.*, CASE WHEN h.heard AND NOT h.diverged AND NOT h.duplicate THEN h.at END AS position
  FROM (
    SELECT a.id, a.environment_id, a.base_digest,
      coalesce(s.received_at > clock_timestamp() - interval '${UNREACHABLE_AFTER_MS} milliseconds', false) AS heard,
      coalesce(s.incomplete, false) AS incomplete, coalesce(s.diverged, false) AS diverged,
      ${IS_DUPLICATE} AS duplicate,
      ${position('s.written_epoch', 's.written_revision')} AS at, s.jvms, (
        SELECT coalesce(sum(l.number::bigint), 0) FROM jsonb_each_text(s.left_out -> 'jvms') AS l (state, number)
        WHERE l.state <> 'UNMANAGED'
      ) AS left_out
    FROM agents a LEFT JOIN agent_statuses s ON s.agent_id = a.id
    WHERE ${where} AND a.set_aside_at IS NULL AND a.joined_revision IS NOT NULL
  ) h
), jvm AS MATERIALIZED (
  SELECT h.id AS host_id, h.environment_id, h.base_digest, j AS report, h.heard AND NOT h.duplicate AND j ->> 'state' = 'LIVE' AS live,
    CASE WHEN j ->> 'state' = 'LIVE' AND h.heard AND NOT h.diverged AND NOT h.duplicate
      THEN ${position("(j -> 'at' ->> 'epoch')", "(j -> 'at' ->> 'revision')")} END AS position
  FROM host h CROSS JOIN jsonb_array_elements(h.jvms) AS j WHERE j ->> 'state' <> 'UNMANAGED'
)`;

/** Counts over `host` that every view of a fleet has. */
export const HOST_COUNTS = `count(*) AS hosts, count(*) FILTER (WHERE NOT h.heard) AS unreachable,
    count(*) FILTER (WHERE h.incomplete) AS incomplete, coalesce(sum(h.left_out), 0)::bigint AS left_out`;

/** What those counts are, in a record. */
export interface HostCountsRecord {
  /** Registered, not set aside, heard or not. */
  readonly hosts: number;
  /** Those of them that were not heard lately. */
  readonly unreachable: number;
  /** Those of them that do not list everything that counts. */
  readonly incomplete: number;
}
