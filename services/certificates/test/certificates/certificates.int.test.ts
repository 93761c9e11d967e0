import { describe, expect, test } from '@jest/globals';
import { PRIVATE_KEY_PEM, makeCertificate } from '../support/make-certificate.js';
import {
  codes,
  createCertificate,
  createEnvironment,
  deleteCertificate,
  pasted,
  updateCertificate,
} from '../support/mutations.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
let serial = 0;
const unique = (prefix: string) => `${prefix}-${++serial}`;

async function position(environment: string): Promise<{ revision: number; entries: number }> {
  const answer = await service.query<{ environment: { revision: number; entries: number } }>(
    'query ($name: String!) { environment(name: $name) { revision entries } }',
    { name: environment },
  );
  return answer.environment;
}

describe('creating', () => {
  test('saves the certificate and deploys it as the next revision', async () => {
    const { pem, fingerprint } = makeCertificate('Partner CA');
    const before = await position('apimanager');
    const name = unique('partner');
    const payload = await createCertificate(service, { name, definitions: [pasted(['apimanager'], name, pem)] });
    expect(payload.userErrors).toEqual([]);
    expect(payload.certificate).toMatchObject({
      name,
      version: 1,
      definitions: [
        {
          alias: name,
          fingerprint,
          environments: [{ name: 'apimanager' }],
          content: { subject: 'CN=Partner CA', pem, ca: true },
        },
      ],
    });
    expect(payload.deployment!.environments).toMatchObject([
      { revision: before.revision + 1, state: 'NO_TARGETS', environment: { name: 'apimanager' } },
    ]);
    expect(await position('apimanager')).toEqual({ revision: before.revision + 1, entries: before.entries + 1 });
  });

  test('in several environments is one deployment', async () => {
    const environments = [unique('a'), unique('b')];
    for (const environment of environments) await createEnvironment(service, environment);
    const name = unique('several');
    const { deployment } = await createCertificate(service, {
      name,
      definitions: [
        pasted([environments[0]!], name, makeCertificate().pem),
        pasted([environments[1]!], name, makeCertificate().pem),
      ],
    });
    expect(deployment!.environments).toMatchObject(
      environments.map((environment) => ({ revision: 1, environment: { name: environment } })),
    );
  });

  test('names everything that collides, with the paths of the input, and changes nothing', async () => {
    const name = unique('first');
    const { pem } = makeCertificate();
    await createCertificate(service, { name, definitions: [pasted(['apimanager'], name, pem)] });
    const before = await position('apimanager');
    const { userErrors, certificate } = await createCertificate(service, {
      name,
      definitions: [pasted(['apimanager'], name.toUpperCase(), pem)],
    });
    expect(certificate).toBeNull();
    expect(userErrors).toMatchObject([
      { __typename: 'NameTaken', code: 'NAME_TAKEN', field: ['name'], node: { __typename: 'Certificate', name } },
      { __typename: 'AliasTaken', code: 'ALIAS_TAKEN', field: ['definitions', '0', 'alias'] },
      { __typename: 'DuplicateCertificate', field: ['definitions', '0', 'from'], certificate: { name } },
    ]);
    expect(await position('apimanager')).toEqual(before);
  });

  test('names the environments that do not exist', async () => {
    const { userErrors } = await createCertificate(service, {
      name: unique('nowhere'),
      definitions: [pasted(['apimanager', 'no-such', 'Ä\0'], 'nowhere', makeCertificate().pem)],
    });
    expect(userErrors).toMatchObject([
      { __typename: 'EnvironmentNotFound', names: ['no-such'], field: ['definitions', '0', 'environments', '1'] },
      { __typename: 'EnvironmentNotFound', names: ['Ä\0'], field: ['definitions', '0', 'environments', '2'] },
    ]);
  });

  test('refuses a private key without repeating, storing or logging any of it', async () => {
    const name = unique('key');
    const answer = await createCertificate(service, {
      name,
      definitions: [pasted(['apimanager'], name, makeCertificate().pem + PRIVATE_KEY_PEM)],
    });
    expect(codes(answer)).toEqual(['PRIVATE_KEY_NOT_ALLOWED']);
    const secret = PRIVATE_KEY_PEM.split('\n')[1]!;
    expect(JSON.stringify(answer)).not.toContain(secret);
    expect(service.output()).not.toContain(secret);
  });

  test('refuses several certificates with their fingerprints, and takes the one that is picked', async () => {
    const [one, two] = [makeCertificate(), makeCertificate()];
    const name = unique('chain');
    const picking = (more: object) => ({
      name,
      definitions: [
        {
          environments: ['apimanager'],
          alias: name,
          from: { clipboard: { encoding: 'BASE64PEM', content: one.pem + two.pem, ...more } },
        },
      ],
    });
    const refused = await createCertificate(service, picking({}));
    expect(refused.userErrors).toMatchObject([
      { __typename: 'MultipleCertificates', fingerprints: [one.fingerprint, two.fingerprint] },
    ]);
    const taken = await createCertificate(service, picking({ fingerprint: two.fingerprint }));
    expect(taken.certificate!.definitions).toMatchObject([{ fingerprint: two.fingerprint }]);
  });

  test('tells a wrong encoding, a broken certificate and one that Java would not load', async () => {
    const { der } = makeCertificate();
    const attempt = async (content: string, encoding: string) =>
      createCertificate(service, {
        name: unique('bad'),
        definitions: [
          { environments: ['apimanager'], alias: unique('bad'), from: { clipboard: { encoding, content } } },
        ],
      });
    expect((await attempt(makeCertificate().pem, 'BASE64')).userErrors).toMatchObject([
      { code: 'INVALID_INPUT', field: ['definitions', '0', 'from', 'clipboard', 'encoding'] },
    ]);
    expect(codes(await attempt(der.subarray(0, 100).toString('base64'), 'BASE64'))).toEqual(['MALFORMED_CERTIFICATE']);
    // Inner and outer signature algorithm differ: JDK 17 refuses the whole truststore.
    const mismatch = Buffer.from(der);
    mismatch[mismatch.lastIndexOf(Buffer.from([0x04, 0x03, 0x02])) + 2] = 0x03;
    expect((await attempt(mismatch.toString('base64'), 'BASE64')).userErrors).toMatchObject([
      { code: 'NOT_JAVA_SAFE', rule: 'SIGNATURE_ALGORITHM_MISMATCH' },
    ]);
  });

  test('warns of what is worth knowing', async () => {
    const name = unique('expired');
    const { warnings } = await createCertificate(service, {
      name,
      definitions: [pasted(['apimanager'], name, makeCertificate('old', { days: -2 }).pem)],
    });
    expect(warnings).toMatchObject([{ code: 'EXPIRED', field: ['definitions', '0', 'from'] }]);
  });
});

