import { expect, test } from '@jest/globals';
import { makeCertificate } from '../support/make-certificate.js';
import {
  type CertificateView,
  createCertificate,
  createEnvironment,
  deleteCertificate,
  pasted,
  updateCertificate,
} from '../support/mutations.js';
import type { ServiceProcess } from '../support/service-process.js';
import { createJwk } from '../support/jwk-mutations.js';
import { useHarness } from '../support/use-harness.js';

const WRITERS = 8;
const EACH = 60;
const ENVIRONMENTS = ['one', 'two', 'three', 'four'];
const harness = useHarness({ per: 'test' });
const aliases = Array.from({ length: 12 }, (_, index) => `shared-${index}`);
/** Each round brings some that nobody had: every writer wants each of them, and in other environments than the others. */
const contents = Array.from({ length: EACH }, () => Array.from({ length: WRITERS }, () => makeCertificate().pem));

const any = <Item>(items: readonly Item[]): Item => items[Math.floor(Math.random() * items.length)]!;
const shuffled = <Item>(items: readonly Item[]): Item[] => [...items].sort(() => Math.random() - 0.5);

/** A definition for each of some environments, in any order; now and then under an alias that others want as well. */
function definitions(name: string, round: number, writer: number) {
  const all = ENVIRONMENTS.map((environment, index) =>
    pasted(
      [environment],
      Math.random() < 0.1 ? any(aliases) : `${name}-${index}`,
      contents[round]![(index + writer) % WRITERS]!,
    ),
  );
  return shuffled(all).slice(0, 1 + Math.floor(Math.random() * ENVIRONMENTS.length));
}

async function started(): Promise<ServiceProcess> {
  const service = await harness.start();
  for (const name of ENVIRONMENTS) await createEnvironment(service, name);
  return service;
}

/** What PostgreSQL counted; sessions that end have reported everything. */
async function deadlocks(): Promise<number> {
  const { rows } = await harness.sql.query<{ deadlocks: string }>(
    'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
  );
  return Number(rows[0]?.deadlocks);
}

test('eight writers that create, change, roll back and delete in overlapping environments, in any order, never deadlock', async () => {
  const service = await started();
  const done: Record<string, number> = {};
  const known: CertificateView[] = [];
  const count = (what: string, answer: { certificate: CertificateView | null }) => {
    done[what] = (done[what] ?? 0) + (answer.certificate ? 1 : 0);
    return answer.certificate;
  };
  const change = async (creates: object[], updates: object[], deletions: object[]) =>
    service.query<{ payload: { certificates: CertificateView[] } }>(
      `mutation ($input: ChangeCertificatesInput!) { payload: changeCertificates(input: $input) {
         certificates { id name version definitions { id } } userErrors { code } } }`,
      { input: { creates, updates, deletions } },
    );
  const write = async (writer: number) => {
    for (let i = 0; i < EACH; i++) {
      const name = `w${writer}-${i}`;
      const one = known.length > 0 ? any(known) : undefined;
      const kind = Math.random();
      if (!one || kind < 0.35) {
        const created = count(
          'created',
          await createCertificate(service, { name, definitions: definitions(name, i, writer) }),
        );
        if (created) known.push(created);
      } else if (kind < 0.7) {
        const input = { id: one.id, expectedVersion: one.version, definitions: definitions(name, i, writer) };
        const updated = count('updated', await updateCertificate(service, input));
        if (updated) known.splice(known.indexOf(one), 1, updated);
      } else if (kind < 0.77) {
        const deleted = count(
          'deleted',
          await deleteCertificate(service, { id: one.id, expectedVersion: one.version }),
        );
        if (deleted && known.includes(one)) known.splice(known.indexOf(one), 1);
      } else if (kind < 0.85) {
        const other = any(known);
        const updates =
          other === one
            ? []
            : [{ id: other.id, expectedVersion: other.version, definitions: definitions(name, i, writer) }];
        const { payload } = await change([{ name, definitions: definitions(name, i, writer) }], updates, [
          { id: one.id, expectedVersion: one.version },
        ]);
        done.changed = (done.changed ?? 0) + (payload.certificates.length > 0 ? 1 : 0);
        if (payload.certificates.length > 0) {
          known.splice(known.indexOf(one), 1);
          known.push(...payload.certificates);
        }
      } else if (kind < 0.92) {
        await createJwk(service, {
          certificateId: one.id,
          environment: any(ENVIRONMENTS),
          name: any(aliases),
          use: 'SIGNATURE',
          algorithm: 'ES256',
        });
      } else {
        const environment = any(ENVIRONMENTS);
        const { environment: at } = await service.query<{ environment: { revision: number } }>(
          'query ($name: String!) { environment(name: $name) { revision } }',
          { name: environment },
        );
        await service.query(
          `mutation ($input: RollbackEnvironmentInput!) { rollbackEnvironment(input: $input) { userErrors { code } } }`,
          {
            input: { environment, revision: Math.max(0, at.revision - 1), expectedRevision: at.revision, retrust: [] },
          },
        );
      }
    }
  };
  const before = await deadlocks();
  await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
  await service.stop();
  process.stdout.write(`changes that were made: ${JSON.stringify(done)}\n`);
  expect(done.created).toBeGreaterThan(WRITERS);
  expect(done.updated).toBeGreaterThan(WRITERS / 2);
  expect((await deadlocks()) - before).toBe(0);
}, 180_000);
