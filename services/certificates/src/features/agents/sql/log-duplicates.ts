import type { DuplicateHost } from '../../records/agent-record.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';
import { DUPLICATE_JSON, IS_DUPLICATE } from './is-duplicate.js';

/** An agent that became one of two hosts with its key, or is alone with it again. */
export interface ChangedDuplicate {
  readonly id: string;
  readonly name: string;
  readonly environment: string;
  readonly hostname: string | null;
  readonly bootId: string | null;
  readonly other: DuplicateHost;
  readonly isDuplicate: boolean;
}

const CHANGED = statement<ChangedDuplicate>(
  'duplicates_changed',
  `UPDATE agent_statuses s SET duplicate_logged = ${IS_DUPLICATE}
   FROM agents a JOIN environments e ON e.id = a.environment_id
   WHERE a.id = s.agent_id AND s.duplicate_at IS NOT NULL AND s.duplicate_logged <> ${IS_DUPLICATE}
   RETURNING a.id, a.name, e.name AS environment, s.hostname, s.boot_id AS "bootId", ${DUPLICATE_JSON} AS other,
     s.duplicate_logged AS "isDuplicate"`,
);
const COUNT = statement<{ number: number }>(
  'duplicates_count',
  `SELECT count(*)::integer AS number FROM agent_statuses s WHERE s.duplicate_at IS NOT NULL AND ${IS_DUPLICATE}`,
);

/** Takes the agents whose state changed since they were taken last. */
export function takeChangedDuplicates(sql: Sql): Promise<ChangedDuplicate[]> {
  return sql.query(CHANGED);
}

/** How many agents are two hosts with one key now. */
export async function countDuplicates(sql: Sql): Promise<number> {
  return (await sql.query(COUNT))[0]?.number ?? 0;
}
