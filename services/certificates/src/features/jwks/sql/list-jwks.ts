import type { Cursor } from '../../records/certificate-list.js';
import type { JwkRecord } from '../../records/jwk-record.js';
import type { Page } from '../../records/paging/page.js';
import { JWK_COLUMNS } from './read-jwks.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';
import { textPattern } from '../../../platform/postgres/text-pattern.js';

export interface JwkFilter {
  readonly environment?: string | null;
  readonly certificateId?: string | null;
  readonly text?: string | null;
  readonly linked?: boolean | null;
}

const CONDITIONS: Record<keyof JwkFilter, (value: string) => string> = {
  environment: (value) => `j.environment_id = (SELECT e.id FROM environments e WHERE e.name = ${value})`,
  certificateId: (value) => `j.certificate_id = ${value}::uuid`,
  text: (value) => `(j.name ~ ${value} OR j.kid ~ ${value} OR j.algorithm ~ ${value})`,
  linked: (value) => `(j.certificate_id IS NOT NULL) = ${value}::boolean`,
};

function select(filter: JwkFilter): { name: string; where: string; values: unknown[] } {
  const given = (Object.keys(CONDITIONS) as (keyof JwkFilter)[]).filter((key) => filter[key] != null);
  return {
    name: ['jwks', ...given].join('_'),
    where: given.map((key, index) => CONDITIONS[key](`$${index + 1}`)).join(' AND ') || 'true',
    values: given.map((key) => (key === 'text' ? textPattern(filter.text ?? '') : filter[key])),
  };
}

/** One page by name, from the end that it begins at, and one JWK more when there is one. */
export function listJwks(
  sql: Sql,
  { filter, size, after, before, backward }: Page<Cursor> & { readonly filter: JwkFilter },
): Promise<JwkRecord[]> {
  const { name, where, values } = select(filter);
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const beyond = (cursor: Cursor | null, operator: '<' | '>') =>
    cursor ? `AND (j.name, j.id) ${operator} (${parameter(cursor.sortKey)}, ${parameter(cursor.id)}::uuid)` : '';
  const bounds = `${beyond(after, '>')} ${beyond(before, '<')}`;
  const direction = backward ? 'DESC' : 'ASC';
  const list = statement<JwkRecord>(
    [name, direction, after && 'after', before && 'before'].filter(Boolean).join('_').toLowerCase(),
    `SELECT ${JWK_COLUMNS} FROM jwks j WHERE ${where} ${bounds}
     ORDER BY j.name ${direction}, j.id ${direction} LIMIT ${parameter(size + 1)}`,
  );
  return sql.query(list, values);
}

export async function countJwks(sql: Sql, filter: JwkFilter): Promise<number> {
  const { name, where, values } = select(filter);
  const count = statement<{ number: number }>(`${name}_count`, `SELECT count(*) AS number FROM jwks j WHERE ${where}`);
  return (await sql.query(count, values))[0]?.number ?? 0;
}
