import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A key that is to sign next: agents hear of it before it signs, so that none of them has to ask when it does. */
const up = `
ALTER TABLE signing_keys ADD announced_at timestamptz,
  ADD CONSTRAINT signing_keys_announced_check CHECK (announced_at IS NULL OR retired_at IS NOT NULL);
`;
const down = 'ALTER TABLE signing_keys DROP announced_at';

export class AnnouncedKeys1764120200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(down);
  }
}
