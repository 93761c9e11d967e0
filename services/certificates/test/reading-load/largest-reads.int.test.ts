import { beforeAll, expect, test } from '@jest/globals';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, pasted } from '../support/mutations.js';
import { useHarness, useService } from '../support/use-harness.js';
import { HISTORY } from './expensive-queries.js';
import { seedHistory } from './seed-history.js';

const READS = 12;
const harness = useHarness();
const service = useService(harness);

beforeAll(() => seedHistory(harness.sql, { environments: 2, revisions: 500, changes: 5 }));

test('a change beside a dozen of the largest queries is made before half of them are answered', async () => {
  const definitions = [pasted(['apimanager'], 'beside', makeCertificate('beside').pem)];
  const ended: string[] = [];
  const startedAt = performance.now();
  const reads = Array.from({ length: READS }, async () => {
    const { errors } = await service.graphql(HISTORY);
    expect(errors).toBeUndefined();
    ended.push('read');
  });
  expect((await createCertificate(service, { name: 'beside', definitions })).userErrors).toEqual([]);
  ended.push('change');
  const changeMs = performance.now() - startedAt;
  await Promise.all(reads);
  process.stdout.write(`change ${changeMs.toFixed(0)} ms, reads ${(performance.now() - startedAt).toFixed(0)} ms\n`);
  expect(ended.indexOf('change')).toBeLessThan(READS / 2);
}, 60_000);
