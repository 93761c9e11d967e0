import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Lets one statement make a whole change, or refuse it: what it raises takes everything back. */
const up = `
CREATE FUNCTION refuse_deploy(code text, environments text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'TC001', MESSAGE = code, DETAIL = array_to_string(environments, ' ');
END $$;
`;

export class RefuseDeploy1763910000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION refuse_deploy(text, text[])');
  }
}
