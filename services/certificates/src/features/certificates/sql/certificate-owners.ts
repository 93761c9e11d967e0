import { type Sql, statement } from '../../../platform/postgres/statement.js';

export interface OwnerRecord {
  readonly id: string;
  readonly owner: string;
}

const READ = statement<OwnerRecord>(
  'owners_read',
  'SELECT certificate_id AS id, owner FROM certificate_owners WHERE certificate_id = ANY ($1)',
);
const SET = statement<object>(
  'owners_set',
  `INSERT INTO certificate_owners (certificate_id, owner) SELECT id, $2 FROM unnest($1::uuid[]) AS id
   ON CONFLICT (certificate_id) DO UPDATE SET owner = excluded.owner`,
);

/** Owners of those certificates that have one. */
export function ownersOf(sql: Sql, certificateIds: readonly string[]): Promise<OwnerRecord[]> {
  return sql.query(READ, [certificateIds]);
}

export async function setOwner(sql: Sql, certificateIds: readonly string[], owner: string): Promise<void> {
  await sql.query(SET, [certificateIds, owner]);
}
