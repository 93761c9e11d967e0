import { type Sql, statement } from '../../../platform/postgres/statement.js';
import { OF_JVMS } from '../../environments/sql/of-jvms.js';

/** How long the list of subjects is that JVMs of an environment send when they ask for client certificates. */
export interface IssuerListRecord {
  readonly id: string;
  readonly name: string;
  /** Of the managed certificates. */
  readonly managedBytes: number;
  /** Of the largest base that its hosts report. */
  readonly baseBytes: number;
}

const COLUMNS = `
  e.id, e.name, e.issuer_bytes AS "managedBytes", coalesce((
    SELECT max(b.issuer_bytes) FROM bases b WHERE EXISTS (
      SELECT FROM agents a WHERE a.environment_id = e.id AND a.base_digest = b.digest AND a.set_aside_at IS NULL
    )), 0) AS "baseBytes"`;

const BY_ID = statement<IssuerListRecord>(
  'issuer_lists_by_id',
  `SELECT ${COLUMNS} FROM environments e WHERE e.id = ANY ($1::uuid[])`,
);
const ALL = statement<IssuerListRecord>('issuer_lists_all', `SELECT ${COLUMNS} FROM environments e WHERE ${OF_JVMS}`);

export function issuerListsById(sql: Sql, ids: readonly string[]): Promise<IssuerListRecord[]> {
  return sql.query(BY_ID, [ids]);
}

/** Of all environments whose certificates JVMs use. */
export function allIssuerLists(sql: Sql): Promise<IssuerListRecord[]> {
  return sql.query(ALL);
}
