import { expect, test } from '@jest/globals';
import { type ImportView, documentOf, importFile, oneIn } from '../support/exchange-files.js';
import { createJwk } from '../support/jwk-mutations.js';
import { makeJwkStage, publishedKids, replacement } from '../support/jwk-stage.js';
import { makeCertificate } from '../support/make-certificate.js';
import { type CertificateView, deleteCertificate, updateCertificate } from '../support/mutations.js';
import type { ServiceProcess } from '../support/service-process.js';
import { useHarness, useService } from '../support/use-harness.js';

/** Two admins at once, each at a process of their own: one wins, the other is told how things are now. */

const harness = useHarness();
const admins = [useService(harness), useService(harness)] as const;

const ROUNDS = { least: 6, most: 60 };

/**
 * Both requests are in flight at once, again and again, until each has won.
 *
 * @param run one round: sends both, the one of `first` before the other. @returns which of the two won
 */
async function untilEachHasWon(run: (first: 0 | 1) => Promise<number>): Promise<void> {
  const won = new Set<number>();
  for (let round = 0; round < ROUNDS.least || won.size < 2; round++) {
    if (round === ROUNDS.most) throw new Error(`after ${round} rounds only number ${[...won].join()} has won`);
    won.add(await run((round % 2) as 0 | 1));
  }
}

/** Sends both, the first before the other. @returns their answers, by number */
async function inFlight<One, Other>(first: 0 | 1, one: () => Promise<One>, other: () => Promise<Other>) {
  if (first === 0) return Promise.all([one(), other()]);
  const [b, a] = await Promise.all([other(), one()]);
  return [a, b] as [One, Other];
}

/** Which of two payloads has something. @throws unless exactly one has */
function winnerOf(payloads: readonly [object | null, object | null]): 0 | 1 {
  expect(payloads.filter((each) => each !== null)).toHaveLength(1);
  return payloads[0] ? 0 : 1;
}

/** What a conflict has to show of the certificate that the winner was answered. */
function shown({ id, name, version, definitions, ...rest }: CertificateView) {
  const { description, updatedAt } = rest as unknown as { description: string; updatedAt: string };
  const lines = definitions.map(({ alias, fingerprint }) => ({ alias, fingerprint }));
  return { id, name, description, version, updatedAt, definitions: lines };
}

test('on update: the other gets a VersionConflict with the certificate that won', async () => {
  await untilEachHasWon(async (first) => {
    const stage = await makeJwkStage(admins[0], { jwks: 0 });
    const change = (by: 0 | 1) => () =>
      updateCertificate(admins[by], { ...replacement(stage, makeCertificate().pem), description: `by ${by}` });
    const payloads = await inFlight(first, change(0), change(1));
    const winner = winnerOf([payloads[0].certificate, payloads[1].certificate]);
    const { certificate } = payloads[winner];
    expect(certificate).toMatchObject({ description: `by ${winner}`, version: 2 });
    expect(payloads[1 - winner]).toMatchObject({
      deployment: null,
      userErrors: [{ __typename: 'VersionConflict', field: ['expectedVersion'], current: shown(certificate!) }],
    });
    return winner;
  });
});

test('on update and delete: the other gets a VersionConflict, or that there is no such certificate', async () => {
  await untilEachHasWon(async (first) => {
    const stage = await makeJwkStage(admins[0], { jwks: 0 });
    const payloads = await inFlight(
      first,
      () => updateCertificate(admins[0], replacement(stage, makeCertificate().pem)),
      () => deleteCertificate(admins[1], { id: stage.id, expectedVersion: 1 }),
    );
    const winner = winnerOf([payloads[0].certificate, payloads[1].certificate]);
    expect(payloads[1 - winner]!.userErrors).toMatchObject([
      winner === 0
        ? { __typename: 'VersionConflict', current: shown(payloads[0].certificate!) }
        : { __typename: 'CertificateNotFound', field: ['id'] },
    ]);
    return winner;
  });
});

