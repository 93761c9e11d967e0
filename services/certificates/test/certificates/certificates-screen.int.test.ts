import { describe, expect, test } from '@jest/globals';
import {
  type JwkStage,
  decided,
  makeJwkStage,
  newKey,
  publishedKids,
  readJwk,
  replacement,
} from '../support/jwk-stage.js';
import { makeCertificate } from '../support/make-certificate.js';
import { type PayloadView, deleteCertificate, updateCertificate } from '../support/mutations.js';
import { useService } from '../support/use-harness.js';

/** The sentences of the certificates screen about editing, deleting and JWKs, each as what it promises. */

const service = useService();

interface Asked {
  readonly message: string;
  readonly jwks: readonly { readonly id: string }[];
  readonly options: readonly string[];
}
interface Opened {
  readonly environments: readonly { readonly name: string }[];
  readonly content: { readonly pem: string };
}
const next = () => makeCertificate('next', { publicKey: newKey() });
const update = (stage: JwkStage, pem: string, more: object = {}) =>
  updateCertificate(service, { ...replacement(stage, pem), ...more });
const remove = (stage: JwkStage, more: object = {}) =>
  deleteCertificate(service, { id: stage.id, expectedVersion: 1, ...more });
const question = ({ userErrors }: PayloadView) => userErrors[0] as unknown as Asked;

async function certificateOf({ id }: JwkStage): Promise<{ version: number; fingerprint: string } | null> {
  const { certificate } = await service.query<{
    certificate: { version: number; definitions: { fingerprint: string }[] } | null;
  }>('query ($id: ID!) { certificate(by: { id: $id }) { version definitions { fingerprint } } }', { id });
  return certificate && { version: certificate.version, fingerprint: certificate.definitions[0]!.fingerprint };
}

async function stagedState(stage: JwkStage) {
  return [await certificateOf(stage), await Promise.all(stage.jwks.map(({ id }) => readJwk(service, id)))];
}

describe('Certificate Editing', () => {
  test('"To edit an existing certificate": its fields come back as they are saved, and changes are saved', async () => {
    const stage = await makeJwkStage(service, { jwks: 0 });
    const { pem, fingerprint } = next();
    const { certificate } = await update(stage, pem, { description: 'edited' });
    expect(certificate).toMatchObject({ description: 'edited', version: 2, definitions: [{ fingerprint }] });
    expect(await certificateOf(stage)).toEqual({ version: 2, fingerprint });
  });

  test('"you can perform update and cancel operations": what was opened and applied as it was deploys nothing', async () => {
    const stage = await makeJwkStage(service, { environments: 2 });
    const before = await stagedState(stage);
    const { opened } = await service.query<{
      opened: { version: number; description: string; definitions: Opened[] };
    }>(
      `query ($id: ID!) { opened: certificate(by: { id: $id }) { version description
         definitions { id alias environments { name } content { pem } } } }`,
      { id: stage.id },
    );
    expect(await stagedState(stage)).toEqual(before);
    const definitions = opened.definitions.map(({ environments, content, ...definition }) => ({
      ...definition,
      environments: environments.map(({ name }) => name),
      from: { clipboard: { encoding: 'BASE64PEM', content: content.pem } },
    }));
    const { description, version: expectedVersion } = opened;
    const applied = await updateCertificate(service, { id: stage.id, expectedVersion, description, definitions });
    expect(applied).toMatchObject({ userErrors: [], deployment: null });
  });
});

describe('Updating Related JWKs', () => {
  test('"if there are JWKs created from this certificate, the system automatically detects related JWKs and presents the user with options"', async () => {
    const stage = await makeJwkStage(service, { environments: 2 });
    const asked = question(await update(stage, next().pem));
    expect(new Set(asked.jwks.map(({ id }) => id))).toEqual(new Set(stage.jwks.map(({ id }) => id)));
    expect(asked.options).toEqual(['UPDATE', 'DISCONNECT']);
  });

  test('"This Certificate is used in X JWK(s). What would you like to do?"', async () => {
    for (const count of [1, 3]) {
      const stage = await makeJwkStage(service, { environments: count });
      expect(question(await update(stage, next().pem)).message).toBe(
        `This Certificate is used in ${count} JWK(s). What would you like to do?`,
      );
    }
  });

  test('"Evaluate the impacts before proceeding": they are told per environment, with the JWKs', async () => {
    const stage = await makeJwkStage(service, { environments: 2, jwks: 1 });
    const { certificate } = await service.query<{ certificate: object }>(
      'query ($id: ID!) { certificate(by: { id: $id }) { impact { environment { name } hosts jvms jwks { id } } } }',
      { id: stage.id },
    );
    expect(certificate).toEqual({
      impact: stage.environments.map((name, index) => ({
        environment: { name },
        hosts: 0,
        jvms: 0,
        jwks: index === 0 ? [{ id: stage.jwks[0]!.id }] : [],
      })),
    });
  });

  test('"Update related JWKs: Ensures that changes in the certificate are reflected to related JWKs as well"', async () => {
    const stage = await makeJwkStage(service);
    const { pem, der, fingerprint } = next();
    const { certificate } = await update(stage, pem, decided(stage, 'UPDATE'));
    expect(certificate).toMatchObject({ definitions: [{ fingerprint }] });
    const jwk = await readJwk(service, stage.jwks[0]!.id);
    expect(jwk).toMatchObject({ jwk: { x5c: [der.toString('base64')] }, link: { certificate: { id: stage.id } } });
    expect(await publishedKids(service, stage.environments[0]!)).toContain(jwk!.kid);
  });

  test('"Update certificate only and disconnect": "the certificate is updated but JWKs remain in their previous state and the relationship is removed"', async () => {
    const stage = await makeJwkStage(service);
    const { pem, fingerprint } = next();
    await update(stage, pem, decided(stage, 'DISCONNECT'));
    expect(await certificateOf(stage)).toEqual({ version: 2, fingerprint });
    expect(await readJwk(service, stage.jwks[0]!.id)).toMatchObject({ jwk: stage.jwks[0]!.jwk, link: null });
    expect(await publishedKids(service, stage.environments[0]!)).toEqual([stage.jwks[0]!.kid]);
  });

  test('"Cancel: Cancels the operation and no changes are made"', async () => {
    const stage = await makeJwkStage(service);
    const before = await stagedState(stage);
    await update(stage, next().pem);
    expect(await stagedState(stage)).toEqual(before);
  });

  test('"The user confirms the operation by entering the certificate name"', async () => {
    for (const decision of ['UPDATE', 'DISCONNECT']) {
      const stage = await makeJwkStage(service);
      const before = await stagedState(stage);
      const { pem } = next();
      const wrong = { ...decided(stage, decision), confirmName: 'another name' };
      expect((await update(stage, pem, wrong)).userErrors).toMatchObject([{ field: ['confirmName'] }]);
      expect(await stagedState(stage)).toEqual(before);
      expect((await update(stage, pem, decided(stage, decision))).userErrors).toEqual([]);
    }
  });
});

