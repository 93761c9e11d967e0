import { expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createJwk } from '@trustcast/certificates-service/test/support/jwk-mutations.js';
import { makeCertificate, makeCertificates } from '@trustcast/certificates-service/test/support/make-certificate.js';
import { useHarness, useService } from '@trustcast/certificates-service/test/support/use-harness.js';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { settingsFor, trustcast } from './trustcast.js';

const harness = useHarness();
const service = useService(harness);
const settings = settingsFor(service);

const ENVIRONMENTS = ['apimanager', 'blue', 'green'];
const SLOTS = ['one', 'two', 'three'];
/** Composed, decomposed, upper case, BMP: what Unicode may do to a comparison. */
const ALIASES = ['plain', 'Capital', 'caf\u00e9', 'cafe\u0301', 'with space', '\u4e2d', '.', '-'];
const certificates = makeCertificates(3 * SLOTS.length);

/** A certificate per slot with up to two definitions; nothing of one slot can be in the way of another. */
const certificate = (slot: string, index: number) =>
  fc
    .record({
      places: fc.array(fc.constantFrom(0, 1, null), { minLength: ENVIRONMENTS.length, maxLength: ENVIRONMENTS.length }),
      aliases: fc.tuple(fc.constantFrom(...ALIASES), fc.constantFrom(...ALIASES)),
      picks: fc.tuple(fc.nat(2), fc.nat(2)),
      description: fc.option(fc.constantFrom('', 'caf\u00e9', 'cafe\u0301', ' two\nlines ', '5'), { nil: undefined }),
    })
    .map(({ places, aliases, picks, description }) => ({
      name: slot,
      ...(description !== undefined && { description }),
      definitions: [0, 1].flatMap((which) => {
        const environments = ENVIRONMENTS.filter((_, place) => places[place] === which);
        const pem = certificates[3 * index + picks[which]!]!.pem;
        return environments.length === 0 ? [] : [{ alias: `${slot} ${aliases[which]!}`, environments, pem }];
      }),
    }))
    .filter(({ definitions }) => definitions.length > 0);

const described = fc
  .tuple(fc.tuple(...SLOTS.map(certificate)), fc.subarray(SLOTS, { minLength: 1 }))
  .map(([all, chosen]) => all.filter(({ name }) => chosen.includes(name)));

/** Which certificates get a JWK, by slot and environment: as many as there can be. */
const signed = fc.array(fc.boolean(), {
  minLength: SLOTS.length * ENVIRONMENTS.length,
  maxLength: SLOTS.length * ENVIRONMENTS.length,
});

/** A signed certificate whose content is then another one: its JWK is disconnected. */
const replaced: [
  { name: string; definitions: { alias: string; environments: string[]; pem: string }[] }[],
  boolean[],
][] = [0, 1].map((pick) => [
  [{ name: 'one', definitions: [{ alias: 'one', environments: ['apimanager'], pem: certificates[pick]!.pem }] }],
  Array<boolean>(SLOTS.length * ENVIRONMENTS.length).fill(true),
]);

test('whatever is described and was there before: applied, and applied again, which does nothing', async () => {
  const file = join(harness.folder, 'described.yaml');
  const decisions = SLOTS.flatMap((slot) => ['--jwks', `${slot}=DISCONNECT`]);
  const changing = (actions: readonly string[]) => actions.filter((action) => action !== 'unchanged');
  const apply = async (...options: string[]) => {
    const { code, out, err } = await trustcast(
      ['apply', file, '--owner', 'the test', '--prune', '--json', ...decisions, ...options],
      settings,
    );
    expect({ code, err: code === 1 || code === 64 ? err : '' }).toEqual({ code: code === 2 ? 2 : 0, err: '' });
    const actions = (JSON.parse(out) as { changes: { action: string }[] }).changes.map(({ action }) => action);
    if (options.includes('--dry-run')) expect(code).toBe(changing(actions).length > 0 ? 2 : 0);
    return actions;
  };
  const present = () =>
    service.query(`{ environments { revision } certificates { nodes { name version description
      definitions { alias fingerprint environments { name } } } }
      jwks(first: 500) { nodes { id version fingerprint link { certificate { name } } } } }`);
  /** A JWK of everything that is chosen and there. @returns those of before that do not follow their certificate any more */
  const sign = async (chosen: readonly boolean[]) => {
    const { rowCount } = await harness.sql.query('DELETE FROM jwks WHERE certificate_id IS NULL');
    const { certificates: there } = await service.query<{
      certificates: { nodes: { id: string; name: string; definitions: { environments: { name: string }[] }[] }[] };
    }>('{ certificates { nodes { id name definitions { environments { name } } } } }');
    for (const { id: certificateId, name, definitions } of there.nodes)
      for (const { name: environment } of definitions.flatMap(({ environments }) => environments))
        if (chosen[SLOTS.indexOf(name) * ENVIRONMENTS.length + ENVIRONMENTS.indexOf(environment)])
          await createJwk(service, { certificateId, environment, name, use: 'SIGNATURE', algorithm: 'ES256' });
    return rowCount ?? 0;
  };
  writeFileSync(
    file,
    stringify({
      environments: ENVIRONMENTS.slice(1).map((name) => ({ name, kind: 'API_MANAGER' })),
      certificates: [
        { name: 'first', definitions: [{ alias: 'first', environments: ['apimanager'], pem: makeCertificate().pem }] },
      ],
    }),
  );
  await apply();
  let disconnected = 0;
  await fc.assert(
    fc.asyncProperty(described, signed, async (certificates, chosen) => {
      writeFileSync(file, stringify({ certificates }));
      const planned = await apply('--dry-run');
      expect(await apply()).toEqual(planned);
      disconnected += await sign(chosen);
      const before = await present();
      expect(changing(await apply('--dry-run'))).toEqual([]);
      expect(changing(await apply())).toEqual([]);
      expect(await present()).toEqual(before);
    }),
    { numRuns: 25, examples: replaced },
  );
  expect(disconnected).toBeGreaterThan(0);
});
