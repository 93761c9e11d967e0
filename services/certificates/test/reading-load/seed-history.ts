import type { Pool } from 'pg';

export interface SeededHistory {
  readonly environments: number;
  readonly revisions: number;
  /** Of each revision. */
  readonly changes: number;
}

/** Environments with a history, straight into the tables: making it is not what is tried. No agent may run beside them. */
export async function seedHistory(sql: Pool, { environments, revisions, changes }: SeededHistory): Promise<void> {
  await sql.query(
    `INSERT INTO environments (id, name, title, kind, revision, head)
     SELECT gen_random_uuid(), 'history-' || n, 'History ' || n, 'API_MANAGER', $2, gen_random_uuid()
     FROM generate_series(1, $1::integer) n`,
    [environments, revisions],
  );
  await sql.query(
    `INSERT INTO revisions (environment_id, revision, epoch, deployment_id, upserts, removals, target_agents, target_jvms)
     SELECT e.id, n, e.epoch, gen_random_uuid(), '[]', '[]', '{}', '{}'
     FROM environments e CROSS JOIN generate_series(1, $1::integer) n WHERE e.name LIKE 'history-%'`,
    [revisions],
  );
  await sql.query(
    `INSERT INTO revision_changes (environment_id, revision, number, certificate_id, name, description,
       alias, fingerprint, source)
     SELECT r.environment_id, r.revision, n, gen_random_uuid(), 'seed-' || n, '', 'seed-' || n, repeat('0', 64), 'FILE'
     FROM environments e JOIN revisions r ON r.environment_id = e.id CROSS JOIN generate_series(1, $1::integer) n
     WHERE e.name LIKE 'history-%'`,
    [changes],
  );
  await sql.query('ANALYZE');
}
