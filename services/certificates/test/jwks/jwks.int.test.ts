import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { type JwkView, createJwk, deleteJwk, disconnectJwk, renameJwk } from '../support/jwk-mutations.js';
import { makeCertificate } from '../support/make-certificate.js';
import { codes, createCertificate, createEnvironment, pasted } from '../support/mutations.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
let serial = 0;
const unique = (prefix: string) => `${prefix}-${++serial}`;

/** An environment with a certificate of its own key. */
async function makeStage(publicKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey) {
  const environment = unique('stage');
  await createEnvironment(service, environment);
  const name = unique('certificate');
  const made = makeCertificate(name, { publicKey });
  const { certificate } = await createCertificate(service, {
    name,
    definitions: [pasted([environment], name, made.pem)],
  });
  return { environment, certificateId: certificate!.id, made, publicKey };
}

function es256({ environment, certificateId }: { environment: string; certificateId: string }, name = unique('jwk')) {
  return { certificateId, environment, name, use: 'SIGNATURE', algorithm: 'ES256' };
}

const published = (environment: string, headers: Record<string, string> = {}) =>
  fetch(`${service.url}/environments/${environment}/jwks.json`, { headers });

describe('a JWK', () => {
  test('is made from a certificate of an environment and published', async () => {
    const stage = await makeStage();
    const { jwk, userErrors } = await createJwk(service, es256(stage, 'signing'));
    expect(userErrors).toEqual([]);
    const { x, y } = stage.publicKey.export({ format: 'jwk' });
    expect(jwk).toMatchObject({
      name: 'signing',
      version: 1,
      fingerprint: stage.made.fingerprint,
      environment: { name: stage.environment },
      link: { certificate: { id: stage.certificateId } },
      retiring: [],
      jwk: {
        kty: 'EC',
        crv: 'P-256',
        x,
        y,
        use: 'sig',
        alg: 'ES256',
        kid: jwk!.kid,
        x5c: [stage.made.der.toString('base64')],
        'x5t#S256': Buffer.from(stage.made.fingerprint, 'hex').toString('base64url'),
      },
    });
    const response = await published(stage.environment);
    expect(response.headers.get('content-type')).toBe('application/jwk-set+json');
    expect(response.headers.get('cache-control')).toBe('public, max-age=300');
    expect(await response.json()).toEqual({ keys: [jwk!.jwk] });
  });

  test('is refused with what is to be put right, and nothing is made', async () => {
    const stage = await makeStage();
    const other = await makeStage();
    const { jwk: taken } = await createJwk(service, es256(stage, 'taken'));
    const attempt = async (change: object) => (await createJwk(service, { ...es256(other), ...change })).userErrors;
    expect(await attempt({ algorithm: 'RSA1_5' })).toMatchObject([
      { __typename: 'AlgorithmNotAllowed', field: ['algorithm'], allowed: ['ES256'] },
    ]);
    expect(await attempt({ use: 'ENCRYPTION', algorithm: 'RSA-OAEP' })).toMatchObject([
      { allowed: ['ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A192KW', 'ECDH-ES+A256KW'] },
    ]);
    expect(await attempt({ environment: stage.environment })).toMatchObject([
      { code: 'INVALID_INPUT', field: ['environment'] },
    ]);
    expect(await attempt({ environment: 'No Such\0' })).toMatchObject([{ code: 'ENVIRONMENT_NOT_FOUND' }]);
    expect(await attempt({ certificateId: 'nothing' })).toMatchObject([{ code: 'CERTIFICATE_NOT_FOUND' }]);
    expect(await attempt({ name: ' ' })).toMatchObject([{ code: 'INVALID_INPUT', field: ['name'] }]);
    expect(await createJwk(service, es256(stage, 'taken'))).toMatchObject({
      userErrors: [
        { __typename: 'NameTaken', field: ['name'], node: taken },
        { __typename: 'KeyTaken', jwk: taken },
      ],
    });
    expect(await (await published(other.environment)).json()).toEqual({ keys: [] });
  });

  test('is renamed, disconnected and deleted, each at the version that is expected', async () => {
    const stage = await makeStage();
    const { jwk } = await createJwk(service, es256(stage));
    const at = (expectedVersion: number) => ({ id: jwk!.id, expectedVersion });
    const before = await (await published(stage.environment)).text();
    expect((await renameJwk(service, { ...at(1), name: 'new' })).jwk).toMatchObject({ name: 'new', version: 2 });
    expect((await disconnectJwk(service, at(1))).userErrors).toMatchObject([
      { __typename: 'JwkVersionConflict', current: { version: 2 } },
    ]);
    expect((await disconnectJwk(service, at(2))).jwk).toMatchObject({ version: 3, link: null, jwk: jwk!.jwk });
    expect(await (await published(stage.environment)).text()).toBe(before);
    expect((await deleteJwk(service, at(3))).jwk).toMatchObject({ id: jwk!.id });
    expect(await (await published(stage.environment)).json()).toEqual({ keys: [] });
    expect(codes(await deleteJwk(service, at(3)))).toEqual(['JWK_NOT_FOUND']);
    const { rows } = await harness.sql.query<{ action: string; environments: string[] }>(
      `SELECT action, environments FROM audit WHERE before ->> 'id' = $1 OR after ->> 'id' = $1 ORDER BY id`,
      [jwk!.id],
    );
    expect(rows).toEqual(
      ['createJwk', 'renameJwk', 'disconnectJwk', 'deleteJwk'].map((action) => ({
        action,
        environments: [stage.environment],
      })),
    );
  });

  test('is made once when a hundred ask for it at once, and its repeated request gets the first answer', async () => {
    const stage = await makeStage();
    const payloads = await Promise.all(
      Array.from({ length: 100 }, (_, i) => createJwk(service, es256(stage, `j${i}`))),
    );
    const refused = payloads.filter(({ jwk }) => jwk === null);
    expect(refused).toHaveLength(99);
    expect(new Set(refused.flatMap(codes))).toEqual(new Set(['KEY_TAKEN']));
    const input = { ...es256(await makeStage()), idempotencyKey: unique('key') };
    const [first, again] = [await createJwk(service, input), await createJwk(service, input)];
    expect(again.jwk).toEqual(first.jwk);
    expect(codes(await createJwk(service, { ...input, name: 'other' }))).toEqual(['IDEMPOTENCY_KEY_REUSED']);
    const deletion = { id: first.jwk!.id, expectedVersion: 1, idempotencyKey: unique('key') };
    const deletions = await Promise.all([deleteJwk(service, deletion), deleteJwk(service, deletion)]);
    expect(deletions.map(({ jwk }) => jwk?.id)).toEqual([first.jwk!.id, first.jwk!.id]);
  });

  test('keeps its environment from being deleted', async () => {
    const stage = await makeStage();
    await createJwk(service, es256(stage));
    const { payload } = await service.query<{ payload: { userErrors: { code: string }[] } }>(
      `mutation { payload: deleteEnvironment(input: {name: "${stage.environment}"}) { userErrors { code } } }`,
    );
    expect(codes(payload)).toEqual(['ENVIRONMENT_IN_USE']);
  });
});

