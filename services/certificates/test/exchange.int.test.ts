import { type KeyObject, generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { strToU8, unzipSync, zipSync } from 'fflate';
import { type ExportedCertificate, type ExportedJwk, exportDocument } from '../src/domain/export-document.js';
import { JWK_USES, type PublicKeyMembers, allowedAlgorithms } from '../src/domain/jwk-algorithm.js';
import * as files from './exchange-files.js';
import { type ImportView, oneIn } from './exchange-files.js';
import { type MadeCertificate, PRIVATE_KEY_PEM, makeCertificate } from './make-certificate.js';
import { createJwk } from './jwk-mutations.js';
import { makeJwk, makeJwkStage, newKey, readJwk } from './jwk-stage.js';
import { createCertificate, createEnvironment, deleteCertificate, pasted, updateCertificate } from './mutations.js';
import { useHarness, useService } from './use-harness.js';

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
const made: MadeCertificate[] = Array.from({ length: 12 }, (_, index) =>
  makeCertificate(`Exchanged ${index}`, { publicKey: newKey() }),
);

const download = (path: string) => files.download(service, path);
const exported = (format: 'json' | 'zip', query = '') => files.exported(service, format, query);
const importFile = (file: Uint8Array | string, more: object = {}) => files.importFile(service, file, more);
const documentOf = (certificates: readonly ExportedCertificate[], pems = made) => files.documentOf(certificates, pems);
const actions = ({ items }: ImportView) => items.map(({ name, action }) => [name, action]);

async function make(name: string, environment: string, certificate: MadeCertificate, alias = name) {
  const payload = await createCertificate(service, {
    name,
    definitions: [pasted([environment], alias, certificate.pem)],
  });
  expect(payload.userErrors).toEqual([]);
  return payload.certificate!;
}

function withJwk(certificate: ExportedCertificate, jwk: Partial<ExportedJwk>): ExportedCertificate {
  const [environment = ''] = certificate.definitions[0]!.environments;
  return { ...certificate, jwks: [{ environment, name: 'signer', use: 'SIGNATURE', algorithm: 'ES256', ...jwk }] };
}

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

/** What an export in JSON names, without the certificates themselves. */
function certificatesOf(file: Buffer): ExportedCertificate[] {
  const text = file.toString().replaceAll(/,\s*"pem": "[^"]*"/g, '');
  return (JSON.parse(text) as { certificates: ExportedCertificate[] }).certificates;
}

async function deleteAll(): Promise<void> {
  await harness.sql.query('DELETE FROM jwks');
  const { certificates } = await service.query<{ certificates: { nodes: { id: string; version: number }[] } }>(
    '{ certificates(first: 500) { nodes { id version } } }',
  );
  for (const { id, version } of certificates.nodes) await deleteCertificate(service, { id, expectedVersion: version });
}

describe('a download', () => {
  test.each(['format=exe', 'format=constructor'])('is refused as %s', async (query) => {
    const { id, definitions } = await make(`as-${query}`, 'apimanager', makeCertificate());
    expect((await download(`/certificates/${id}/definitions/${definitions[0]!.id}/file?${query}`)).status).toBe(400);
  });

  test('needs a token, and a definition of that certificate', async () => {
    const { id } = await make('guarded', 'apimanager', makeCertificate());
    const other = await make('guarded-other', 'apimanager', makeCertificate());
    expect((await download(`/certificates/${id}/definitions/${other.definitions[0]!.id}/file`)).status).toBe(404);
    expect((await fetch(`${service.url}/export`)).status).toBe(401);
    for (const query of ['certificate=x', 'environment=apimanager&environment=Not%20a%20name'])
      expect((await download(`/export?${query}`)).status).toBe(400);
  });
});

describe('an export', () => {
  test('has the certificates of several environments', async () => {
    for (const name of ['several-a', 'several-b', 'several-c']) {
      await createEnvironment(service, name);
      await make(name, name, makeCertificate());
    }
    const file = await exported('json', '&environment=several-a&environment=several-c');
    expect(certificatesOf(file).map(({ name }) => name)).toEqual(['several-a', 'several-c']);
  });
});

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
      description: text,
      source: fc.constantFrom('FILE', 'CLIPBOARD', 'CONNECTION'),
      owners: fc.array(fc.nat({ max: 2 }), { minLength: 4, maxLength: 4 }),
      jwks: fc.array(fc.option(fc.record({ name: part, purpose: fc.nat() })), { minLength: 4, maxLength: 4 }),
    });
    const without = (file: Buffer) => file.toString().replace(/"exportedAt": "[^"]+"/, '');
    await fc.assert(
      fc.asyncProperty(fc.array(certificate, { minLength: 1, maxLength: 4 }), async (wanted) => {
        await deleteAll();
        const certificates = wanted.map(({ name, description, source, owners, jwks }, index): ExportedCertificate => ({
          name: `${index}${name}x`,
          description,
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
        expect((await importFile(documentOf(certificates, various))).userErrors).toEqual([]);
        const keys = await published();
        const [json, zip] = [await exported('json'), await exported('zip')];
        expect(sorted(certificatesOf(json))).toEqual(sorted(certificates));
        await deleteAll();
        expect((await importFile(zip)).userErrors).toEqual([]);
        expect(without(await exported('json'))).toBe(without(json));
        expect((await importFile(json)).items.every(({ action }) => action === 'UNCHANGED')).toBe(true);
        const [before, after] = [unzipSync(zip), unzipSync(await exported('zip'))];
        expect(Object.keys(after)).toEqual(Object.keys(before));
        expect(await published()).toEqual(keys);
        const [first, second, third, own] = keys;
        for (const turned of [[third, first, second, own], [second, third, first, own], keys]) {
          const file = await exported('json');
          await deleteAll();
          expect((await importFile(file, { environmentMapping })).userErrors).toEqual([]);
          expect(await published()).toEqual(turned);
        }
        expect(without(await exported('json'))).toBe(without(json));
      }),
      { numRuns: Number(process.env.PROPERTY_RUNS ?? 8) },
    );
  });

  test('brings the JWKs of its certificates, published as they were, which follow them again', async () => {
    await deleteAll();
    const { id, name, environments, jwks } = await makeJwkStage(service, { environments: 2 });
    const [from, kept] = environments as [string, string];
    await createEnvironment(service, 'jwks-here');
    const published = async (environment: string) =>
      (await fetch(`${service.url}/environments/${environment}/jwks.json`)).text();
    const [moves, stays] = [await published(from), await published(kept)];
    const zip = await exported('zip', `&certificate=${id}`);
    await deleteAll();
    const environmentMapping = [{ from, to: 'jwks-here' }];
    const expected = jwks.map((jwk, index) => ({
      environment: index === 0 ? 'jwks-here' : kept,
      name: jwk.name,
      algorithm: 'ES256',
    }));
    const preview = await importFile(zip, { environmentMapping, dryRun: true });
    expect(preview.items).toMatchObject([{ name, action: 'ADD', jwks: expected }]);
    expect(await published('jwks-here')).toBe('{"keys":[]}');
    const done = await importFile(zip, { environmentMapping, expectedPlan: preview.plan });
    expect(done).toMatchObject({ items: [{ jwks: expected }], userErrors: [] });
    expect([await published('jwks-here'), await published(kept)]).toEqual([moves, stays]);
    const { certificateId } = done.items[0]!;
    const { rows } = await harness.sql.query<object>(
      `SELECT after -> 'link' ->> 'certificateId' AS linked, environments FROM audit
       WHERE action = 'createJwk' AND details ->> 'by' = 'importCertificates' AND certificate_id = $1
       ORDER BY environments`,
      [certificateId],
    );
    expect(rows).toEqual(['jwks-here', kept].map((each) => ({ linked: certificateId, environments: [each] })));
    expect((await importFile(zip, { environmentMapping })).items).toMatchObject([{ action: 'UNCHANGED', jwks: [] }]);
  });

  test('adds a JWK that is missing, and changes or takes away none', async () => {
    await deleteAll();
    const { id, environments, jwks } = await makeJwkStage(service);
    const json = await exported('json', `&certificate=${id}`);
    await harness.sql.query('DELETE FROM jwks');
    expect((await importFile(json)).userErrors).toMatchObject([
      { code: 'NAME_TAKEN', field: ['items', '0', 'name'], node: { __typename: 'Certificate', id } },
    ]);
    expect((await importFile(json, { onConflict: 'REPLACE' })).items).toMatchObject([
      { action: 'REPLACE', jwks: [{ environment: environments[0], name: jwks[0]!.name }] },
    ]);
    await harness.sql.query(`UPDATE jwks SET name = 'renamed' WHERE certificate_id = $1`, [id]);
    const refused = await importFile(json, { onConflict: 'REPLACE' });
    expect(refused.userErrors).toMatchObject([{ code: 'KEY_TAKEN', field: ['items', '0', 'jwks'] }]);
    expect((await importFile(json, { onConflict: 'SKIP' })).items).toMatchObject([{ action: 'SKIP', jwks: [] }]);
  });

  test('tells a JWK whose name is taken, here or in the import, and leaves it out with SKIP', async () => {
    await deleteAll();
    const { environments, jwks } = await makeJwkStage(service);
    const [environment] = environments as [string];
    const file = documentOf([
      withJwk(oneIn(environment, 'takes', made[0]!), { name: jwks[0]!.name }),
      withJwk(oneIn(environment, 'twin', made[1]!), { name: 'twin' }),
      withJwk(oneIn(environment, 'twin-too', made[2]!), { name: 'twin' }),
    ]);
    const { userErrors } = await importFile(file);
    expect(userErrors).toMatchObject([
      { code: 'NAME_TAKEN', field: ['items', '0', 'jwks'], node: { __typename: 'Jwk', id: jwks[0]!.id } },
      { code: 'NAME_TAKEN', field: ['items', '2', 'jwks'], node: null },
    ]);
    const skipped = await importFile(file, { onConflict: 'SKIP' });
    expect(actions(skipped).map(([, action]) => action)).toEqual(['SKIP', 'ADD', 'SKIP']);
  });

  test.each([
    ['an algorithm that its key does not allow', { algorithm: 'RS256' }, 'ALGORITHM_NOT_ALLOWED', 'algorithm'],
    ['an environment that its certificate is not in', { environment: 'atomic' }, 'INVALID_INPUT', 'environment'],
    ['a name that is none', { name: ' ' }, 'INVALID_INPUT', 'name'],
  ])('refuses a JWK with %s', async (_what, wrong, code, field) => {
    await deleteAll();
    const file = documentOf([withJwk(oneIn('apimanager', 'wrong', made[0]!), { name: 'wrong', ...wrong })]);
    const { userErrors } = await importFile(file);
    expect(userErrors).toMatchObject([{ code, field: ['items', '0', 'jwks', '0', field] }]);
  });

  test('takes a file from before there were JWKs in it, and leaves those that are there', async () => {
    await deleteAll();
    const { name, description, definitions } = oneIn('apimanager', 'from before', made[3]!);
    const old = documentOf([{ name, description, definitions }]).replace('trustcast-export/2', 'trustcast-export/1');
    const { items } = await importFile(old);
    const { id } = await makeJwk(service, items[0]!.certificateId!, 'apimanager');
    expect((await importFile(old)).items).toMatchObject([{ name, action: 'UNCHANGED' }]);
    expect(await readJwk(service, id)).toMatchObject({ version: 1, link: { certificate: { name } } });
  });

  test('previews what it would do to each, and does exactly that, in one revision', async () => {
    await deleteAll();
    await createEnvironment(service, 'previewed');
    const [a, b] = [makeCertificate('a'), makeCertificate('b')];
    await make('same', 'previewed', a);
    const { id } = await make('differs', 'previewed', b);
    const document = await exported('json', '&environment=previewed');
    await updateCertificate(service, { id, expectedVersion: 1, description: 'changed since' });
    const certificates = certificatesOf(document);
    const file = documentOf([...certificates, oneIn('previewed', 'new', made[3]!)], [a, b, ...made]);

    const preview = await importFile(file, { dryRun: true, onConflict: 'REPLACE' });
    expect(actions(preview)).toEqual([
      ['differs', 'REPLACE'],
      ['same', 'UNCHANGED'],
      ['new', 'ADD'],
    ]);
    expect(preview.deployment).toBeNull();
    expect(actions(await importFile(file, { dryRun: true, onConflict: 'SKIP' }))[0]).toEqual(['differs', 'SKIP']);
    const refused = await importFile(file);
    expect(refused.userErrors).toMatchObject([{ code: 'NAME_TAKEN', field: ['items', '0', 'name'] }]);

    const done = await importFile(file, { onConflict: 'REPLACE', expectedPlan: preview.plan });
    expect(done.counts).toEqual({ added: 1, replaced: 1, unchanged: 1, skipped: 0, refused: 0 });
    expect(done.deployment).toMatchObject({ environments: [{ revision: 3 }] });
    expect((await importFile(file)).counts).toMatchObject({ unchanged: 3 });
    const { rows } = await harness.sql.query<object>(
      `SELECT action, coalesce(after ->> 'name', '') AS name, environments FROM audit
       WHERE details ->> 'by' = 'importCertificates' AND environments = '{previewed}' ORDER BY id`,
    );
    expect(rows).toEqual([
      { action: 'updateCertificate', name: 'differs', environments: ['previewed'] },
      { action: 'createCertificate', name: 'new', environments: ['previewed'] },
    ]);
  });

  test('replaces at once: what one certificate frees, another may take', async () => {
    await deleteAll();
    await createEnvironment(service, 'swapped');
    await make('left', 'swapped', made[0]!, 'one');
    await make('right', 'swapped', made[1]!, 'two');
    const file = documentOf([oneIn('swapped', 'left', made[1]!, 'TWO'), oneIn('swapped', 'right', made[0]!, 'one')]);
    expect((await importFile(file, { onConflict: 'REPLACE' })).counts).toMatchObject({ replaced: 2 });
    const { rows } = await harness.sql.query<object>(
      `SELECT c.name, p.alias, p.fingerprint FROM definition_environments p JOIN certificates c
       ON c.id = p.certificate_id JOIN environments e ON e.id = p.environment_id WHERE e.name = 'swapped' ORDER BY 1`,
    );
    expect(rows).toEqual([
      { name: 'left', alias: 'TWO', fingerprint: made[1]!.fingerprint },
      { name: 'right', alias: 'one', fingerprint: made[0]!.fingerprint },
    ]);
    const { rows: counted } = await harness.sql.query(`SELECT entries FROM environments WHERE name = 'swapped'`);
    expect(counted).toEqual([{ entries: 2 }]);
  });

  test('is all or nothing, and says of each what stands in its way', async () => {
    await deleteAll();
    await createEnvironment(service, 'atomic');
    await make('there', 'atomic', made[0]!, 'taken');
    const file = documentOf([
      oneIn('atomic', 'good', made[1]!),
      oneIn('atomic', 'by-alias', made[2]!, 'TAKEN'),
      oneIn('atomic', 'by-certificate', made[0]!),
      oneIn('atomic', 'inside', made[1]!),
    ]);
    const { userErrors } = await importFile(file);
    expect(userErrors.map(({ code, field }) => [code, field])).toEqual([
      ['ALIAS_TAKEN', ['items', '1', 'definitions', '0', 'alias']],
      ['DUPLICATE_CERTIFICATE', ['items', '2', 'definitions', '0', 'content']],
      ['DUPLICATE_CERTIFICATE', ['items', '3', 'definitions', '0', 'content']],
    ]);
    const skipped = await importFile(file, { onConflict: 'SKIP' });
    expect(actions(skipped).map(([, action]) => action)).toEqual(['ADD', 'SKIP', 'SKIP', 'SKIP']);
  });

  test('maps environments, keeps the names of others, and refuses unknown ones by name', async () => {
    await deleteAll();
    await createEnvironment(service, 'here');
    const file = documentOf([oneIn('there', 'moves', made[0]!), oneIn('apimanager', 'stays', made[1]!)]);
    const { userErrors } = await importFile(file, { dryRun: true });
    expect(userErrors).toMatchObject([{ __typename: 'EnvironmentNotFound', names: ['there'] }]);
    const mapped = await importFile(file, { environmentMapping: [{ from: 'there', to: 'here' }] });
    expect(mapped.counts.added).toBe(2);
    expect(
      certificatesOf(await exported('json')).map(({ name, definitions }) => [name, definitions[0]!.environments]),
    ).toEqual([
      ['moves', ['here']],
      ['stays', ['apimanager']],
    ]);
  });

  test('does not replace what JWKs are linked to: that needs a decision about them', async () => {
    await deleteAll();
    const { id } = await make('linked', 'apimanager', made[7]!);
    const { userErrors } = await createJwk(service, {
      certificateId: id,
      environment: 'apimanager',
      name: 'linked',
      use: 'SIGNATURE',
      algorithm: 'ES256',
    });
    expect(userErrors).toEqual([]);
    const kept = documentOf([{ ...oneIn('apimanager', 'linked', made[7]!), description: 'described' }]);
    expect((await importFile(kept, { onConflict: 'REPLACE' })).counts.replaced).toBe(1);
    const other = documentOf([oneIn('apimanager', 'linked', made[8]!)]);
    const refused = await importFile(other, { onConflict: 'REPLACE' });
    expect(refused.userErrors).toMatchObject([{ message: expect.stringMatching('JWKs are linked') }]);
    await harness.sql.query('DELETE FROM jwks');
  });

  test('is answered once for one idempotency key', async () => {
    await deleteAll();
    const file = documentOf([oneIn('apimanager', 'once', made[6]!)]);
    const first = await importFile(file, { idempotencyKey: 'import-once' });
    const again = await importFile(file, { idempotencyKey: 'import-once' });
    expect(again.plan).toBe(first.plan);
    expect(actions(again)).toEqual([['once', 'ADD']]);
  });
});

