import { describe, expect, test } from '@jest/globals';
import { createJwk, disconnectJwk } from '../support/jwk-mutations.js';
import {
  type JwkStage,
  decided,
  makeJwk,
  makeJwkStage,
  newKey,
  publishedKids,
  readJwk,
  replacement,
} from '../support/jwk-stage.js';
import { makeCertificate } from '../support/make-certificate.js';
import { codes, createCertificate, deleteCertificate, pasted, updateCertificate } from '../support/mutations.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);

const renewed = (publicKey = newKey()) => makeCertificate('renewed', { publicKey });

/** Everything that a refused change must leave as it is. */
async function everything({ id, environments }: JwkStage): Promise<unknown> {
  const { rows } = await harness.sql.query<object>(
    `SELECT (SELECT jsonb_agg(to_jsonb(c)) FROM certificates c WHERE c.id = $1) AS certificates,
       (SELECT jsonb_agg(to_jsonb(d)) FROM definitions d WHERE d.certificate_id = $1) AS definitions,
       (SELECT jsonb_agg(to_jsonb(j) ORDER BY j.id) FROM jwks j JOIN environments e ON e.id = j.environment_id
        WHERE e.name = ANY ($2)) AS jwks,
       (SELECT jsonb_agg(to_jsonb(e) ORDER BY e.name) FROM environments e WHERE e.name = ANY ($2)) AS environments,
       (SELECT count(*) FROM retiring_keys) AS retiring`,
    [id, environments],
  );
  return rows;
}

describe('an update of a certificate that JWKs follow', () => {
  test('without a decision changes nothing, and asks with the count, the JWKs and the options', async () => {
    const stage = await makeJwkStage(service, { environments: 2 });
    const before = await everything(stage);
    const { certificate, userErrors } = await updateCertificate(service, replacement(stage, renewed().pem));
    expect(certificate).toBeNull();
    expect(userErrors).toMatchObject([
      {
        __typename: 'JwkDecisionRequired',
        message: 'This Certificate is used in 2 JWK(s). What would you like to do?',
        options: ['UPDATE', 'DISCONNECT'],
      },
    ]);
    const { jwks } = userErrors[0] as unknown as { jwks: { id: string }[] };
    expect(new Set(jwks.map(({ id }) => id))).toEqual(new Set(stage.jwks.map(({ id }) => id)));
    expect(await everything(stage)).toEqual(before);
  });

  test('asks only about those in environments whose certificate really changes', async () => {
    const stage = await makeJwkStage(service, { environments: 2 });
    const [kept, changed] = stage.environments;
    const definitions = [
      { id: stage.definitionId, environments: [kept!], alias: stage.name },
      pasted([changed!], stage.name, renewed().pem),
    ];
    const update = { id: stage.id, expectedVersion: 1, definitions };
    const asked = await updateCertificate(service, update);
    expect(asked.userErrors).toMatchObject([{ jwks: [{ id: stage.jwks[1]!.id }] }]);
    const respelled = [{ id: stage.definitionId, environments: [...stage.environments], alias: 'OTHER' }];
    expect((await updateCertificate(service, { ...update, definitions: respelled })).userErrors).toEqual([]);
    const described = { id: stage.id, expectedVersion: 2, description: 'new' };
    expect((await updateCertificate(service, described)).userErrors).toEqual([]);
  });

  test('needs the name typed, and the very JWKs that are affected', async () => {
    const stage = await makeJwkStage(service);
    const before = await everything(stage);
    const update = { ...replacement(stage, renewed().pem), ...decided(stage, 'UPDATE') };
    for (const confirmName of [undefined, 'other', stage.name.toUpperCase()])
      expect((await updateCertificate(service, { ...update, confirmName })).userErrors).toMatchObject([
        { code: 'INVALID_INPUT', field: ['confirmName'] },
      ]);
    for (const jwkIds of [[], ['other'], [...update.jwkDecision.jwkIds, 'other']])
      expect(
        (await updateCertificate(service, { ...update, jwkDecision: { ...update.jwkDecision, jwkIds } })).userErrors,
      ).toMatchObject([{ __typename: 'JwksChanged', jwks: [{ id: stage.jwks[0]!.id }] }]);
    const overlapHours = { ...update.jwkDecision, overlapHours: -1 };
    expect(codes(await updateCertificate(service, { ...update, jwkDecision: overlapHours }))).toEqual([
      'INVALID_INPUT',
    ]);
    const wrong = { ...update.jwkDecision, decision: 'DELETE_JWKS' };
    expect((await updateCertificate(service, { ...update, jwkDecision: wrong })).userErrors).toMatchObject([
      { field: ['jwkDecision', '0', 'decision'] },
    ]);
    expect(await everything(stage)).toEqual(before);
  });

  test('notices a JWK that was made between question and answer', async () => {
    const stage = await makeJwkStage(service, { environments: 2, jwks: 1 });
    const update = { ...replacement(stage, renewed().pem), ...decided(stage, 'DISCONNECT') };
    const late = await makeJwk(service, stage.id, stage.environments[1]!);
    const { userErrors, certificate } = await updateCertificate(service, update);
    expect(certificate).toBeNull();
    expect(userErrors).toMatchObject([{ __typename: 'JwksChanged', code: 'JWKS_CHANGED' }]);
    expect(JSON.stringify(userErrors)).toContain(late.id);
    expect(await readJwk(service, stage.jwks[0]!.id)).toMatchObject({ version: 1, link: {} });
  });

  test('of which the new key cannot carry an algorithm is refused, naming the JWK, and can be disconnected', async () => {
    const stage = await makeJwkStage(service);
    const before = await everything(stage);
    const update = replacement(stage, renewed(newKey('P-384')).pem);
    expect((await updateCertificate(service, update)).userErrors).toMatchObject([{ options: ['DISCONNECT'] }]);
    expect((await updateCertificate(service, { ...update, ...decided(stage, 'UPDATE') })).userErrors).toMatchObject([
      { __typename: 'JwkIncompatible', code: 'JWK_INCOMPATIBLE', jwks: [{ name: stage.jwks[0]!.name }] },
    ]);
    expect(await everything(stage)).toEqual(before);
    expect(codes(await updateCertificate(service, { ...update, ...decided(stage, 'DISCONNECT') }))).toEqual([]);
  });

  test('is refused when another JWK of the environment has the new key', async () => {
    const [stage, publicKey] = [await makeJwkStage(service), newKey()];
    const [environment] = stage.environments;
    const name = `${stage.name}-other`;
    const other = await createCertificate(service, {
      name,
      definitions: [pasted([environment!], name, makeCertificate(name, { publicKey }).pem)],
    });
    const { name: jwkName } = await makeJwk(service, other.certificate!.id, environment!);
    const update = { ...replacement(stage, renewed(publicKey).pem), ...decided(stage, 'UPDATE') };
    expect((await updateCertificate(service, update)).userErrors).toMatchObject([
      { __typename: 'KeyTaken', jwk: { name: jwkName } },
    ]);
  });

  test('that takes the certificate from an environment leaves its JWK to be deleted or disconnected', async () => {
    const stage = await makeJwkStage(service, { environments: 2 });
    const definitions = [{ id: stage.definitionId, environments: [stage.environments[0]!], alias: stage.name }];
    const update = { id: stage.id, expectedVersion: 1, definitions };
    expect((await updateCertificate(service, update)).userErrors).toMatchObject([
      { jwks: [{ id: stage.jwks[1]!.id }], options: ['DISCONNECT', 'DELETE_JWKS'] },
    ]);
    const jwkDecision = { decision: 'DELETE_JWKS', jwkIds: [stage.jwks[1]!.id] };
    const { userErrors } = await updateCertificate(service, { ...update, jwkDecision, confirmName: stage.name });
    expect(userErrors).toEqual([]);
    expect(await readJwk(service, stage.jwks[1]!.id)).toBeNull();
    expect(await readJwk(service, stage.jwks[0]!.id)).toMatchObject({ version: 1, link: {} });
  });
});

