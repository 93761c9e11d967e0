import { expect, test } from '@jest/globals';
import { makeJwk, makeJwkStage, newKey, readJwk, replacement } from '../support/jwk-stage.js';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, deleteCertificate, pasted, updateCertificate } from '../support/mutations.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);

const renewed = (curve = 'P-256') => makeCertificate('renewed', { publicKey: newKey(curve) });
const LEAVES = 'the certificate leaves the environment';
const STAYS = 'the certificate stays in the environment: disconnect the JWK, and delete it by itself';
const optionsOf = (update: string | null, remove: string | null) => [
  { decision: 'UPDATE', available: update === null, reason: update },
  { decision: 'DISCONNECT', available: true, reason: null },
  { decision: 'DELETE_JWKS', available: remove === null, reason: remove },
];

/** New content for the first environment of a stage, which leaves the second one. */
async function mixed() {
  const stage = await makeJwkStage(service, { environments: 2 });
  const [kept, left] = stage.jwks;
  const update = replacement(stage, renewed().pem, stage.environments.slice(0, 1));
  return { stage, update, kept: kept!, left: left! };
}

test('new content and a removed environment: each JWK has its own options, with the reason why one is not', async () => {
  const { update, kept, left } = await mixed();
  const { userErrors } = await updateCertificate(service, update);
  expect(userErrors).toMatchObject([{ code: 'JWK_DECISION_REQUIRED', options: ['DISCONNECT'] }]);
  const { choices } = userErrors[0] as unknown as { choices: object[] };
  expect(choices).toHaveLength(2);
  expect(choices).toEqual(
    expect.arrayContaining([
      { jwk: { id: kept.id }, options: optionsOf(null, STAYS) },
      { jwk: { id: left.id }, options: optionsOf(LEAVES, null) },
    ]),
  );
});

test('each JWK can be decided about by itself, in one change', async () => {
  const { stage, update, kept, left } = await mixed();
  const jwkDecision = [
    { decision: 'UPDATE', jwkIds: [kept.id] },
    { decision: 'DELETE_JWKS', jwkIds: [left.id] },
  ];
  const answer = await updateCertificate(service, { ...update, jwkDecision, confirmName: stage.name });
  expect(answer.userErrors).toEqual([]);
  expect(await readJwk(service, left.id)).toBeNull();
  const jwk = await readJwk(service, kept.id);
  expect(jwk).toMatchObject({ version: 2, retiring: [{ kid: kept.kid }] });
});

test('a decision that is not available for one of its JWKs says for which, why, and where it is', async () => {
  const { stage, update, kept, left } = await mixed();
  const jwkDecision = [
    { decision: 'DISCONNECT', jwkIds: [kept.id] },
    { decision: 'UPDATE', jwkIds: [left.id] },
  ];
  const { userErrors } = await updateCertificate(service, { ...update, jwkDecision, confirmName: stage.name });
  expect(userErrors).toMatchObject([
    { code: 'INVALID_INPUT', field: ['jwkDecision', '1', 'decision'], message: `"${left.name}": ${LEAVES}` },
  ]);
});

test('a JWK in two decisions, in none, or a decision about none is refused where it is', async () => {
  const { stage, update, kept, left } = await mixed();
  const refusal = async (...decisions: readonly (readonly string[])[]) => {
    const jwkDecision = decisions.map((jwkIds) => ({ decision: 'DISCONNECT', jwkIds }));
    const { userErrors } = await updateCertificate(service, { ...update, jwkDecision, confirmName: stage.name });
    return userErrors.map(({ code, field }) => [code, field]);
  };
  expect(await refusal([kept.id, left.id], [left.id])).toEqual([
    ['INVALID_INPUT', ['jwkDecision', '1', 'jwkIds', '0']],
  ]);
  expect(await refusal([kept.id])).toEqual([['JWKS_CHANGED', ['jwkDecision']]]);
  expect(await refusal([kept.id, left.id], [stage.id])).toEqual([
    ['JWKS_CHANGED', ['jwkDecision', '1', 'jwkIds', '0']],
  ]);
  expect(await refusal([kept.id, left.id], [])).toEqual([['INVALID_INPUT', ['jwkDecision', '1', 'jwkIds']]]);
});

test('a key that cannot carry the algorithm, and one that is published already, are reasons too', async () => {
  const stage = await makeJwkStage(service);
  const [environment] = stage.environments;
  const wrong = await updateCertificate(service, replacement(stage, renewed('P-384').pem));
  expect(wrong.userErrors).toMatchObject([
    { choices: [{ options: optionsOf('the key of the new certificate cannot be used with ES256', STAYS) }] },
  ]);
  const publicKey = newKey();
  const name = `${stage.name}-other`;
  const { pem } = makeCertificate(name, { publicKey });
  const other = await createCertificate(service, { name, definitions: [pasted([environment!], name, pem)] });
  const taken = await makeJwk(service, other.certificate!.id, environment!);
  const same = await updateCertificate(service, replacement(stage, makeCertificate('same', { publicKey }).pem));
  const reason = `the environment has a JWK of the new key already: "${taken.name}"`;
  expect(same.userErrors).toMatchObject([{ choices: [{ options: optionsOf(reason, STAYS) }] }]);
});

test('a decision that nothing asks for is refused, and so is a name that is not the certificate', async () => {
  const stage = await makeJwkStage(service, { jwks: 0 });
  const other = await makeJwkStage(service);
  const about = (jwkIds: readonly string[]) => ({
    jwkDecision: { decision: 'DISCONNECT', jwkIds },
    confirmName: stage.name,
  });
  const changes = [
    { id: stage.id, expectedVersion: 1, description: 'new' },
    replacement(stage, renewed().pem),
    { id: stage.id, expectedVersion: 1 },
  ];
  const message = 'No JWK follows what is changed: leave the decision out.';
  for (const change of changes) {
    for (const jwkIds of [[], [other.jwks[0]!.id]]) {
      const refused = { code: 'JWKS_CHANGED', message, options: [], jwks: [], choices: [] };
      expect((await updateCertificate(service, { ...change, ...about(jwkIds) })).userErrors).toMatchObject([refused]);
    }
    expect((await updateCertificate(service, { ...change, confirmName: 'other' })).userErrors).toMatchObject([
      { code: 'INVALID_INPUT', field: ['confirmName'] },
    ]);
  }
  const deletion = { id: stage.id, expectedVersion: 1, ...about([other.jwks[0]!.id]) };
  expect((await deleteCertificate(service, deletion)).userErrors).toMatchObject([{ code: 'JWKS_CHANGED', message }]);
});