test('on delete: the other is told that there is no such certificate, and one revision was made', async () => {
  await untilEachHasWon(async (first) => {
    const stage = await makeJwkStage(admins[0], { jwks: 0 });
    const remove = (by: 0 | 1) => () => deleteCertificate(admins[by], { id: stage.id, expectedVersion: 1 });
    const payloads = await inFlight(first, remove(0), remove(1));
    const winner = winnerOf([payloads[0].certificate, payloads[1].certificate]);
    expect(payloads[winner].deployment).toMatchObject({ environments: [{ revision: 2 }] });
    expect(payloads[1 - winner]).toMatchObject({ deployment: null, userErrors: [{ code: 'CERTIFICATE_NOT_FOUND' }] });
    return winner;
  });
});

test('on JWK creation: the other gets a KeyTaken with the JWK that won, and one is published', async () => {
  await untilEachHasWon(async (first) => {
    const stage = await makeJwkStage(admins[0], { jwks: 0 });
    const [environment = ''] = stage.environments;
    const make = (by: 0 | 1) => () =>
      createJwk(admins[by], {
        certificateId: stage.id,
        environment,
        name: `by ${by}`,
        use: by === 0 ? 'SIGNATURE' : 'ENCRYPTION',
        algorithm: by === 0 ? 'ES256' : 'ECDH-ES',
      });
    const payloads = await inFlight(first, make(0), make(1));
    const winner = winnerOf([payloads[0].jwk, payloads[1].jwk]);
    const { jwk } = payloads[winner];
    expect(payloads[1 - winner]!.userErrors).toMatchObject([{ __typename: 'KeyTaken', jwk }]);
    expect(await publishedKids(admins[0], environment)).toEqual([jwk!.kid]);
    return winner;
  });
});

/** An import of one certificate under a stage's name, as it was previewed. */
async function previewed(service: ServiceProcess, environment: string, name: string) {
  const made = makeCertificate();
  const file = documentOf([oneIn(environment, name, made)], [made]);
  const { plan } = await importFile(service, file, { dryRun: true, onConflict: 'REPLACE' });
  return () => importFile(service, file, { onConflict: 'REPLACE', expectedPlan: plan });
}

/** What the other is told: nothing was done, and what the import would do to the certificate that is there now. */
function lost({ plan, ...payload }: ImportView, name: string, certificateId: string) {
  expect(plan).toMatch(/^[0-9a-f]{64}$/);
  expect(payload).toMatchObject({
    userErrors: [{ __typename: 'PlanChanged', field: ['expectedPlan'] }],
    items: [{ name, action: 'REPLACE', certificate: { id: certificateId } }],
    deployment: null,
  });
}

test('on import: the other gets a PlanChanged with what its import would do now', async () => {
  let serial = 0;
  await untilEachHasWon(async (first) => {
    const name = `imported-${++serial}`;
    const imports = [await previewed(admins[0], 'apimanager', name), await previewed(admins[1], 'apimanager', name)];
    const payloads = await inFlight(first, imports[0]!, imports[1]!);
    const winner = winnerOf([payloads[0].deployment, payloads[1].deployment]);
    const { items } = payloads[winner];
    expect(items).toMatchObject([{ name, action: 'ADD' }]);
    lost(payloads[1 - winner]!, name, items[0]!.certificate!.id);
    return winner;
  });
});

test('on import and update: the other gets a PlanChanged, or a VersionConflict', async () => {
  await untilEachHasWon(async (first) => {
    const stage = await makeJwkStage(admins[0], { jwks: 0 });
    const payloads = await inFlight(first, await previewed(admins[0], stage.environments[0]!, stage.name), () =>
      updateCertificate(admins[1], replacement(stage, makeCertificate().pem)),
    );
    const winner = winnerOf([payloads[0].deployment, payloads[1].certificate]);
    if (winner === 1) lost(payloads[0], stage.name, stage.id);
    else expect(payloads[1].userErrors).toMatchObject([{ __typename: 'VersionConflict', current: { version: 2 } }]);
    return winner;
  });
});
