import type { EnvironmentRecord } from '../../records/environment-record.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

/** Columns of an environment `e` as an EnvironmentRecord. */
export const ENVIRONMENT_COLUMNS = `
  e.id, e.name, e.title, e.kind, e.epoch, e.revision, e.entries,
    (SELECT jsonb_build_object('epoch', d.epoch, 'revision', d.revision, 'detectedAt', d.detected_at)
     FROM divergences d WHERE d.environment_id = e.id) AS diverged`;
const RECORD = `SELECT ${ENVIRONMENT_COLUMNS} FROM environments e`;

const ALL = statement<EnvironmentRecord>('environments_all', `${RECORD} ORDER BY e.name`);
const BY_NAME = statement<EnvironmentRecord>(
  'environments_by_name',
  `${RECORD} WHERE e.name = ANY ($1) ORDER BY e.name`,
);
const BY_ID = statement<EnvironmentRecord>('environments_by_id', `${RECORD} WHERE e.id = ANY ($1)`);

export function allEnvironments(sql: Sql): Promise<EnvironmentRecord[]> {
  return sql.query(ALL);
}

export function environmentsByName(sql: Sql, names: readonly string[]): Promise<EnvironmentRecord[]> {
  return sql.query(BY_NAME, [names]);
}

export function environmentsById(sql: Sql, ids: readonly string[]): Promise<EnvironmentRecord[]> {
  return sql.query(BY_ID, [ids]);
}
