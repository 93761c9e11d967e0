import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The history of environments in a table of its own: what each revision did to the entry of each certificate. Before, it was
 * read from the audit, which could neither be pruned nor change the shape of its records.
 */
const up = `
CREATE TABLE revision_changes (
  environment_id uuid NOT NULL,
  revision bigint NOT NULL,
  -- order within the revision
  number integer NOT NULL,
  -- no reference: the certificate may be deleted
  certificate_id uuid NOT NULL,
  name text COLLATE "C" NOT NULL,
  description text NOT NULL,
  -- null: the revision added the entry
  alias_before text,
  fingerprint_before text COLLATE "C",
  -- null: the revision removed the entry
  alias text,
  fingerprint text COLLATE "C",
  source text,
  url text,
  PRIMARY KEY (environment_id, revision, number),
  CONSTRAINT revision_changes_revision FOREIGN KEY (environment_id, revision) REFERENCES revisions ON DELETE CASCADE,
  CONSTRAINT revision_changes_before CHECK (num_nulls(alias_before, fingerprint_before) IN (0, 2)),
  CONSTRAINT revision_changes_after CHECK (num_nulls(alias, fingerprint, source) IN (0, 3)),
  CONSTRAINT revision_changes_something CHECK (num_nulls(alias_before, alias) < 2)
);

-- The first revision whose entries are known. That revision has a row for every entry; one that it did not change is
-- the same before and after.
ALTER TABLE environments ADD history_from bigint NOT NULL DEFAULT 0;

-- The entry that an audit record of a certificate has in an environment; null: none, or a record of another shape.
CREATE FUNCTION recorded_entry(certificate jsonb, environment uuid) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT jsonb_build_object('alias', d ->> 'alias', 'fingerprint', d ->> 'fingerprint', 'url', d ->> 'url', 'source',
    CASE WHEN d ->> 'source' IN ('CONNECTION', 'FILE', 'CLIPBOARD') THEN d ->> 'source' ELSE 'FILE' END)
  FROM jsonb_array_elements(
    CASE jsonb_typeof(certificate -> 'definitions') WHEN 'array' THEN certificate -> 'definitions' ELSE '[]' END) AS d
  WHERE d -> 'environmentIds' ? environment::text AND d ->> 'alias' IS NOT NULL AND d ->> 'fingerprint' IS NOT NULL
  LIMIT 1
$$;

-- Whether the rows of a revision say what its log says.
CREATE FUNCTION is_revision_known(r revisions) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT ARRAY(
    SELECT jsonb_build_array(u.alias, u.fingerprint) FROM jsonb_to_recordset(r.upserts) AS u (alias text, fingerprint text)
    ORDER BY 1
  ) = ARRAY(
    SELECT jsonb_build_array(c.alias, c.fingerprint) FROM revision_changes c
    WHERE c.environment_id = r.environment_id AND c.revision = r.revision AND c.alias IS NOT NULL ORDER BY 1
  ) AND ARRAY(
    SELECT to_jsonb(alias) FROM jsonb_array_elements_text(r.removals) AS alias ORDER BY 1
  ) = ARRAY(
    SELECT to_jsonb(c.alias_before) FROM revision_changes c
    WHERE c.environment_id = r.environment_id AND c.revision = r.revision AND c.alias_before IS DISTINCT FROM c.alias
      AND c.alias_before IS NOT NULL ORDER BY 1
  )
$$;

-- Fills in revisions that have no rows: those before this migration, and those of a process of the release before that
-- still runs. Where their audit records are gone or cannot be read, history begins with what the environment has now.
CREATE FUNCTION fill_history(environment uuid, since timestamptz) RETURNS bigint VOLATILE LANGUAGE plpgsql AS $$
DECLARE
  start bigint;
  missing bigint[];
  latest bigint;
BEGIN
  SELECT e.history_from INTO start FROM environments e WHERE e.id = environment;
  missing := ARRAY(
    SELECT r.revision FROM revisions r
    WHERE r.environment_id = environment AND r.created_at >= since AND r.revision > start
      AND (r.upserts <> '[]' OR r.removals <> '[]')
      AND NOT EXISTS (SELECT FROM revision_changes c WHERE c.environment_id = environment AND c.revision = r.revision));
  IF cardinality(missing) = 0 THEN RETURN start; END IF;
  SELECT e.revision INTO latest FROM environments e WHERE e.id = environment FOR NO KEY UPDATE;

  INSERT INTO revision_changes (environment_id, revision, number, certificate_id, name, description,
    alias_before, fingerprint_before, alias, fingerprint, source, url)
  SELECT environment, r.revision, row_number() OVER (PARTITION BY r.revision ORDER BY a.id) - 1, a.certificate_id,
    coalesce(a.after, a.before) ->> 'name', coalesce(coalesce(a.after, a.before) ->> 'description', ''),
    l.before ->> 'alias', l.before ->> 'fingerprint', l.after ->> 'alias', l.after ->> 'fingerprint',
    l.after ->> 'source', l.after ->> 'url'
  FROM revisions r
  JOIN audit a ON a.details ->> 'deploymentId' = r.deployment_id::text AND a.certificate_id IS NOT NULL
  CROSS JOIN LATERAL (
    SELECT recorded_entry(a.before, environment) AS before, recorded_entry(a.after, environment) AS after
  ) l
  WHERE r.environment_id = environment AND r.revision = ANY (missing)
    AND coalesce(a.after, a.before) ->> 'name' IS NOT NULL
    AND (l.before ->> 'alias', l.before ->> 'fingerprint') IS DISTINCT FROM (l.after ->> 'alias', l.after ->> 'fingerprint')
  -- Another process may have filled it in while the lock was waited for.
  ON CONFLICT DO NOTHING;

  IF EXISTS (SELECT FROM revisions r
    WHERE r.environment_id = environment AND r.revision = ANY (missing) AND NOT is_revision_known(r))
  THEN
    INSERT INTO revision_changes (environment_id, revision, number, certificate_id, name, description,
      alias_before, fingerprint_before, alias, fingerprint, source, url)
    SELECT environment, latest, row_number() OVER (ORDER BY c.name) + coalesce((
        SELECT max(m.number) FROM revision_changes m WHERE m.environment_id = environment AND m.revision = latest), -1),
      c.id, c.name, c.description, p.alias, p.fingerprint, p.alias, p.fingerprint, d.source, d.url
    FROM definition_environments p
    JOIN certificates c ON c.id = p.certificate_id JOIN definitions d ON d.id = p.definition_id
    WHERE p.environment_id = environment AND NOT EXISTS (SELECT FROM revision_changes k
      WHERE k.environment_id = environment AND k.revision = latest AND k.certificate_id = c.id);
    UPDATE environments SET history_from = latest WHERE id = environment;
    RETURN latest;
  END IF;
  RETURN start;
END $$;

SELECT fill_history(id, '-infinity') FROM environments;
`;

const down = `
DROP FUNCTION fill_history(uuid, timestamptz), is_revision_known(revisions), recorded_entry(jsonb, uuid);
DROP TABLE revision_changes;
ALTER TABLE environments DROP history_from;
`;

export class RevisionChanges1764200000000 implements MigrationInterface {
  readonly name = 'RevisionChanges1764200000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(down);
  }
}
