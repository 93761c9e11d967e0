import { describe, expect, test } from '@jest/globals';
import { markerCertificate } from '@trustcast/keystore';
import { makeCertificate } from '../../../../test/support/make-certificate.js';
import { admitCertificate } from '../../gate/rules/admit-certificate.js';
import type { DefinitionRecord } from '../../records/certificate-record.js';
import { type DefinitionInput, planDefinitions, readDefinitions } from './definition-input.js';

const KEPT = { alias: 'a', source: 'FILE', url: null, fingerprint: 'f1', environmentIds: [] } as const;
const EXISTING = [
  { ...KEPT, id: 'one' },
  { ...KEPT, id: 'two', alias: 'b', fingerprint: 'f2' },
  { ...KEPT, id: 'received', source: 'CONNECTION', url: 'https://api.example' },
] as const satisfies DefinitionRecord[];

async function plan(inputs: readonly DefinitionInput[], existing: readonly DefinitionRecord[] = []) {
  const read = await readDefinitions(inputs, (content, at) => Promise.resolve(admitCertificate(content, at)));
  return read.ok ? planDefinitions(read.value, existing) : read;
}

async function refusals(...given: Parameters<typeof plan>): Promise<(readonly [string, string | undefined])[]> {
  const planned = await plan(...given);
  return planned.ok ? [] : planned.refusals.map(({ code, field }) => [code, field?.join('.')] as const);
}

describe('the definitions of a certificate', () => {
  test('must be there, and each must have an environment, an alias, a source and a certificate', async () => {
    expect(await refusals([])).toEqual([['INVALID_INPUT', 'definitions']]);
    expect(await refusals([{ environments: [], alias: ' x' }])).toEqual([
      ['INVALID_INPUT', 'definitions.0.environments'],
      ['INVALID_INPUT', 'definitions.0.alias'],
      ['INVALID_INPUT', 'definitions.0.from'],
    ]);
  });

  test('keep what the input does not change', async () => {
    const planned = await plan([{ id: 'two', environments: ['e', 'e'], alias: 'B' }], EXISTING);
    const kept = { id: 'two', source: 'FILE', url: null, fingerprint: 'f2' };
    expect(planned).toEqual({
      ok: true,
      value: { definitions: [{ ...kept, alias: 'B', aliasKey: 'b', environments: ['e'] }], certificates: [] },
    });
  });

  test('share no environment, and are named once', async () => {
    const twice = { environments: ['e'], alias: 'x' };
    expect(
      await refusals(
        [
          { id: 'one', ...twice },
          { id: 'two', ...twice },
        ],
        EXISTING,
      ),
    ).toEqual([['INVALID_INPUT', 'definitions.1.environments.0']]);
    expect(
      await refusals(
        [
          { id: 'one', ...twice },
          { id: 'one', environments: ['f'], alias: 'y' },
        ],
        EXISTING,
      ),
    ).toEqual([['INVALID_INPUT', 'definitions.1.id']]);
    expect((await refusals([{ id: 'three', ...twice }], EXISTING))[0]).toEqual(['INVALID_INPUT', 'definitions.0.id']);
  });

  test("are not a truststore's marker", async () => {
    const der = markerCertificate('22222222-2222-4222-8222-222222222222');
    const content = Buffer.from(der).toString('base64');
    const from = { source: 'CLIPBOARD', encoding: 'BASE64', content } as const;
    expect(await refusals([{ environments: ['e'], alias: 'm', from }])).toEqual([
      ['INVALID_INPUT', 'definitions.0.from.clipboard.content'],
    ]);
  });

  describe('received over a connection', () => {
    const { pem, fingerprint } = makeCertificate();
    const url = 'ldap://directory.example';
    const from = { source: 'CONNECTION', url, content: pem } as const;
    const received = { environments: ['e'], alias: 'x', from };
    const kept = { id: 'received', environments: ['e'], alias: 'x' };

    test('have the URL of their server, and keep it with their certificate', async () => {
      expect(await plan([received])).toMatchObject({
        value: { definitions: [{ source: 'CONNECTION', url, fingerprint }] },
      });
      expect(await plan([kept], EXISTING)).toMatchObject({
        value: { definitions: [{ source: 'CONNECTION', url: 'https://api.example', fingerprint: 'f1' }] },
      });
      expect(await plan([{ ...kept, from }], EXISTING)).toMatchObject({
        value: { definitions: [{ url, fingerprint }] },
      });
    });

    test('must have a URL, and others must not', async () => {
      for (const wrong of [null, 'ftp://directory.example'])
        expect(await refusals([{ ...received, from: { ...from, url: wrong } }])).toEqual([
          ['INVALID_INPUT', 'definitions.0.from.connection.url'],
        ]);
      const pasted = { ...from, source: 'CLIPBOARD', encoding: 'BASE64PEM' } as const;
      expect(await refusals([{ ...received, from: pasted }])).toEqual([
        ['INVALID_INPUT', 'definitions.0.from.clipboard.url'],
      ]);
    });

    test('lose the URL with another source', async () => {
      const pasted = { source: 'CLIPBOARD', encoding: 'BASE64PEM', content: pem } as const;
      expect(await plan([{ ...kept, from: pasted }], EXISTING)).toMatchObject({
        value: { definitions: [{ source: 'CLIPBOARD', url: null }] },
      });
    });
  });
});
