import type { MigrationInterface, QueryRunner } from 'typeorm';

// Of several signing keys the newest is what processes have been started with last. Of several agents with one key the one
// that registered last is the one whose host uses it now: nats-server refuses a file of users that names a key twice.
const up = `
ALTER TABLE signing_keys ADD retired_at timestamptz;
UPDATE signing_keys SET retired_at = now() WHERE kid <> (SELECT kid FROM signing_keys ORDER BY created_at DESC, kid LIMIT 1);
CREATE UNIQUE INDEX signing_keys_one_current ON signing_keys ((true)) WHERE retired_at IS NULL;

ALTER TABLE installation ADD copy_of uuid;
COMMENT ON COLUMN installation.copy_of IS 'the first installation of which this is a copy: its audit chain begins there';

WITH doubled AS (
  SELECT id, row_number() OVER (PARTITION BY public_key ->> 'x' ORDER BY registered_at DESC NULLS LAST, id) AS place
  FROM agents WHERE public_key IS NOT NULL
), released AS (
  UPDATE agents a SET public_key = NULL, registered_at = NULL FROM doubled d WHERE d.id = a.id AND d.place > 1
  RETURNING a.id, a.name, a.environment_id
)
INSERT INTO audit (actor, action, environments, after)
SELECT 'service', 'releaseAgentKey', ARRAY[e.name], jsonb_build_object('id', r.id, 'environment', e.name, 'name', r.name)
FROM released r JOIN environments e ON e.id = r.environment_id;
CREATE UNIQUE INDEX agents_public_key_once ON agents ((public_key ->> 'x'));
`;

const down = `
DROP INDEX agents_public_key_once;
ALTER TABLE installation DROP copy_of;
DROP INDEX signing_keys_one_current;
ALTER TABLE signing_keys DROP retired_at;
`;

export class CurrentKeys1764040000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(down);
  }
}