describe('two hundred at once', () => {
  test.each([
    ['one name', () => 'the-name', (i: number) => `alias-of-name-${i}`],
    ['one alias in any case', (i: number) => `case-${i}`, (i: number) => (i % 2 ? 'IN-ANY-CASE' : 'in-any-case')],
    ['the dotted i', (i: number) => `dotted-${i}`, (i: number) => (i % 2 ? '\u0130zmir' : 'i\u0307ZMIR')],
  ])('with %s: exactly one wins', async (_what, nameOf, aliasOf) => {
    const before = await position('apimanager');
    const payloads = await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        createCertificate(service, {
          name: nameOf(i),
          definitions: [pasted(['apimanager'], aliasOf(i), makeCertificate().pem)],
        }),
      ),
    );
    const refused = payloads.filter(({ certificate }) => certificate === null);
    expect(refused).toHaveLength(199);
    expect(new Set(refused.flatMap(codes)).size).toBe(1);
    expect(await position('apimanager')).toEqual({ revision: before.revision + 1, entries: before.entries + 1 });
  });

  test('with nothing in common: all win, revisions without a gap', async () => {
    const environment = unique('busy');
    await createEnvironment(service, environment);
    const payloads = await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        createCertificate(service, {
          name: `busy-${i}`,
          definitions: [pasted([environment], `busy-${i}`, makeCertificate().pem)],
        }),
      ),
    );
    const revisions = payloads.map(({ deployment }) => deployment!.environments[0]!.revision);
    expect(revisions.sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
  });
});

describe('a retry with its idempotency key', () => {
  test('gets the first answer, also when both come at once', async () => {
    const name = unique('retried');
    const input = { name, definitions: [pasted(['apimanager'], name, makeCertificate().pem)], idempotencyKey: name };
    const before = await position('apimanager');
    const payloads = await Promise.all(Array.from({ length: 8 }, () => createCertificate(service, input)));
    payloads.push(await createCertificate(service, input));
    for (const { certificate, deployment } of payloads) {
      expect(certificate).toEqual(payloads[0]!.certificate);
      expect(deployment!.id).toBe(payloads[0]!.deployment!.id);
    }
    expect((await position('apimanager')).revision).toBe(before.revision + 1);
  });

  test('gets the first answer for updates and deletions too', async () => {
    const name = unique('retried');
    const { certificate } = await createCertificate(service, {
      name,
      definitions: [pasted(['apimanager'], name, makeCertificate().pem)],
    });
    const update = { id: certificate!.id, expectedVersion: 1, description: 'new', idempotencyKey: unique('u') };
    const updates = await Promise.all([updateCertificate(service, update), updateCertificate(service, update)]);
    expect(updates.map((payload) => payload.certificate?.version)).toEqual([2, 2]);
    const deletion = { id: certificate!.id, expectedVersion: 2, idempotencyKey: unique('d') };
    const deletions = await Promise.all([deleteCertificate(service, deletion), deleteCertificate(service, deletion)]);
    expect(deletions[0].deployment!.id).toBe(deletions[1].deployment!.id);
  });

  test('of another request is refused', async () => {
    const key = unique('key');
    const input = (name: string) => ({
      name,
      definitions: [pasted(['apimanager'], name, makeCertificate().pem)],
      idempotencyKey: key,
    });
    await createCertificate(service, input(unique('one')));
    expect(codes(await createCertificate(service, input(unique('two'))))).toEqual(['IDEMPOTENCY_KEY_REUSED']);
  });
});

describe('deleting', () => {
  test('asks for the name when it is given, and is one more revision', async () => {
    const name = unique('gone');
    const { certificate } = await createCertificate(service, {
      name,
      definitions: [pasted(['apimanager'], name, makeCertificate().pem)],
    });
    const before = await position('apimanager');
    const input = { id: certificate!.id, expectedVersion: 1 };
    expect(codes(await deleteCertificate(service, { ...input, confirmName: 'other' }))).toEqual(['INVALID_INPUT']);
    const { deployment } = await deleteCertificate(service, { ...input, confirmName: name });
    expect(deployment!.environments).toMatchObject([{ revision: before.revision + 1 }]);
    expect(await position('apimanager')).toEqual({ revision: before.revision + 1, entries: before.entries - 1 });
    expect(codes(await deleteCertificate(service, input))).toEqual(['CERTIFICATE_NOT_FOUND']);
    const data = await service.query<{ certificate: { id: string } | null }>(
      'query ($name: String!) { certificate(by: { name: $name }) { id } }',
      { name },
    );
    expect(data.certificate).toBeNull();
  });
});
