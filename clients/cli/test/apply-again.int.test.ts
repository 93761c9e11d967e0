import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCertificate } from '@trustcast/certificates-service/test/support/make-certificate.js';
import { TestAgent } from '@trustcast/certificates-service/test/support/test-agent.js';
import { TlsServers } from '@trustcast/certificates-service/test/support/tls-servers.js';
import { useHarness, useService } from '@trustcast/certificates-service/test/support/use-harness.js';
import { stringify } from 'yaml';
import { settingsFor, trustcast } from './trustcast.js';

const harness = useHarness();
const service = useService(harness);
const settings = settingsFor(service);
const servers = new TlsServers();
afterAll(() => servers.stop());

let files = 0;
async function apply(content: object, ...options: string[]) {
  const path = join(harness.folder, `again-${++files}.yaml`);
  writeFileSync(path, stringify(content));
  return trustcast(['apply', path, ...options], settings);
}

const one = (name: string, pem: string, environment = 'apimanager') => ({
  environments: [{ name: environment, kind: 'API_MANAGER' }],
  certificates: [{ name, definitions: [{ alias: name, environments: [environment], pem }] }],
});

interface Found {
  readonly owner: string | null;
  readonly definitions: readonly { readonly alias: string; readonly fingerprint: string }[];
}
async function read(name: string): Promise<Found | null> {
  const { certificate } = await service.query<{ certificate: Found | null }>(
    'query ($name: String!) { certificate(by: { name: $name }) { owner definitions { alias fingerprint } } }',
    { name },
  );
  return certificate;
}

describe('a certificate of another owner that is described just as it is', () => {
  const described = one('shared', makeCertificate().pem);

  test('is refused, taken over when told so, and audited; the other one prunes it no more', async () => {
    expect(await apply({ owner: 'team b', ...described })).toMatchObject({ code: 0 });
    const foreign = await apply({ owner: 'team a', ...described });
    expect(foreign.code).toBe(1);
    expect(foreign.out).toContain('belongs to owner "team b", not to "team a"');
    const taken = await apply({ owner: 'team a', ...described }, '--take-over');
    expect(taken).toMatchObject({ code: 0, out: expect.stringContaining('owner: team b becomes team a') });
    expect(await read('shared')).toMatchObject({ owner: 'team a' });
    const { audit } = await service.query<{ audit: { nodes: object[] } }>(
      '{ audit(first: 1, filter: { action: "changeOwner" }) { nodes { before after } } }',
    );
    expect(audit.nodes).toEqual([{ before: { owner: 'team b' }, after: { owner: 'team a' } }]);
    await apply({ owner: 'team b', ...one('of-b', makeCertificate().pem) }, '--prune');
    expect(await read('shared')).not.toBeNull();
    expect(await apply({ owner: 'team a', ...described })).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^unchanged +certificate +shared/m),
    });
  });
});

describe('a definition by url whose certificate another definition has already', () => {
  const [first, second] = [makeCertificate('First'), makeCertificate('Second')];
  const fingerprint = ({ pem }: { pem: string }) =>
    new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase();
  let ports: readonly [number, number];
  beforeAll(async () => {
    ports = [await servers.openssl([first.pem]), await servers.openssl([second.pem])];
  });
  const definition = (environment: string, which: 0 | 1) => ({
    alias: `in ${environment}`,
    environments: [environment],
    url: `https://127.0.0.1:${ports[which]}`,
    fingerprint: fingerprint(which === 0 ? first : second),
  });
  const described = (...definitions: object[]) => ({
    environments: ['staging', 'production'].map((name) => ({ name, kind: 'API_MANAGER' })),
    certificates: [{ name: 'promoted', definitions }],
  });

  test('is added, and gets the certificate when it is promoted', async () => {
    expect(await apply(described(definition('staging', 0)))).toMatchObject({ code: 0 });
    expect(await apply(described(definition('staging', 0), definition('production', 0)))).toMatchObject({ code: 0 });
    expect(await apply(described(definition('staging', 1), definition('production', 0)))).toMatchObject({ code: 0 });
    expect(await apply(described(definition('staging', 1), definition('production', 1)))).toMatchObject({ code: 0 });
    expect((await read('promoted'))?.definitions).toEqual([
      { alias: 'in staging', fingerprint: fingerprint(second) },
      { alias: 'in production', fingerprint: fingerprint(second) },
    ]);
    const again = await apply(described(definition('staging', 1), definition('production', 1)), '--dry-run');
    expect(again).toMatchObject({ code: 0, out: expect.stringMatching(/^unchanged +certificate +promoted/m) });
  });
});

test('with --wait, what is unchanged is waited for as well: the second time says the same', async () => {
  const described = one('awaited', makeCertificate().pem, 'silent');
  await apply({ environments: described.environments });
  await TestAgent.enroll(service, 'silent', 'host');
  const runs = [
    await apply(described, '--wait', '--timeout', '1'),
    await apply(described, '--wait', '--timeout', '1'),
  ] as const;
  expect(runs.map(({ code }) => code)).toEqual([3, 3]);
});

test('a timeout that no timer holds is refused, before anything is done', async () => {
  const { code, err } = await apply(one('hurried', makeCertificate().pem), '--wait', '--timeout', '3000000');
  expect(code).toBe(64);
  expect(err).toContain('--timeout takes seconds, up to 2147483');
  expect(await read('hurried')).toBeNull();
});

test.each([['certificates'], ['jwks']])('%s of an environment that is not there are no empty list', async (things) => {
  const { code, err } = await trustcast([things, 'list', '--environment', 'typo'], settings);
  expect(code).toBe(1);
  expect(err).toContain('there is no environment typo');
});

test('more environments are waited for than one WebSocket carries', async () => {
  const names = Array.from({ length: 120 }, (_, index) => `many-${index}`);
  const environments = names.map((name) => ({ name, kind: 'API_MANAGER' }));
  const { pem } = makeCertificate();
  const described = {
    environments,
    certificates: [{ name: 'everywhere', definitions: [{ alias: 'e', environments: names, pem }] }],
  };
  const { out } = await apply(described, '--wait', '--json');
  const { progress } = JSON.parse(out) as { progress: { state: string }[] };
  expect(progress).toHaveLength(120);
  expect(new Set(progress.map(({ state }) => state))).toEqual(new Set(['NO_TARGETS']));
});
