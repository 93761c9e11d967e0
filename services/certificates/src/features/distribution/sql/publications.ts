import type { Position } from '@trustcast/schema';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

const READ = statement<Position>(
  'publication_read',
  'SELECT epoch, revision FROM publications WHERE environment_id = $1',
);
const NOTE = statement<object>(
  'publication_note',
  `INSERT INTO publications (environment_id, epoch, revision, digest, published_at)
   SELECT id, $2, $3, $4, clock_timestamp() FROM environments WHERE id = $1
   ON CONFLICT (environment_id) DO UPDATE
   SET epoch = excluded.epoch, revision = excluded.revision, digest = excluded.digest,
     published_at = excluded.published_at`,
);

/** The position that was published last; null: none yet. */
export async function publishedPosition(sql: Sql, environmentId: string): Promise<Position | null> {
  return (await sql.query(READ, [environmentId]))[0] ?? null;
}

export async function notePublication(
  sql: Sql,
  environmentId: string,
  { epoch, revision, digest }: Position & { digest: string },
): Promise<void> {
  await sql.query(NOTE, [environmentId, epoch, revision, digest]);
}