describe('a key that a JWK had before', () => {
  test('stays published for the overlap and then retires', async () => {
    const stage = await makeJwkStage(service);
    const [environment, old] = [stage.environments[0]!, stage.jwks[0]!.kid];
    await updateCertificate(service, { ...replacement(stage, renewed().pem), ...decided(stage, 'UPDATE', 1) });
    const jwk = await readJwk(service, stage.jwks[0]!.id);
    expect(jwk).toMatchObject({ version: 2, retiring: [{ kid: old }] });
    expect(jwk!.kid).not.toBe(old);
    expect(await publishedKids(service, environment)).toEqual([jwk!.kid, old]);
    await harness.sql.query(`UPDATE retiring_keys SET retires_at = now() WHERE kid = $1`, [old]);
    expect(await publishedKids(service, environment)).toEqual([jwk!.kid]);
    expect(await readJwk(service, jwk!.id)).toMatchObject({ retiring: [] });
  });

  test('retires at once where no overlap is wanted', async () => {
    const stage = await makeJwkStage(service);
    await updateCertificate(service, { ...replacement(stage, renewed().pem), ...decided(stage, 'UPDATE', 0) });
    expect(await publishedKids(service, stage.environments[0]!)).toEqual([
      (await readJwk(service, stage.jwks[0]!.id))!.kid,
    ]);
  });

  test('is the same after a renewal with the same key, which is published once with the new certificate', async () => {
    const stage = await makeJwkStage(service);
    const next = renewed(stage.publicKey);
    await updateCertificate(service, { ...replacement(stage, next.pem), ...decided(stage, 'UPDATE') });
    expect(await readJwk(service, stage.jwks[0]!.id)).toMatchObject({
      kid: stage.jwks[0]!.kid,
      version: 2,
      retiring: [],
      jwk: { x5c: [next.der.toString('base64')] },
    });
    expect(await publishedKids(service, stage.environments[0]!)).toEqual([stage.jwks[0]!.kid]);
  });

  test('that comes back is current, and published once', async () => {
    const stage = await makeJwkStage(service);
    const next = renewed();
    await updateCertificate(service, { ...replacement(stage, next.pem), ...decided(stage, 'UPDATE') });
    const back = { ...replacement(stage, stage.made.pem), ...decided(stage, 'UPDATE'), expectedVersion: 2 };
    expect(codes(await updateCertificate(service, back))).toEqual([]);
    const kids = await publishedKids(service, stage.environments[0]!);
    expect(kids).toHaveLength(2);
    expect(kids[0]).toBe(stage.jwks[0]!.kid);
  });
});

