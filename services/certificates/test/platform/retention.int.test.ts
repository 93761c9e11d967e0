import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from '@jest/globals';
import { RETENTION_KINDS } from '../../src/platform/postgres/remove-expired.js';
import { until } from '../support/harness.js';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, createEnvironment, pasted } from '../support/mutations.js';
import type { ServiceProcess } from '../support/service-process.js';
import { createAgent } from '../support/test-agent.js';
import { useHarness } from '../support/use-harness.js';

const harness = useHarness();
let service: ServiceProcess;
const hex = (digit: string) => digit.repeat(64);

/** Rows of every kind, some kept long enough and some not, or still needed; 1,500 keys are more than a batch. */
beforeAll(async () => {
  const first = await harness.start();
  const environmentId = await createEnvironment(first, 'kept');
  const { agent } = await createAgent(first, 'kept', 'host-1');
  const { certificate } = await createCertificate(first, {
    name: 'kept',
    definitions: [pasted(['kept'], 'kept', makeCertificate().pem)],
  });
  const { fingerprint } = certificate!.definitions[0]!;
  await first.query(`mutation ($input: CreateJwkInput!) { createJwk(input: $input) { userErrors { code } } }`, {
    input: {
      certificateId: certificate!.id,
      environment: 'kept',
      name: 'jwk',
      use: 'SIGNATURE',
      algorithm: 'ES256',
    },
  });
  await first.stop();
  const sql = (text: string, values: unknown[] = []) => harness.sql.query(text, values);
  await sql(
    `INSERT INTO idempotency_keys (actor, key, request_sha256, answer, created_at)
     SELECT 'a', 'old-' || n, ''::bytea, '{}'::jsonb, now() - interval '4 days' FROM generate_series(1, 1500) n
     UNION ALL SELECT 'a', 'new', '', '{}', now() - interval '2 days'`,
  );
  await sql(
    `INSERT INTO bases (digest, created_at) VALUES ($1, now() - interval '9 days'), ($2, now() - interval '9 days'),
       ($3, now())`,
    [hex('a'), hex('b'), hex('c')],
  );
  await sql('UPDATE agents SET base_digest = $1 WHERE id = $2', [hex('b'), agent!.id]);
  await sql(
    `INSERT INTO retiring_keys (environment_id, kid, jwk_id, jwk, retires_at)
     SELECT environment_id, 'old', id, '{}'::json, now() - interval '9 days' FROM jwks
     UNION ALL SELECT environment_id, 'new', id, '{}', now() - interval '1 day' FROM jwks`,
  );
  await sql(
    `INSERT INTO target_jvms (agent_id, jvm_id, joined_revision, left_at) VALUES
       ($1, $2, 0, now() - interval '9 days'), ($1, $3, 0, now() - interval '1 day'), ($1, $4, 0, NULL)`,
    [agent!.id, randomUUID(), randomUUID(), randomUUID()],
  );
  await sql(
    `INSERT INTO expiry_notices (environment_id, fingerprint, days, published_at) VALUES
       ($1, $2, 30, now() - interval '9 days'), ($1, $3, 30, now() - interval '9 days')`,
    [environmentId, fingerprint, hex('d')],
  );
  await sql(
    `INSERT INTO import_progress (actor, key, phase, done, total, told_at) VALUES
       ('a', 'old', 'DONE', 1, 1, now() - interval '9 days'), ('a', 'new', 'DONE', 1, 1, now())`,
  );
  service = await harness.start({ TRUSTCAST_KEEP_IDEMPOTENCY_KEYS_DAYS: '3', TRUSTCAST_KEEP_LEFTOVERS_DAYS: '8' });
}, 60_000);

async function metrics(): Promise<string> {
  return (await fetch(`${service.url}/metrics`)).text();
}

test('the leader removes what was kept long enough, keeps the rest, and counts what it removed', async () => {
  const text = await until(metrics, (now) => /^trustcast_retention_last_success_timestamp_seconds [1-9]/m.test(now));
  const removed = Object.fromEntries(
    RETENTION_KINDS.map((kind) => [
      kind,
      Number(new RegExp(`^trustcast_retention_removed_rows_total\\{kind="${kind}"\\} (\\d+)`, 'm').exec(text)?.[1]),
    ]),
  );
  expect(removed).toEqual({
    idempotency_key: 1_500,
    base: 1,
    retired_key: 1,
    ended_jvm: 1,
    expiry_notice: 1,
    import_progress: 1,
    certificate_of_base: 0,
  });
  const { rows } = await harness.sql.query<object>(
    `SELECT (SELECT array_agg(key) FROM idempotency_keys) AS keys,
       (SELECT array_agg(left(digest, 1) ORDER BY digest) FROM bases) AS bases,
       (SELECT array_agg(kid) FROM retiring_keys) AS kids,
       (SELECT count(*)::integer FROM target_jvms) AS jvms,
       (SELECT count(*)::integer FROM expiry_notices WHERE published_at < now() - interval '8 days') AS notices,
       (SELECT array_agg(key) FROM import_progress) AS imports`,
  );
  expect(rows).toEqual([{ keys: ['new'], bases: ['b', 'c'], kids: ['new'], jvms: 2, notices: 1, imports: ['new'] }]);
});
