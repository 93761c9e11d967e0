import { describe, expect, test } from '@jest/globals';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PRIVATE_KEY_PEM, makeCertificate } from '@trustcast/certificates-service/test/support/make-certificate.js';
import { makeJwk, newKey } from '@trustcast/certificates-service/test/support/jwk-stage.js';
import { useHarness, useService } from '@trustcast/certificates-service/test/support/use-harness.js';
import { stringify } from 'yaml';
import { type Applied, definition, manifestRuns, one } from './manifest-runs.js';
import { settingsFor, trustcast } from './trustcast.js';

const harness = useHarness();
const service = useService(harness);
const settings = settingsFor(service);

/** Makes a JWK of the certificate with this name. */
async function makeJwkOf(name: string): Promise<void> {
  const { certificate } = await service.query<{ certificate: { id: string } }>(
    'query ($name: String!) { certificate(by: { name: $name }) { id } }',
    { name },
  );
  await makeJwk(service, certificate.id, 'apimanager');
}

const { file, apply, versions } = manifestRuns(harness, service);
const actions = ({ changes }: Applied) => changes.map(({ action, name }) => `${action} ${name}`);

describe('trustcast apply', () => {
  test('creates environments and certificates once: the second time nothing is to be done', async () => {
    const { der } = makeCertificate('From a file');
    writeFileSync(join(harness.folder, 'ca.der'), der);
    const described = {
      environments: [{ name: 'gateway', kind: 'GATEWAY', title: 'The gateway' }],
      certificates: [
        {
          name: 'both',
          description: 'As described',
          definitions: [
            { alias: 'in-file', environments: ['gateway'], file: 'ca.der' },
            definition('in-text', makeCertificate('In text').pem),
          ],
        },
      ],
    };
    expect(await apply(described)).toMatchObject({ code: 0 });
    expect(await versions()).toEqual({ both: 1 });
    const again = await apply(described);
    expect(actions(again)).toEqual(['unchanged gateway', 'unchanged both']);
    expect(await versions()).toEqual({ both: 1 });
  });

  test('with --dry-run says what would be done and ends with 2, or with 0 when nothing would', async () => {
    const before = await versions();
    const path = file(one('dry', makeCertificate().pem));
    const { code, out } = await trustcast(['apply', '--dry-run', path], settings);
    expect(code).toBe(2);
    expect(out).toMatch(/^ACTION +KIND +NAME +CHANGES\ncreate +certificate +dry +dry: [0-9a-f]{12}… in apimanager\n/);
    expect(out).toContain('1 to make, 0 unchanged, 0 refused; nothing was done');
    expect(await versions()).toEqual(before);
    await apply(readFileSync(path, 'utf8'));
    expect((await trustcast(['apply', '--dry-run', path], settings)).code).toBe(0);
  });

  test('with --dry-run refuses what the real one refuses: an environment, an alias, a JWK decision', async () => {
    await apply(one('taken', makeCertificate().pem));
    const { pem } = makeCertificate('For a JWK', { publicKey: newKey() });
    await apply(one('with-jwk', pem));
    await makeJwkOf('with-jwk');
    const wrong = [
      { certificates: [{ name: 'w1', definitions: [definition('w1', makeCertificate().pem, ['no-such'])] }] },
      { certificates: [{ name: 'w2', definitions: [definition('TAKEN', makeCertificate().pem)] }] },
      one('with-jwk', makeCertificate('Renewed', { publicKey: newKey() }).pem),
    ];
    const codes = ['ENVIRONMENT_NOT_FOUND', 'ALIAS_TAKEN', 'JWK_DECISION_REQUIRED'];
    for (const [index, described] of wrong.entries()) {
      const before = await versions();
      const dry = await apply(described, '--dry-run');
      expect(dry).toMatchObject({ code: 1, changes: [{ refusal: expect.stringContaining(codes[index]!) }] });
      expect((await apply(described)).changes).toEqual(dry.changes);
      expect(await versions()).toEqual(before);
    }
    const decided = { ...wrong[2]!.certificates[0]!, jwks: 'UPDATE' };
    expect(await apply({ certificates: [decided] }, '--dry-run')).toMatchObject({ code: 2 });
    expect(await apply({ certificates: [decided] })).toMatchObject({ code: 0 });
  });

  test('makes a file in one revision of each environment, with an environment that it brings', async () => {
    const described = {
      environments: [{ name: 'brought', kind: 'GATEWAY' }],
      certificates: ['b1', 'b2', 'b3'].map((name) => ({
        name,
        definitions: [definition(name, makeCertificate().pem, ['brought'])],
      })),
    };
    expect(await apply(described, '--dry-run')).toMatchObject({ code: 2 });
    expect(await apply(described)).toMatchObject({ code: 0 });
    const { environment } = await service.query<{ environment: { revision: number; entries: number } }>(
      '{ environment(name: "brought") { revision entries } }',
    );
    expect(environment).toEqual({ revision: 1, entries: 3 });
  });

  test('reads directories, several documents and the standard input', async () => {
    const folder = join(harness.folder, 'described');
    mkdirSync(folder);
    writeFileSync(
      join(folder, 'a.yaml'),
      `${stringify(one('d1', makeCertificate().pem))}---\n${stringify(one('d2', makeCertificate().pem))}`,
    );
    writeFileSync(join(folder, 'b.json'), JSON.stringify(one('d3', makeCertificate().pem)));
    writeFileSync(join(folder, 'notes.txt'), 'not a manifest');
    const { code, out } = await trustcast(
      ['apply', folder, '-', '--json'],
      settings,
      stringify(one('d4', makeCertificate().pem)),
    );
    expect(code).toBe(0);
    expect((JSON.parse(out) as Applied).changes.map(({ name }) => name)).toEqual(['d1', 'd2', 'd3', 'd4']);
    const empty = await trustcast(['apply', '-'], settings, '');
    expect(empty).toMatchObject({ code: 64, err: expect.stringContaining('standard input: is empty') });
  });

  test('changes what differs and keeps the definition that is changed', async () => {
    const [old, renewed] = [makeCertificate().pem, makeCertificate().pem];
    await apply(one('renewed', old));
    const definitions = async () =>
      (
        await service.query<{ certificate: { description: string; definitions: { id: string; alias: string }[] } }>(
          '{ certificate(by: { name: "renewed" }) { description definitions { id alias } } }',
        )
      ).certificate;
    const before = await definitions();
    const { changes } = await apply(one('renewed', renewed, { description: 'Now with one' }));
    expect(changes).toMatchObject([
      { action: 'update', refusal: null, details: ['description', expect.stringMatching(/^renewed: .* becomes /)] },
    ]);
    expect(await definitions()).toEqual({ ...before, description: 'Now with one' });
    // Without a description in the file, it stays.
    expect(actions(await apply(one('renewed', renewed)))).toEqual(['unchanged renewed']);
    // Its environment tells which definition it is, when nothing else does.
    const other = definition('another-alias', makeCertificate().pem);
    expect(await apply({ certificates: [{ name: 'renewed', definitions: [other] }] })).toMatchObject({ code: 0 });
    expect((await definitions()).definitions).toEqual([{ id: before.definitions[0]!.id, alias: 'another-alias' }]);
  });

  test('with --prune deletes what its owner no longer describes, and nothing of anybody else', async () => {
    const { pem } = makeCertificate();
    const unowned = one('of-nobody', makeCertificate().pem);
    await apply(unowned);
    await apply({ owner: 'team b', ...one('of-b', makeCertificate().pem) });
    await apply({ owner: 'team a', ...one('left-over', makeCertificate().pem) });
    expect(actions(await apply({ owner: 'team a', ...one('kept', pem) }))).toEqual(['create kept']);
    expect(await versions()).toHaveProperty('left-over');
    expect(await apply({ owner: 'team a', environments: [] }, '--prune')).toMatchObject({ code: 64 });
    expect(await apply(one('kept', pem), '--prune')).toMatchObject({
      code: 64,
      err: expect.stringContaining('name the owner in the file (owner: …) or with --owner'),
    });
    const pruned = await apply({ owner: 'team a', ...one('kept', pem) }, '--prune');
    expect(actions(pruned)).toEqual(['unchanged kept', 'delete left-over']);
    expect(Object.keys(await versions())).toEqual(expect.arrayContaining(['kept', 'of-b', 'of-nobody']));
    const foreign = await apply({ owner: 'team a', ...one('of-b', makeCertificate().pem) });
    expect(foreign).toMatchObject({ code: 1, changes: [{ refusal: expect.stringContaining('OWNER_DIFFERS') }] });
    expect(await apply({ owner: 'team a', ...one('of-b', makeCertificate().pem) }, '--take-over')).toMatchObject({
      code: 0,
    });
    // What nobody owns becomes the owner's where it is described; what is not described is not touched by the same run.
    await apply(one('of-nobody-too', makeCertificate().pem));
    expect(await apply({ owner: 'team a', ...unowned }, '--prune', '--dry-run')).toMatchObject({
      changes: expect.arrayContaining([
        expect.objectContaining({ name: 'of-nobody', action: 'update', details: ['owner: nobody becomes team a'] }),
      ]),
    });
    expect(actions(await apply({ owner: 'team a', ...unowned }, '--prune'))).toEqual(
      expect.arrayContaining(['update of-nobody', 'delete kept', 'delete of-b']),
    );
    expect(await versions()).toHaveProperty('of-nobody-too');
    const two = `${stringify({ owner: 'x' })}---\n${stringify({ owner: 'y' })}`;
    expect((await apply(two)).err).toContain('the files have several owners (x, y)');
  });

  test('renames a certificate, and moves an alias from one to another', async () => {
    const { pem } = makeCertificate();
    const owned = (content: object) => ({ owner: 'renamer', ...content });
    await apply(owned(one('old-name', pem)), '--prune');
    expect(await apply(owned(one('new-name', pem)), '--prune')).toMatchObject({ code: 0 });
    expect(await versions()).toHaveProperty('new-name');
    expect(await versions()).not.toHaveProperty('old-name');
    const [x, y] = [makeCertificate().pem, makeCertificate().pem];
    const pair = (first: string, second: string) => ({
      certificates: [
        { name: 'a', definitions: [definition(first, x)] },
        { name: 'b', definitions: [definition(second, y)] },
      ],
    });
    await apply(pair('wanted', 'other'));
    expect(await apply(pair('another', 'wanted'))).toMatchObject({ code: 0 });
    expect(actions(await apply(pair('another', 'wanted')))).toEqual(['unchanged a', 'unchanged b']);
  });

  test('swaps what certificates have between them, all in one revision', async () => {
    const [x, y, z] = [makeCertificate().pem, makeCertificate().pem, makeCertificate().pem];
    const three = (aliases: readonly string[], pems: readonly string[]) => ({
      certificates: ['s', 't', 'u'].map((name, index) => ({
        name,
        definitions: [definition(aliases[index]!, pems[index]!)],
      })),
    });
    const revision = async () =>
      (await service.query<{ environment: { revision: number } }>('{ environment(name: "apimanager") { revision } }'))
        .environment.revision;
    await apply(three(['one', 'two', 'three'], [x, y, z]));
    const before = await revision();
    const turned = three(['two', 'three', 'one'], [x, y, z]);
    expect(actions(await apply(turned))).toEqual(['update s', 'update t', 'update u']);
    expect(await revision()).toBe(before + 1);
    expect(actions(await apply(turned))).toEqual(['unchanged s', 'unchanged t', 'unchanged u']);
    expect(await apply(three(['two', 'three', 'one'], [y, x, z]))).toMatchObject({ code: 0 });
  });

  test('ends with 1 and makes nothing at all when a part is refused, and says why of each', async () => {
    const taken = makeCertificate().pem;
    await apply({ owner: 'whole', ...one('holder', taken) });
    await apply({ owner: 'whole', ...one('not-described', makeCertificate().pem) });
    const before = await versions();
    const { code, changes } = await apply(
      {
        owner: 'whole',
        certificates: [
          { name: 'holder', definitions: [definition('holder', taken)] },
          { name: 'copy', definitions: [definition('copy', taken)] },
          { name: 'fine', definitions: [definition('fine', makeCertificate().pem)] },
        ],
      },
      '--prune',
    );
    expect(code).toBe(1);
    const other = 'not made: something else was refused, and a manifest is applied as a whole or not at all';
    expect(changes).toMatchObject([
      { action: 'unchanged', name: 'holder', refusal: null },
      { name: 'copy', refusal: expect.stringContaining('DUPLICATE_CERTIFICATE') },
      { name: 'fine', refusal: other },
      { action: 'delete', name: 'not-described', refusal: other },
    ]);
    expect(await versions()).toEqual(before);
  });

  test('names every problem of the files at once, with its place, and does nothing', async () => {
    const before = await versions();
    const { code, err } = await apply({
      colour: 'red',
      environments: [{ name: 'x' }, { name: 'y', kind: 'GATEWY' }],
      certificates: [
        { name: 'twice', definitions: [] },
        { name: 'twice', definitions: [{ alias: 5, environments: 'apimanager', file: 'a', pem: 'b' }] },
        { name: 'undecided', jwks: 'KEEP', definitions: [{ alias: 'd', environments: ['apimanager'], pem: 'x' }] },
        { name: 'unpinned', definitions: [{ alias: 'u', environments: ['apimanager'], url: 'https://127.0.0.1' }] },
      ],
    });
    expect(code).toBe(64);
    for (const problem of [
      '"colour" is not known here; known are owner, environments, certificates',
      'environments[0].kind: is missing',
      'environments[1].kind: must be API_MANAGER or GATEWAY',
      'certificates[2].jwks: must be UPDATE or DISCONNECT',
      'certificates[0].definitions: a certificate needs at least one definition',
      'certificates[1].definitions[0].alias: must be text; numbers need quotes',
      'certificates[1].definitions[0].environments: must be a list',
      'certificates[1].definitions[0]: say where the certificate comes from: one of file, pem and url',
      'certificates[3].definitions[0]: fingerprint selects a certificate of the server',
      'certificate "twice" is described twice',
    ])
      expect(err).toContain(problem);
    expect(await versions()).toEqual(before);
    expect((await apply('certificates: [\n')).err).toMatch(/Flow sequence .* at line 2/);
  });

  test('refuses private keys and files of several certificates, which it lists', async () => {
    const [a, b] = [makeCertificate('First'), makeCertificate('Second')];
    const { code, err } = await apply(one('several', a.pem + b.pem));
    expect(code).toBe(64);
    expect(err).toContain(
      `name one of these as fingerprint:\n  ${a.fingerprint}  CN=First\n  ${b.fingerprint}  CN=Second`,
    );
    const picked = { alias: 'several', environments: ['apimanager'], pem: a.pem + b.pem, fingerprint: b.fingerprint };
    expect(await apply({ certificates: [{ name: 'several', definitions: [picked] }] })).toMatchObject({ code: 0 });
    const key = await apply(one('key', PRIVATE_KEY_PEM));
    expect(key.err).toContain('PRIVATE_KEY_NOT_ALLOWED');
  });
});
