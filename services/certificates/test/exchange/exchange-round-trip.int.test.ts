import { type KeyObject, generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { unzipSync } from 'fflate';
import { eachText } from '@trustcast/schema';
import type { ExportedCertificate } from '../../src/features/exchange/rules/export-document.js';
import { JWK_USES, type PublicKeyMembers, allowedAlgorithms } from '../../src/features/records/jwk-algorithm.js';
import { certificatesOf, deleteAll, documentOf, exported, importFile } from '../support/exchange-files.js';
import { newKey } from '../support/jwk-stage.js';
import { makeCertificate } from '../support/make-certificate.js';
import { createEnvironment } from '../support/mutations.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
const KEYS = [
  () => newKey(),
  () => newKey('P-384'),
  () => generateKeyPairSync('ed25519').publicKey,
  () => generateKeyPairSync('rsa', { modulusLength: 2_048 }).publicKey,
];
/** In their order: of keys of every kind, and all of P-256. */
const various = Array.from({ length: 12 }, (_, index) => {
  const publicKey = KEYS[index % KEYS.length]!();
  return { ...makeCertificate(`Various ${index}`, { publicKey }), publicKey };
});

/** Everything that a key may be used for. */
function purposesOf(publicKey: KeyObject) {
  const members = publicKey.export({ format: 'jwk' }) as PublicKeyMembers;
  return JWK_USES.flatMap((use) => allowedAlgorithms(members, use).map((algorithm) => ({ use, algorithm })));
}

function sorted(certificates: readonly ExportedCertificate[]): ExportedCertificate[] {
  const by = <Item>(items: readonly Item[], key: (item: Item) => string) =>
    [...items].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  const inOrder = certificates.map((each) => ({
    ...each,
    jwks: by(each.jwks ?? [], ({ environment }) => environment),
  }));
  return by(inOrder, ({ name }) => name);
}

describe('an import', () => {
  test('of an export gives an export that is identical apart from its date', async () => {
    for (const name of ['prop-a', 'prop-b', 'prop-c']) await createEnvironment(service, name);
    const environments = ['prop-a', 'prop-b', 'prop-c', 'apimanager'];
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).map((each) => each.normalize('NFC'));
    // What may be part of a name.
    const part = text.filter((each) => !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(each));
    const published = () =>
      Promise.all(
        environments.map(async (name) => (await fetch(`${service.url}/environments/${name}/jwks.json`)).text()),
      );
    // Three times around is where it began.
    const environmentMapping = ['prop-a', 'prop-b', 'prop-c'].map((from, at, all) => ({ from, to: all[(at + 1) % 3] }));
    // Each environment belongs to one definition; certificates and aliases are different everywhere.
    const certificate = fc.record({
      name: part,
      texts: fc.record(eachText(() => text)),
      source: fc.constantFrom('FILE', 'CLIPBOARD', 'CONNECTION'),
      owners: fc.array(fc.nat({ max: 2 }), { minLength: 4, maxLength: 4 }),
      jwks: fc.array(fc.option(fc.record({ name: part, purpose: fc.nat() })), { minLength: 4, maxLength: 4 }),
    });
    const without = (file: Buffer) => file.toString().replace(/"exportedAt": "[^"]+"/, '');
    await fc.assert(
      fc.asyncProperty(fc.array(certificate, { minLength: 1, maxLength: 4 }), async (wanted) => {
        await deleteAll(harness, service);
        const certificates = wanted.map(({ name, texts, source, owners, jwks }, index): ExportedCertificate => ({
          name: `${index}${name}x`,
          ...texts,
          definitions: [0, 1, 2].flatMap((owner) => {
            const own = environments.filter((_, at) => owners[at] === owner).sort();
            const url = source === 'CONNECTION' ? 'https://host.example/' : null;
            const alias = `Alias ${index}.${owner}`;
            const { fingerprint } = various[index * 3 + owner]!;
            return own.length > 0 ? [{ alias, source, url, environments: own, fingerprint } as const] : [];
          }),
          jwks: environments.flatMap((environment, at) => {
            const jwk = jwks[at];
            const purposes = purposesOf(various[index * 3 + owners[at]!]!.publicKey);
            return jwk
              ? [{ environment, name: `${index}${jwk.name}x`, ...purposes[jwk.purpose % purposes.length]! }]
              : [];
          }),
        }));
        expect((await importFile(service, documentOf(certificates, various))).userErrors).toEqual([]);
        const keys = await published();
        const [json, zip] = [await exported(service, 'json'), await exported(service, 'zip')];
        expect(sorted(certificatesOf(json))).toEqual(sorted(certificates));
        await deleteAll(harness, service);
        expect((await importFile(service, zip)).userErrors).toEqual([]);
        expect(without(await exported(service, 'json'))).toBe(without(json));
        expect((await importFile(service, json)).items.every(({ action }) => action === 'UNCHANGED')).toBe(true);
        const [before, after] = [unzipSync(zip), unzipSync(await exported(service, 'zip'))];
        expect(Object.keys(after)).toEqual(Object.keys(before));
        expect(await published()).toEqual(keys);
        const [first, second, third, own] = keys;
        for (const turned of [[third, first, second, own], [second, third, first, own], keys]) {
          const file = await exported(service, 'json');
          await deleteAll(harness, service);
          expect((await importFile(service, file, { environmentMapping })).userErrors).toEqual([]);
          expect(await published()).toEqual(turned);
        }
        expect(without(await exported(service, 'json'))).toBe(without(json));
      }),
      { numRuns: Number(process.env.PROPERTY_RUNS ?? 8) },
    );
  });
});