describe('Certificate Deletion', () => {
  test('"If there are related JWKs, the following options are presented"', async () => {
    const stage = await makeJwkStage(service);
    const before = await stagedState(stage);
    const asked = question(await remove(stage, { confirmName: stage.name }));
    expect(asked.message).toBe('This Certificate is used in 1 JWK(s). What would you like to do?');
    expect(asked.options).toEqual(['DISCONNECT', 'DELETE_JWKS']);
    expect(await stagedState(stage)).toEqual(before);
  });

  test('"Delete JWKS: Delete related JWKs as well"', async () => {
    const stage = await makeJwkStage(service, { environments: 2 });
    expect((await remove(stage, decided(stage, 'DELETE_JWKS'))).userErrors).toEqual([]);
    expect(await stagedState(stage)).toEqual([null, [null, null]]);
    for (const environment of stage.environments) expect(await publishedKids(service, environment)).toEqual([]);
  });

  test('"Delete Disconnect: Delete only the certificate, keep JWKs (relationship is disconnected)"', async () => {
    const stage = await makeJwkStage(service);
    expect((await remove(stage, decided(stage, 'DISCONNECT'))).userErrors).toEqual([]);
    expect(await certificateOf(stage)).toBeNull();
    expect(await readJwk(service, stage.jwks[0]!.id)).toMatchObject({ jwk: stage.jwks[0]!.jwk, link: null });
    expect(await publishedKids(service, stage.environments[0]!)).toEqual([stage.jwks[0]!.kid]);
  });

  test('"Cancel: Cancel the operation": of a deletion too', async () => {
    const stage = await makeJwkStage(service);
    const before = await stagedState(stage);
    await remove(stage);
    expect(await stagedState(stage)).toEqual(before);
  });

  test('"This operation cannot be undone": a rollback makes the certificate anew, without the JWKs of the deleted one', async () => {
    const stage = await makeJwkStage(service);
    const [environment = ''] = stage.environments;
    await remove(stage, decided(stage, 'DELETE_JWKS'));
    const input = { environment, revision: 1, expectedRevision: 2, retrust: [stage.made.fingerprint] };
    const { payload } = await service.query<{ payload: { userErrors: object[] } }>(
      `mutation ($input: RollbackEnvironmentInput!) {
         payload: rollbackEnvironment(input: $input) { userErrors { message } } }`,
      { input },
    );
    expect(payload.userErrors).toEqual([]);
    expect(await stagedState(stage)).toEqual([null, [null]]);
    expect(await publishedKids(service, environment)).toEqual([]);
    const { certificate } = await service.query<{ certificate: object }>(
      'query ($name: String!) { certificate(by: { name: $name }) { version definitions { fingerprint } } }',
      { name: stage.name },
    );
    expect(certificate).toEqual({ version: 1, definitions: [{ fingerprint: stage.made.fingerprint }] });
  });

  test('"The user confirms the operation by entering the certificate name": of a deletion too', async () => {
    for (const decision of ['DELETE_JWKS', 'DISCONNECT']) {
      const stage = await makeJwkStage(service);
      const before = await stagedState(stage);
      for (const confirmName of [undefined, 'another name'])
        expect((await remove(stage, { ...decided(stage, decision), confirmName })).userErrors).toMatchObject([
          { field: ['confirmName'] },
        ]);
      expect(await stagedState(stage)).toEqual(before);
    }
  });

  test('"To delete an existing certificate": one that no JWK follows is deleted without a question', async () => {
    const stage = await makeJwkStage(service, { jwks: 0 });
    expect((await remove(stage)).userErrors).toEqual([]);
    expect(await certificateOf(stage)).toBeNull();
  });
});