describe('at the same time', () => {
  test('two who decide differently: exactly one wins, the other gets the current state', async () => {
    const stage = await makeJwkStage(service);
    const update = replacement(stage, renewed().pem);
    const payloads = await Promise.all([
      updateCertificate(service, { ...update, ...decided(stage, 'UPDATE') }),
      updateCertificate(service, { ...update, ...decided(stage, 'DISCONNECT') }),
      deleteCertificate(service, { id: stage.id, expectedVersion: 1, ...decided(stage, 'DELETE_JWKS') }),
    ]);
    expect(payloads.filter(({ certificate }) => certificate !== null)).toHaveLength(1);
    const refused = payloads.filter(({ certificate }) => certificate === null).flatMap(codes);
    expect(refused.every((code) => code === 'VERSION_CONFLICT' || code === 'CERTIFICATE_NOT_FOUND')).toBe(true);
  });

  test('a JWK that is made while its certificate is updated or deleted never follows what is not there', async () => {
    for (let round = 0; round < 12; round++) {
      const stage = await makeJwkStage(service, { jwks: 0 });
      const [environment] = stage.environments;
      const input = { certificateId: stage.id, environment, name: 'racing', use: 'SIGNATURE', algorithm: 'ES256' };
      const next = renewed();
      const [made, changed] = await Promise.all([
        createJwk(service, input),
        round % 2
          ? updateCertificate(service, replacement(stage, next.pem))
          : deleteCertificate(service, { id: stage.id, expectedVersion: 1 }),
      ]);
      const { rows } = await harness.sql.query<{ jwk: string; line: string | null }>(
        `SELECT j.fingerprint AS jwk, p.fingerprint AS line FROM jwks j
         LEFT JOIN definition_environments p ON p.certificate_id = j.certificate_id
         WHERE j.certificate_id = $1`,
        [stage.id],
      );
      for (const { jwk, line } of rows) expect(line).toBe(jwk);
      if (changed.certificate === null) {
        expect(codes(changed)).toEqual(['JWK_DECISION_REQUIRED']);
        expect(made.jwk).not.toBeNull();
      } else if (round % 2) expect(rows.map(({ jwk }) => jwk)).toEqual([next.fingerprint]);
      else expect(made.userErrors).toMatchObject([{ code: 'CERTIFICATE_NOT_FOUND' }]);
    }
  });

  test('a JWK that is disconnected while its certificate is deleted is settled by one of the two', async () => {
    for (let round = 0; round < 6; round++) {
      const stage = await makeJwkStage(service);
      const [jwk] = stage.jwks;
      const [, deleted] = await Promise.all([
        disconnectJwk(service, { id: jwk!.id, expectedVersion: 1 }),
        deleteCertificate(service, { id: stage.id, expectedVersion: 1, ...decided(stage, 'DELETE_JWKS') }),
      ]);
      const left = await readJwk(service, jwk!.id);
      if (deleted.certificate) expect(left).toBeNull();
      else expect([codes(deleted), left!.link]).toEqual([['JWKS_CHANGED'], null]);
    }
  });
});

test('what was decided is in the audit, with the JWKs before and after', async () => {
  const stage = await makeJwkStage(service);
  await updateCertificate(service, { ...replacement(stage, renewed().pem), ...decided(stage, 'UPDATE') });
  const { rows } = await harness.sql.query<{ jwks: unknown }>(
    `SELECT details -> 'jwks' AS jwks FROM audit WHERE certificate_id = $1 AND action = 'updateCertificate'`,
    [stage.id],
  );
  const [before] = stage.jwks;
  expect(rows).toMatchObject([
    {
      jwks: {
        decisions: [{ decision: 'UPDATE', jwkIds: [before!.id], overlapHours: 24 }],
        before: [{ id: before!.id, kid: before!.kid }],
        after: [{ id: before!.id, version: 2 }],
      },
    },
  ]);
});
