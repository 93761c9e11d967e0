import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createJwk } from '../support/jwk-mutations.js';
import { makeJwkStage, newKey, readJwk, replacement, decided } from '../support/jwk-stage.js';
import { type MadeCertificate, makeCertificate } from '../support/make-certificate.js';
import { createCertificate, deleteCertificate, pasted, updateCertificate } from '../support/mutations.js';
import { useHarness, useService } from '../support/use-harness.js';
import { rollbackStage } from './rollback-stage.js';

const harness = useHarness();
const service = useService(harness);
const { planOf, rollBack, presentDigest, loggedDigest, currentRevision, makeEnvironment } = rollbackStage(
  harness,
  service,
);

interface Asked {
  readonly jwks: readonly { readonly id: string }[];
  readonly options: readonly string[];
}

/** One of the options about all of the JWKs; undefined: nothing is asked. */
function decide(jwks: Asked['jwks'], options: readonly string[], pick: number) {
  if (options.length === 0) return undefined;
  return { decision: options[pick % options.length], jwkIds: jwks.map(({ id }) => id), overlapHours: pick % 2 };
}

describe('a rollback', () => {
  test('to any revision gives the digest of that revision, whatever was done in between', async () => {
    const step = fc.record({
      name: fc.constantFrom('a', 'b', 'c'),
      what: fc.constantFrom('put', 'put', 'remove', 'roll', 'jwk'),
      alias: fc.constantFrom('x', 'X', 'y', 'z'),
      // One definition for both environments, or one for each, or one in the environment alone.
      contents: fc.tuple(fc.nat({ max: 3 }), fc.option(fc.nat({ max: 3 }))),
      both: fc.boolean(),
      decision: fc.nat(),
      back: fc.nat({ max: 10 }),
    });
    const pool: MadeCertificate[] = [0, 1, 2, 3].map((i) => makeCertificate(`pool ${i}`, { publicKey: newKey() }));
    let decided = 0;
    const start = { name: 'a', alias: 'x', contents: [0, null] as [number, null], both: true, decision: 0, back: 0 };
    const beginning = [{ ...start, what: 'put' } as const, { ...start, what: 'jwk' } as const];
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 12 }), async (steps) => {
        const [environment, other] = [await makeEnvironment(), await makeEnvironment()];
        const back = async (revision: number, decision: number) => {
          const elsewhere = [await currentRevision(other.id), await presentDigest(other.id)];
          const plan = await planOf(environment.name, revision);
          const jwkDecision = decide(plan!.jwks, plan!.jwkOptions, decision);
          const decides = jwkDecision && { jwkDecision, confirmName: environment.name };
          expect((await rollBack(environment.name, revision, decides ?? {})).userErrors).toEqual([]);
          if (decides) decided++;
          const now = await currentRevision(environment.id);
          const wanted = await loggedDigest(environment.id, revision);
          expect([await loggedDigest(environment.id, now), await presentDigest(environment.id)]).toEqual([
            wanted,
            wanted,
          ]);
          expect([await currentRevision(other.id), await presentDigest(other.id)]).toEqual(elsewhere);
        };
        for (const { name: short, what, alias, contents, both, decision, back: by } of [...beginning, ...steps]) {
          const name = `${short}-${environment.name}`;
          const { certificate } = await service.query<{ certificate: { id: string; version: number } | null }>(
            'query ($name: String!) { certificate(by: { name: $name }) { id version } }',
            { name },
          );
          const [content, second] = contents.map((index) => (index === null ? null : pool[index]!.pem));
          const definitions =
            both && second
              ? [pasted([environment.name], alias, content!), pasted([other.name], alias, second)]
              : [pasted(both ? [environment.name, other.name] : [environment.name], alias, content!)];
          if (what === 'roll') await back(by % ((await currentRevision(environment.id)) + 1), decision);
          else if (what === 'jwk') {
            const input = { environment: environment.name, name, use: 'SIGNATURE', algorithm: 'ES256' };
            if (certificate) await createJwk(service, { ...input, certificateId: certificate.id });
          } else if (certificate) {
            const change = (more: object) => {
              const at = { id: certificate.id, expectedVersion: certificate.version, ...more };
              return what === 'put'
                ? updateCertificate(service, { ...at, definitions })
                : deleteCertificate(service, at);
            };
            const [asked] = (await change({})).userErrors as unknown as Partial<Asked>[];
            const jwkDecision = decide(asked?.jwks ?? [], asked?.options ?? [], decision);
            if (jwkDecision) await change({ jwkDecision, confirmName: name });
          } else if (what === 'put') await createCertificate(service, { name, definitions });
        }
        const last = await currentRevision(environment.id);
        const { rows } = await harness.sql.query<{ lines: string; entries: number }>(
          `SELECT (SELECT count(*) FROM definition_environments WHERE environment_id = e.id) AS lines, entries
           FROM environments e WHERE id = $1`,
          [environment.id],
        );
        expect(Number(rows[0]!.lines)).toBe(rows[0]!.entries);
        for (const revision of new Set([0, last >> 1, last])) await back(revision, revision);
      }),
      { numRuns: Number(process.env.PROPERTY_RUNS ?? 12) },
    );
    expect(decided).toBeGreaterThan(0);
  });

  test('is planned first: what comes back, what changes, what leaves, and nothing where nothing differs', async () => {
    const environment = await makeEnvironment();
    const [kept, gone, late] = ['kept', 'gone', 'late'].map((name) => `${name}-${environment.serial}`) as [
      string,
      string,
      string,
    ];
    const [one, two] = [makeCertificate(), makeCertificate()];
    const first = await createCertificate(service, {
      name: kept,
      definitions: [pasted([environment.name], kept, one.pem)],
    });
    const second = await createCertificate(service, {
      name: gone,
      definitions: [pasted([environment.name], gone, two.pem)],
    });
    await updateCertificate(service, {
      id: first.certificate!.id,
      expectedVersion: 1,
      definitions: [pasted([environment.name], kept, makeCertificate().pem)],
    });
    await deleteCertificate(service, { id: second.certificate!.id, expectedVersion: 1 });
    await createCertificate(service, {
      name: late,
      definitions: [pasted([environment.name], late, makeCertificate().pem)],
    });
    expect(await planOf(environment.name, 2)).toMatchObject({
      expectedRevision: 5,
      steps: [
        {
          name: gone,
          action: 'ADD',
          before: null,
          after: { fingerprint: two.fingerprint },
          retrusts: true,
          recreates: true,
        },
        { name: kept, action: 'REPLACE', after: { fingerprint: one.fingerprint }, retrusts: true, recreates: false },
        { name: late, action: 'REMOVE', after: null, retrusts: false, recreates: false },
      ],
    });
    expect((await planOf(environment.name, 5))!.steps).toEqual([]);
    for (const [name, revision, message] of [
      [environment.name, 6, `environment ${environment.name} has no revision 6; it has 0 to 5`],
      [environment.name, -1, `environment ${environment.name} has no revision -1; it has 0 to 5`],
      ['no-such', 0, 'there is no environment "no-such"'],
    ] as const) {
      const query =
        'query ($e: String!, $r: Int!) { rollbackPlan(environment: $e, revision: $r) { expectedRevision } }';
      const { data, errors } = await service.graphql(query, { e: name, r: revision });
      expect(data).toEqual({ rollbackPlan: null });
      expect(errors).toMatchObject([{ message, path: ['rollbackPlan'], extensions: { code: 'BAD_USER_INPUT' } }]);
    }
  });

  test('does not trust again what was not confirmed, naming it', async () => {
    const environment = await makeEnvironment();
    const name = `deleted-${environment.serial}`;
    const { pem, fingerprint } = makeCertificate();
    const { certificate } = await createCertificate(service, {
      name,
      definitions: [pasted([environment.name], name, pem)],
    });
    await deleteCertificate(service, { id: certificate!.id, expectedVersion: 1 });
    for (const retrust of [[], ['0'.repeat(64)], [fingerprint, '0'.repeat(64)]]) {
      const { userErrors, deployment } = await rollBack(environment.name, 1, { retrust });
      expect(deployment).toBeNull();
      expect(userErrors).toMatchObject([{ __typename: 'RetrustNotConfirmed', fingerprints: [fingerprint] }]);
      expect(userErrors[0]!.message).toContain(name);
    }
    expect(await currentRevision(environment.id)).toBe(2);
    expect((await rollBack(environment.name, 1)).deployment!.environments).toEqual([
      { revision: 3, environment: { name: environment.name } },
    ]);
  });

  test('does not bring back what was deleted because compromised', async () => {
    const environment = await makeEnvironment();
    const name = `compromised-${environment.serial}`;
    const { certificate } = await createCertificate(service, {
      name,
      definitions: [pasted([environment.name], name, makeCertificate().pem)],
    });
    await deleteCertificate(service, { id: certificate!.id, expectedVersion: 1, compromised: 'leaked' });
    expect((await rollBack(environment.name, 1)).userErrors).toMatchObject([{ code: 'CERTIFICATE_COMPROMISED' }]);
    expect(await currentRevision(environment.id)).toBe(2);
  });

  test('asks about the JWKs that follow what it changes', async () => {
    const stage = await makeJwkStage(service);
    const [environment] = stage.environments;
    const next = makeCertificate('next', { publicKey: newKey() });
    await updateCertificate(service, { ...replacement(stage, next.pem), ...decided(stage, 'UPDATE') });
    const asked = await rollBack(environment!, 1);
    expect(asked.userErrors).toMatchObject([
      { __typename: 'JwkDecisionRequired', options: ['UPDATE', 'DISCONNECT'], jwks: [{ id: stage.jwks[0]!.id }] },
    ]);
    expect(await planOf(environment!, 1)).toMatchObject({
      jwks: [{ id: stage.jwks[0]!.id }],
      jwkOptions: ['UPDATE', 'DISCONNECT'],
    });
    const { jwkDecision } = decided(stage, 'UPDATE');
    expect((await rollBack(environment!, 1, { jwkDecision })).userErrors).toMatchObject([{ field: ['confirmName'] }]);
    expect((await rollBack(environment!, 1, { jwkDecision, confirmName: environment })).userErrors).toEqual([]);
    expect(await readJwk(service, stage.jwks[0]!.id)).toMatchObject({ kid: stage.jwks[0]!.kid, version: 3 });
  });

  test('that is refused is answered with what it would do now', async () => {
    const environment = await makeEnvironment();
    const name = `late-${environment.serial}`;
    const added = pasted([environment.name], name, makeCertificate().pem);
    expect((await rollBack(environment.name, 0)).plan).toBeNull();
    await createCertificate(service, { name, definitions: [added] });
    const late = await rollBack(environment.name, 0, { expectedRevision: 0 });
    expect(late).toMatchObject({ userErrors: [{ code: 'PLAN_CHANGED' }], plan: { expectedRevision: 1 } });
    expect(late.plan).toEqual(await planOf(environment.name, 0));
    expect(late.plan!.steps).toMatchObject([{ name, action: 'REMOVE' }]);
    expect(await rollBack(environment.name, 0, { expectedRevision: late.plan!.expectedRevision })).toMatchObject({
      userErrors: [],
      plan: null,
    });
    expect((await rollBack(environment.name, 0, { environment: 'nowhere' })).plan).toBeNull();
  });

  test('of two at once exactly one wins, and the other is told that its plan is not current', async () => {
    const environment = await makeEnvironment();
    const name = `raced-${environment.serial}`;
    await createCertificate(service, { name, definitions: [pasted([environment.name], name, makeCertificate().pem)] });
    const expectedRevision = 1;
    const payloads = await Promise.all(
      Array.from({ length: 8 }, () => rollBack(environment.name, 0, { expectedRevision, retrust: [] })),
    );
    expect(payloads.filter(({ deployment }) => deployment !== null)).toHaveLength(1);
    const codes = payloads.flatMap(({ userErrors }) => userErrors.map(({ code }) => code));
    expect(new Set(codes)).toEqual(new Set(['PLAN_CHANGED']));
    expect(await currentRevision(environment.id)).toBe(2);
  });
});
