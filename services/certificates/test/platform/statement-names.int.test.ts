import { beforeAll, afterAll, expect, test } from '@jest/globals';
import { type Database, openDatabase } from '../../src/platform/postgres/database.js';
import { type AuditFilter, listAudit } from '../../src/features/audit/sql/list-audit.js';
import { listCertificates } from '../../src/features/certificates/read/list-certificates.js';
import { type JwkFilter, listJwks } from '../../src/features/jwks/sql/list-jwks.js';
import {
  CERTIFICATE_SORT_KEYS,
  type CertificateFilter,
  type Cursor,
} from '../../src/features/records/certificate-list.js';
import { statement } from '../../src/platform/postgres/statement.js';
import { useHarness } from '../support/use-harness.js';

const harness = useHarness();
const CERTIFICATE = '00000000-0000-4000-8000-00000000000c';
let database: Database;

// One connection prepares them all.
beforeAll(async () => {
  const migrating = await openDatabase(harness.databaseUrl);
  await migrating.migrate();
  await migrating.close();
  database = await openDatabase(harness.databaseUrl, { lane: { name: 'test', connections: 1, statementMs: 30_000 } });
  for (const number of [1, 2, 3])
    await harness.sql.query(
      `WITH e AS (SELECT id FROM environments LIMIT 1), x AS (
        INSERT INTO x509_certificates (fingerprint, der, not_before, not_after, fields)
        VALUES (repeat($1::text, 64), '\\x00', now(), now() + interval '1 day' * $1::integer, '{"subject": "CN=text"}')
        RETURNING fingerprint), c AS (
        INSERT INTO certificates (id, name, description) VALUES (gen_random_uuid(), 'text ' || $1::text, '') RETURNING id), d AS (
        INSERT INTO definitions (id, certificate_id, ordinal, alias, source, fingerprint)
        SELECT gen_random_uuid(), c.id, 0, 'text' || $1::text, 'FILE', x.fingerprint FROM c, x
        RETURNING id, certificate_id, alias, fingerprint), p AS (
        INSERT INTO definition_environments
          (certificate_id, environment_id, definition_id, alias, alias_key, fingerprint, deployment_id)
        SELECT d.certificate_id, e.id, d.id, d.alias, d.alias, d.fingerprint, gen_random_uuid() FROM d, e)
      INSERT INTO audit (actor, action, certificate_id, environments, request_id, details, revisions)
      SELECT 'a', 'b', '${CERTIFICATE}', ARRAY['apimanager'], '${CERTIFICATE}', '{}', '[]' FROM d`,
      [number],
    );
});
afterAll(() => database.close());

/** Every subset of the members, none and all among them. */
function* subsets<T extends object>(all: T): Generator<Partial<T>> {
  const entries = Object.entries(all);
  for (let bits = 0; bits < 2 ** entries.length; bits++)
    yield Object.fromEntries(entries.filter((_, index) => bits & (1 << index))) as Partial<T>;
}

test('two texts never share a name, whatever their labels are, and no name is longer than 63 bytes', () => {
  const label = 'x'.repeat(80);
  const [one, other] = [statement(label, 'SELECT 1'), statement(label, 'SELECT 2')];
  expect(one.name).not.toBe(other.name);
  expect(Buffer.byteLength(one.name)).toBeLessThanOrEqual(63);
});

/** One page of `size`, after the cursor in the direction of reading. */
const page = <Cursor>(size: number, cursor: Cursor | null, backward: boolean) => ({
  size,
  after: backward ? null : cursor,
  before: backward ? cursor : null,
  backward,
});

/** Reads three pages of one each, and the same as one page; answers the ids of both. */
async function pages<Row extends { readonly id: string | number }, Cursor>(
  read: (size: number, cursor: Cursor | null) => Promise<readonly Row[]>,
  cursorOf: (row: Row) => Cursor,
) {
  const whole = (await read(3, null)).slice(0, 3).map(({ id }) => id);
  const paged: (string | number)[] = [];
  let cursor: Cursor | null = null;
  for (let number = 0; number < 3; number++) {
    const [found] = await read(1, cursor);
    if (!found) break;
    paged.push(found.id);
    cursor = cursorOf(found);
  }
  return { whole, paged };
}

test('three pages of certificates are one list, for every combination of filters, orders and directions', async () => {
  const filters: Required<CertificateFilter> = {
    environment: 'apimanager',
    expiringWithinDays: 30,
    fingerprint: '2'.repeat(64),
    live: true,
    text: 'text',
  };
  let lists = 0;
  for (const filter of subsets(filters))
    for (const by of CERTIFICATE_SORT_KEYS)
      for (const descending of [false, true])
        for (const backward of [false, true]) {
          const order = { by, descending };
          const { whole, paged } = await pages(
            async (size, cursor: Cursor | null) =>
              (await listCertificates(database, { filter, order, ...page(size, cursor, backward) })).certificates,
            ({ sortKey, id }) => ({ sortKey, id }),
          );
          expect([filter, order, backward, paged]).toEqual([filter, order, backward, whole]);
          expect(paged).toHaveLength(filter.fingerprint === undefined ? 3 : 1);
          lists++;
        }
  expect(lists).toBe(512);
});

test('three pages of the audit are one list, for every combination of filters and both directions', async () => {
  const filters: Required<AuditFilter> = {
    actor: 'a',
    action: 'b',
    certificateId: CERTIFICATE,
    environment: 'apimanager',
    requestId: CERTIFICATE,
    from: new Date(0),
    until: new Date(Date.now() + 86_400_000),
  };
  let records = 0;
  for (const filter of subsets(filters))
    for (const backward of [false, true]) {
      const { whole, paged } = await pages(
        (size, cursor: number | null) => listAudit(database, { filter, ...page(size, cursor, backward) }),
        ({ id }) => id,
      );
      expect([filter, backward, paged]).toEqual([filter, backward, whole]);
      records += paged.length;
    }
  expect(records).toBe(3 * 256);
});

test('every combination of filters of JWKs is a statement that runs, from the start and after a cursor', async () => {
  const filters: Required<JwkFilter> = {
    environment: 'apimanager',
    certificateId: CERTIFICATE,
    text: 'a',
    linked: true,
  };
  const cursor = { sortKey: '', id: '00000000-0000-0000-0000-000000000000' };
  for (const filter of subsets(filters))
    for (const backward of [false, true])
      for (const start of [null, cursor])
        expect(await listJwks(database, { filter, ...page(3, start, backward) })).toEqual([]);
});