describe('an import as multipart', () => {
  const MUTATION = `mutation ($input: ImportCertificatesInput!) { payload: importCertificates(input: $input) {
    plan counts { added } userErrors { code } } }`;
  async function upload(file: Uint8Array, parts: Record<string, string>) {
    const form = new FormData();
    for (const [name, text] of Object.entries(parts)) form.set(name, text);
    form.set('0', new Blob([Uint8Array.from(file)]), 'export.json');
    const headers = { authorization: `Bearer ${service.token}` };
    const response = await fetch(`${service.url}/graphql`, { method: 'POST', headers, body: form });
    return {
      status: response.status,
      body: (await response.json()) as { data?: { payload: ImportView }; code?: string },
    };
  }
  const partsOf = (input: object, map: object = { 0: ['variables.input.content'] }) => ({
    operations: JSON.stringify({ query: MUTATION, variables: { input: { content: null, dryRun: false, ...input } } }),
    map: JSON.stringify(map),
  });
  const MIB = 1024 * 1024;
  const padded = (text: string, bytes: number) => Buffer.from(text.padEnd(bytes, ' '));

  test('is the same request as without, for a file that JSON is too small for', async () => {
    await deleteAll();
    const file = padded(documentOf([oneIn('apimanager', 'uploaded', made[0]!)]), 40 * MIB);
    const asJson = await fetch(`${service.url}/graphql`, {
      method: 'POST',
      headers: { authorization: `Bearer ${service.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        query: MUTATION,
        variables: { input: { content: file.toString('base64'), dryRun: false } },
      }),
    }).catch(() => null);
    // Refused by its length: whoever is still sending may find the connection closed.
    expect([413, undefined]).toContain(asJson?.status);
    const { status, body } = await upload(file, partsOf({ idempotencyKey: 'uploaded' }));
    expect({ status, payload: body.data?.payload }).toMatchObject({
      status: 200,
      payload: { counts: { added: 1 }, userErrors: [] },
    });
    expect((await upload(file, partsOf({ idempotencyKey: 'uploaded' }))).body).toEqual(body);
    const small = documentOf([oneIn('apimanager', 'small', made[1]!)]);
    const key = { idempotencyKey: 'either-way' };
    await upload(Buffer.from(small), partsOf(key));
    expect((await importFile(Buffer.from(small), key)).counts.added).toBe(1);
  });

  test('has the limit of the file itself', async () => {
    const { status, body } = await upload(padded('{}', 64 * MIB + 1), partsOf({}));
    expect({ status, code: body.code }).toEqual({ status: 413, code: 'LIMIT_EXCEEDED' });
  });

  test.each<[string, Record<string, string>]>([
    ['no operation', { map: '{"0":["variables.input.content"]}' }],
    ['no JSON', { ...partsOf({}), operations: '{' }],
    ['no place for the file', partsOf({}, {})],
    ['a place that is not there', partsOf({}, { 0: ['variables.input.other'] })],
    ['a place that is taken', partsOf({ content: 'x' })],
    ['a place outside of the variables', partsOf({}, { 0: ['query'] })],
    ['a prototype as its place', partsOf({}, { 0: ['variables.__proto__.content'] })],
  ])('is refused with %s', async (_what, parts) => {
    const { status, body } = await upload(Buffer.from('{}'), parts);
    expect({ status, code: body.code }).toEqual({ status: 400, code: 'INVALID_INPUT' });
  });

  test('needs a token', async () => {
    const response = await fetch(`${service.url}/graphql`, { method: 'POST', body: new FormData() });
    expect(response.status).toBe(401);
  });
});

describe('an import refuses', () => {
  const valid = () => {
    const content = { environments: [], certificates: [oneIn('apimanager', 'archived', made[0]!)] };
    return {
      'trustcast-export.json': strToU8(JSON.stringify(exportDocument(content, new Date(), null))),
      [`certificates/${made[0]!.fingerprint}.pem`]: strToU8(made[0]!.pem),
    };
  };

  test('no archive that nobody touched', async () => {
    await deleteAll();
    expect((await importFile(zipSync(valid()), { dryRun: true })).counts.added).toBe(1);
  });

  const pemOf = (files: Record<string, Uint8Array>) => Object.keys(files).find((name) => name.endsWith('.pem'))!;
  test.each<[string, (files: Record<string, Uint8Array>) => Uint8Array | string, string, string]>([
    [
      'a document that was changed',
      () => documentOf([oneIn('apimanager', 'a', made[0]!)]).replace('"a"', '"b"'),
      'INVALID_INPUT',
      'the file was changed',
    ],
    [
      'a certificate that was exchanged',
      (files) => zipSync({ ...files, [pemOf(files)]: strToU8(made[1]!.pem) }),
      'MALFORMED_CERTIFICATE',
      'the file was changed',
    ],
    [
      'a private key in place of a certificate',
      (files) => zipSync({ ...files, [pemOf(files)]: strToU8(PRIVATE_KEY_PEM) }),
      'PRIVATE_KEY_NOT_ALLOWED',
      '',
    ],
    [
      'a path that leads out',
      (files) => zipSync({ ...files, '../../etc/passwd': strToU8('x') }),
      'INVALID_INPUT',
      'does not belong',
    ],
    [
      'a file that explodes',
      (files) => zipSync({ ...files, [pemOf(files)]: new Uint8Array(90_000_000) }),
      'LIMIT_EXCEEDED',
      'unpacked',
    ],
    [
      'a certificate that is missing',
      (files) => zipSync({ 'trustcast-export.json': files['trustcast-export.json']! }),
      'INVALID_INPUT',
      'certificates/',
    ],
    [
      'a certificate that nobody names',
      (files) => zipSync({ ...files, [`certificates/${'0'.repeat(64)}.pem`]: strToU8('x') }),
      'INVALID_INPUT',
      'not name',
    ],
    ['an archive that was cut off', (files) => zipSync(files).subarray(0, 200), 'INVALID_INPUT', 'cannot be unpacked'],
    ['an archive without a document', (files) => zipSync({ [pemOf(files)]: strToU8('x') }), 'INVALID_INPUT', 'archive'],
    ['another format', () => '{"format":"trustcast-export/3"}', 'INVALID_INPUT', 'trustcast-export/2'],
    ['what is no export', () => 'AAAA', 'INVALID_INPUT', 'JSON'],
  ])('%s', async (_what, change, code, message) => {
    await deleteAll();
    const before = (await exported('json')).toString().replace(/"exportedAt": "[^"]+"/, '');
    const { userErrors, counts } = await importFile(change(valid()));
    expect(userErrors).toMatchObject([{ code, message: expect.stringContaining(message) }]);
    expect(counts.added).toBe(0);
    expect((await exported('json')).toString().replace(/"exportedAt": "[^"]+"/, '')).toBe(before);
  });
});
