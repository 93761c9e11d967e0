import { expect, test } from '@jest/globals';
import { makeCertificate } from './make-certificate.js';
import { createCertificate, createEnvironment, pasted } from './mutations.js';
import { useHarness, useService } from './use-harness.js';

const WRITERS = 8;
const EACH = 25;
const harness = useHarness();
const service = useService(harness);

test('eight writers that create into several environments at once, in any order, get no error', async () => {
  const names = ['one', 'two', 'three', 'four'];
  for (const name of names) await createEnvironment(service, name);
  const before = await deadlocks();
  // The same certificates in other environments: their rows are shared.
  const shared = Array.from({ length: EACH }, () => makeCertificate().pem);
  const write = async (writer: number) => {
    for (let i = 0; i < EACH; i++) {
      const order = [...names].sort(() => Math.random() - 0.5).slice(0, 3);
      const name = `w${writer}-${i}`;
      const { certificate, userErrors } = await createCertificate(service, {
        name,
        definitions: [pasted(order, name, (i + writer) % 2 ? makeCertificate().pem : shared[(i * 7 + writer) % EACH]!)],
      });
      if (!certificate) expect(userErrors[0]?.code).toBe('DUPLICATE_CERTIFICATE');
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
  process.stdout.write(`deadlocks that were tried again: ${(await deadlocks()) - before}\n`);
  const { rows } = await harness.sql.query('SELECT FROM certificates');
  expect(rows.length).toBeGreaterThan(WRITERS * EACH * 0.5);
}, 120_000);

async function deadlocks(): Promise<number> {
  const { rows } = await harness.sql.query<{ deadlocks: string }>(
    'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
  );
  return Number(rows[0]?.deadlocks);
}
