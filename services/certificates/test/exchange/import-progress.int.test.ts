import { describe, expect, test } from '@jest/globals';
import { writePkcs12 } from '@trustcast/keystore';
import { exportDocument } from '../../src/features/exchange/rules/export-document.js';
import { until } from '../support/harness.js';
import { makeCertificate } from '../support/make-certificate.js';
import type { UserErrorView } from '../support/mutations.js';
import type { ServiceProcess } from '../support/service-process.js';
import { subscriptionClient } from '../support/subscription-client.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const one = useService(harness);
const other = useService(harness);

interface Seen {
  readonly phase: string;
  readonly done: number;
  readonly total: number;
}

const FOLLOW = `subscription ($key: String!) { importProgress(idempotencyKey: $key) { phase done total } }`;

/** What a client of a process is told, to the end. @returns once it is subscribed */
async function follow(service: ServiceProcess, key: string, token?: string) {
  const client = subscriptionClient(harness, service, token);
  const told = client.iterate<{ importProgress: Seen | null }>({ query: FOLLOW, variables: { key } });
  const next = async () => {
    const step = await told.next();
    return step.done ? undefined : step.value.data!.importProgress;
  };
  const first = await next();
  const rest = (async () => {
    const seen: Seen[] = [];
    for (;;) {
      const progress = await next();
      if (!progress) return seen;
      seen.push(progress);
    }
  })();
  return { first, rest };
}

async function importing(type: string, input: object) {
  const { payload } = await one.query<{ payload: { counts: { added: number }; userErrors: UserErrorView[] } }>(
    `mutation ($input: Import${type}Input!) { payload: import${type}(input: $input) {
       counts { added } userErrors { code } } }`,
    { input },
  );
  return payload;
}

function documentOf(count: number, name: string): string {
  const made = Array.from({ length: count }, (_, index) => makeCertificate(`${name} ${index}`));
  const certificates = made.map(({ fingerprint }, index) => ({
    name: `${name}-${index}`,
    description: '',
    definitions: [
      {
        alias: `${name}-${index}`,
        source: 'FILE' as const,
        url: null,
        environments: ['apimanager'],
        fingerprint,
      },
    ],
    jwks: [],
  }));
  const pems = new Map(made.map(({ fingerprint, pem }) => [fingerprint, pem]));
  return JSON.stringify(exportDocument({ environments: [], certificates }, new Date(), pems));
}

const COUNT = 1_500;
/** Phases in their order, each once, with the numbers that were seen in it. */
function numbersOf(seen: readonly Seen[]): Map<string, number[]> {
  const numbers = new Map<string, number[]>();
  for (const { phase, done } of seen) numbers.set(phase, [...(numbers.get(phase) ?? []), done]);
  return numbers;
}

describe('the progress of an import', () => {
  test('is pushed by another process while it runs, in growing numbers and to a last word', async () => {
    const key = 'seen-growing';
    const { first, rest } = await follow(other, key);
    expect(first).toBeNull();
    const done = await importing('Certificates', {
      content: documentOf(COUNT, 'growing'),
      dryRun: false,
      confirmIssuerList: true,
      idempotencyKey: key,
    });
    expect(done).toEqual({ counts: { added: COUNT }, userErrors: [] });
    const seen = await rest;
    const numbers = numbersOf(seen);
    const order = [...numbers.keys()];
    const all = ['READING', 'CHECKING', 'PLANNING', 'STORING', 'DONE'];
    expect(order).toEqual(all.filter((phase) => order.includes(phase)));
    expect(order.at(-1)).toBe('DONE');
    const checked = numbers.get('CHECKING')!;
    expect(new Set(checked).size).toBeGreaterThan(2);
    for (const each of numbers.values()) expect(each).toEqual([...each].sort((a, b) => a - b));
    expect(seen.at(-1)).toEqual({ phase: 'DONE', done: COUNT, total: COUNT });
    expect((await follow(one, key)).first).toEqual(seen.at(-1));
  });

  test('of a preview and of a truststore is told the same way, and polled', async () => {
    const { rest } = await follow(other, 'previewed');
    const content = documentOf(3, 'previewed');
    await importing('Certificates', { content, dryRun: true, idempotencyKey: 'previewed' });
    expect((await rest).at(-1)).toEqual({ phase: 'DONE', done: 3, total: 3 });
    const entries = [makeCertificate('Kept'), makeCertificate('Kept too')];
    await importing('Truststore', {
      environment: 'apimanager',
      content: Buffer.from(
        writePkcs12(
          entries.map(({ der }, index) => ({ alias: `kept-${index}`, der })),
          {},
        ),
      ).toString('base64'),
      dryRun: true,
      idempotencyKey: 'truststore',
    });
    const query = '{ importProgress(idempotencyKey: "truststore") { phase done total } }';
    expect(await other.query(query)).toEqual({ importProgress: { phase: 'DONE', done: 2, total: 2 } });
  });

  test('ends with REFUSED when nothing is imported', async () => {
    const { rest } = await follow(other, 'refused');
    const content = documentOf(1, 'refused').replace('"refused-0"', '"changed-0"');
    const { userErrors } = await importing('Certificates', { content, dryRun: false, idempotencyKey: 'refused' });
    expect(userErrors).toMatchObject([{ code: 'INVALID_INPUT' }]);
    expect((await rest).at(-1)).toMatchObject({ phase: 'REFUSED' });
  });

  test('ends with FAILED when the service that imported has died', async () => {
    const doomed = await harness.start();
    const { rest } = await follow(other, 'doomed');
    const lock = await harness.sql.connect();
    await lock.query('BEGIN; LOCK TABLE definitions');
    const mutation = 'mutation ($input: ImportCertificatesInput!) { importCertificates(input: $input) { plan } }';
    const input = { content: documentOf(1, 'doomed'), dryRun: false, idempotencyKey: 'doomed' };
    const asked = doomed.query(mutation, { input }).catch((error: unknown) => error);
    const query = '{ importProgress(idempotencyKey: "doomed") { phase } }';
    await until(
      () => one.query<{ importProgress: { phase: string } | null }>(query),
      ({ importProgress }) => importProgress?.phase === 'STORING' || importProgress?.phase === 'PLANNING',
    );
    doomed.kill('SIGKILL');
    await Promise.all([doomed.ended, asked]);
    await lock.query('ROLLBACK');
    lock.release();
    // As if it had been silent for so long.
    await harness.sql.query(`UPDATE import_progress SET told_at = told_at - interval '20 s' WHERE key = 'doomed'`);
    expect((await rest).at(-1)).toMatchObject({ phase: 'FAILED' });
    expect(
      (await one.query<{ certificates: object }>('{ certificates(filter: { text: "doomed" }) { totalCount } }'))
        .certificates,
    ).toEqual({ totalCount: 0 });
  });

  test('belongs to who imports: a key of somebody else is unknown', async () => {
    await importing('Certificates', { content: documentOf(1, 'mine'), dryRun: true, idempotencyKey: 'mine' });
    await harness.sql.query(`UPDATE import_progress SET actor = 'somebody else' WHERE key = 'mine'`);
    expect(await one.query('{ importProgress(idempotencyKey: "mine") { phase } }')).toEqual({ importProgress: null });
  });

  test('of what is no key ends at once', async () => {
    expect((await follow(one, '')).first).toBeUndefined();
  });
});
