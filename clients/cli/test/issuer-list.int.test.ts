import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { makeCertificate } from '@trustcast/certificates-service/test/support/make-certificate.js';
import { useHarness, useService } from '@trustcast/certificates-service/test/support/use-harness.js';
import { stringify } from 'yaml';
import { settingsFor, trustcast } from './trustcast.js';

const harness = useHarness();
const service = useService(harness);
const settings = settingsFor(service);

/** Describes so many certificates, each with a subject of a good 1,000 bytes. */
function describe(name: string, count: number): string {
  const path = join(harness.folder, `${name}.yaml`);
  const certificates = Array.from({ length: count }, (_, index) => ({
    name: `${name}-${index}`,
    definitions: [
      {
        alias: `${name}-${index}`,
        environments: [name],
        pem: makeCertificate(`${name}-${index}`.padEnd(1_000, '.')).pem,
      },
    ],
  }));
  writeFileSync(path, stringify({ environments: [{ name, kind: 'API_MANAGER' }], certificates }));
  return path;
}

test('apply warns of a long list of subjects, in a dry run as well', async () => {
  const path = describe('long', 26);
  const foreseen = await trustcast(['apply', path, '--dry-run'], settings);
  expect([foreseen.code, foreseen.out]).toEqual([2, expect.stringContaining('ISSUER_LIST_LONG: the subjects of')]);
  const { code, out } = await trustcast(['apply', path, '--json'], settings);
  expect([code, (JSON.parse(out) as { warnings: string[] }).warnings]).toEqual([
    0,
    [expect.stringMatching(/^ISSUER_LIST_LONG: .* of long have 26,[0-9]{3} bytes/)],
  ]);
});

test('apply refuses a list of subjects that is too long, in a dry run as well, until the option that it names is given', async () => {
  const path = describe('too-long', 33);
  for (const options of [['--dry-run'], []]) {
    const { code, out } = await trustcast(['apply', path, ...options], settings);
    expect([code, out]).toEqual([
      1,
      expect.stringMatching(
        /ISSUER_LIST_TOO_LONG: .*sends an empty list then, and confirm it by --confirm-issuer-list$/m,
      ),
    ]);
    expect(out).not.toContain('confirmIssuerList');
  }
  const { code, out } = await trustcast(['apply', path, '--confirm-issuer-list'], settings);
  expect([code, out]).toEqual([0, expect.stringContaining('\nISSUER_LIST_TOO_LONG: the subjects of')]);
});

test('import warns of it before, is refused, and does it when it is confirmed', async () => {
  const { environments } = await service.query<{ environments: { name: string }[] }>('{ environments { name } }');
  expect(environments.map(({ name }) => name)).toContain('too-long');
  const file = join(harness.folder, 'export.json');
  const exported = await trustcast(['export', '--format', 'json', '--out', file], settings);
  expect(exported.err).not.toMatch(/^trustcast: /);
  await service.query(
    'mutation { createEnvironment(input: { name: "other", kind: API_MANAGER }) { userErrors { code } } }',
  );
  const command = ['import', file, '--map', 'too-long=other', '--on-conflict', 'replace'];
  const foreseen = await trustcast([...command, '--dry-run'], settings);
  expect(foreseen.out).toContain('ISSUER_LIST_TOO_LONG: the subjects of the anchors of other');
  expect(await trustcast(command, settings)).toMatchObject({
    code: 1,
    err: expect.stringContaining('--confirm-issuer-list'),
  });
  const { code, out } = await trustcast([...command, '--confirm-issuer-list'], settings);
  expect([code, out]).toEqual([0, expect.stringContaining('\nISSUER_LIST_TOO_LONG: the subjects of')]);
});
