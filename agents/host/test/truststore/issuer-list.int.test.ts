import { expect, test } from '@jest/globals';
import { LIMITS } from '@trustcast/schema';
import { issuerBytes } from '../../src/truststore/issuer-bytes.js';
import { doctor } from '../support/doctor.js';
import { entriesOf } from '../support/fixtures.js';
import { useHost } from '../support/use-host.js';

const host = useHost();
const named = (from: number, to: number): Promise<Awaited<ReturnType<typeof entriesOf>>> =>
  entriesOf(...Array.from({ length: to - from }, (_, index) => `${from + index}-`.padEnd(200, 'x')));
const text = (bytes: number): string => bytes.toLocaleString('en-US');

test('the agent reports how long the list of subjects is, and status and doctor say when it becomes too long', async () => {
  await host.running();
  const verdicts: string[] = [];
  for (const [from, to] of [
    [0, 50],
    [50, 130],
    [130, 170],
  ] as const) {
    await host.service.deploy({ upserts: await named(from, to) });
    const { issuerBytes: bytes } = await host.service.written();
    expect(bytes).toBe(issuerBytes(host.service.set.values()));
    const [said = ''] = (await doctor(host)).of('issuer list');
    expect(said).toContain(`subjects of ${text(bytes!)} bytes, of at most ${text(LIMITS.issuerListBytes)}`);
    verdicts.push(`${said.split(':')[0]} ${said.includes('servers send no subject')}`);
    let status = '';
    for (const until = Date.now() + 5_000; Date.now() < until && !status.includes(text(bytes!));)
      status = (await host.cli(['status'])).out;
    expect(status).toContain(`subjects of ${text(bytes!)} bytes`);
  }
  expect(verdicts).toEqual(['ok false', 'notice false', 'notice true']);
});
