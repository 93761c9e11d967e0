import { LIMITS, UNREACHABLE_AFTER_MS } from '@trustcast/schema';
import { OF_JVMS } from '../../environments/sql/of-jvms.js';

/** SQL for the limits that an environment `e` exceeds after a change by a size `s`; a shrinking set exceeds none. */
export const MEASURES = `
  CASE WHEN ${OF_JVMS} AND s.issuer_bytes > 0 THEN e.issuer_bytes + coalesce((
    SELECT max(b.issuer_bytes) FROM bases b WHERE EXISTS (
      SELECT FROM agents a WHERE a.environment_id = e.id AND a.base_digest = b.digest AND a.set_aside_at IS NULL
    )), 0) ELSE 0 END AS list_bytes,
  CASE WHEN ${OF_JVMS} AND s.entries > 0 THEN (
    SELECT min(t.managed_room) FROM agent_statuses t JOIN agents a ON a.id = t.agent_id
    WHERE t.environment_id = e.id AND a.set_aside_at IS NULL AND t.managed_room < e.entries
      AND t.received_at > clock_timestamp() - interval '${UNREACHABLE_AFTER_MS} milliseconds'
  ) END AS room`;

/** A row of those measures that is worth a warning or a refusal; null otherwise. */
export const OUTGROWN = `
  CASE WHEN list_bytes > ${LIMITS.issuerListWarningBytes} OR room IS NOT NULL THEN
    jsonb_build_object('environment', name, 'issuerBytes', list_bytes, 'entries', entries, 'room', room) END AS outgrown`;