describe('the published set', () => {
  test('is answered with 304 to who has it, until it changes', async () => {
    const stage = await makeStage();
    const empty = (await published(stage.environment)).headers.get('etag')!;
    expect((await published(stage.environment, { 'if-none-match': `"other", W/${empty}` })).status).toBe(304);
    await createJwk(service, es256(stage));
    const changed = await published(stage.environment, { 'if-none-match': empty });
    expect(changed.status).toBe(200);
    expect(changed.headers.get('etag')).not.toBe(empty);
  });

  test('of an environment that does not exist is 404', async () => {
    for (const name of ['nowhere', 'No%20Where', '%00']) expect((await published(name)).status).toBe(404);
  });
});

describe('a list of JWKs', () => {
  test('is paged by name and filtered by environment, certificate, text and link', async () => {
    const environment = unique('list');
    await createEnvironment(service, environment);
    const jwks: JwkView[] = [];
    for (let i = 0; i < 7; i++) {
      const name = unique('listed');
      const { publicKey } = generateKeyPairSync('ed25519');
      const { certificate } = await createCertificate(service, {
        name,
        definitions: [pasted([environment], name, makeCertificate(name, { publicKey }).pem)],
      });
      const input = {
        certificateId: certificate!.id,
        environment,
        name: `key-${i}`,
        use: 'SIGNATURE',
        algorithm: 'EdDSA',
      };
      jwks.push((await createJwk(service, input)).jwk!);
    }
    await disconnectJwk(service, { id: jwks[3]!.id, expectedVersion: 1 });
    const list = async (filter: object, first = 50, after: string | null = null) =>
      (
        await service.query<{
          jwks: { nodes: JwkView[]; totalCount: number; pageInfo: { hasNextPage: boolean; endCursor: string | null } };
        }>(
          `query ($first: Int, $after: String, $filter: JwkFilterInput) { jwks(first: $first, after: $after, filter: $filter) {
             nodes { name } totalCount pageInfo { hasNextPage endCursor } } }`,
          { first, after, filter },
        )
      ).jwks;
    const names = ({ nodes }: { nodes: JwkView[] }) => nodes.map(({ name }) => name);
    const found: string[] = [];
    let after: string | null = null;
    do {
      const page = await list({ environment }, 3, after);
      expect(page.totalCount).toBe(7);
      found.push(...names(page));
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    } while (after !== null);
    expect(found).toEqual(jwks.map(({ name }) => name));
    expect(names(await list({ environment, linked: false }))).toEqual(['key-3']);
    expect(names(await list({ environment, text: 'KEY-5' }))).toEqual(['key-5']);
    expect(names(await list({ certificateId: jwks[2]!.link!.certificate.id }))).toEqual(['key-2']);
    const node = await service.query<{ node: { name: string } }>(
      'query ($id: ID!) { node(id: $id) { ... on Jwk { name } } }',
      { id: jwks[1]!.id },
    );
    expect(node.node.name).toBe('key-1');
  });
});
