import { describe, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCertificate } from '@trustcast/certificates-service/test/support/make-certificate.js';
import { useHarness, useService } from '@trustcast/certificates-service/test/support/use-harness.js';
import { type Run, settingsFor, trustcast } from './trustcast.js';

const harness = useHarness();
const service = useService(harness);
const settings = settingsFor(service);

function apply(certificates: readonly object[], ...options: string[]): Promise<Run> {
  const file = join(harness.folder, 'jwks.json');
  writeFileSync(file, JSON.stringify({ certificates }));
  return trustcast(['apply', file, ...options], settings);
}

const described = (name: string, pem: string, more: object = {}) => ({
  name,
  definitions: [{ alias: name, environments: ['apimanager'], pem }],
  ...more,
});

/** A certificate with one JWK, both of this name. */
async function withJwk(name: string): Promise<void> {
  await apply([described(name, makeCertificate().pem)]);
  const { certificate } = await service.query<{ certificate: { id: string } }>(
    `{ certificate(by: { name: "${name}" }) { id } }`,
  );
  const { createJwk } = await service.query<{ createJwk: { userErrors: object[] } }>(
    'mutation ($input: CreateJwkInput!) { createJwk(input: $input) { userErrors { message } } }',
    { input: { certificateId: certificate.id, environment: 'apimanager', name, use: 'SIGNATURE', algorithm: 'ES256' } },
  );
  expect(createJwk.userErrors).toEqual([]);
}

interface JwkView {
  readonly id: string;
  readonly version: number;
  readonly name: string;
  readonly link: object | null;
  readonly fingerprint: string;
}

const jwks = async () => JSON.parse((await trustcast(['jwks', 'list', '--json'], settings)).out) as JwkView[];

describe('a certificate that a JWK was made from', () => {
  // The certificates of these tests have one key, of which an environment publishes one JWK.
  test('is not changed until somebody says what becomes of it', async () => {
    await withJwk('asked');
    const renewed = makeCertificate();
    const refused = await apply([described('asked', renewed.pem)]);
    expect(refused.code).toBe(1);
    expect(refused.out).toContain(
      'JWK_DECISION_REQUIRED: the JWK asked was made from it: decide with --jwks asked=UPDATE or --jwks asked=DISCONNECT, or jwks: in the file',
    );
    expect(await apply([described('asked', renewed.pem, { jwks: 'DELETE_JWKS' })])).toMatchObject({ code: 64 });
    expect(await apply([described('asked', renewed.pem, { jwks: 'UPDATE' })])).toMatchObject({ code: 0 });
    expect(await jwks()).toMatchObject([{ name: 'asked', fingerprint: renewed.fingerprint }]);
  });

  test('is disconnected by an option, which comes before the file', async () => {
    const again = described('asked', makeCertificate().pem, { jwks: 'UPDATE' });
    expect(await apply([again], '--jwks', 'asked')).toMatchObject({ code: 64 });
    expect(await apply([again], '--jwks', 'nosuch=UPDATE')).toMatchObject({
      code: 64,
      err: expect.stringContaining(
        '--jwks nosuch=UPDATE: no certificate of this name is described or pruned; there are asked',
      ),
    });
    expect(await apply([again], '--jwks', 'asked=DISCONNECT')).toMatchObject({ code: 0 });
    const list = await trustcast(['jwks', 'list', '--environment', 'apimanager'], settings);
    expect(list.out).toMatch(/^NAME .*\nasked {2}apimanager .*ES256 .*\(disconnected\)/);
  });

  test('is shown as it is published, and deleted with what was made from it', async () => {
    const { out } = await trustcast(['jwks', 'show', 'asked'], settings);
    const [jwk] = await jwks();
    const published = await (await fetch(`${service.url}/environments/apimanager/jwks.json`)).json();
    expect(published).toMatchObject({ keys: [JSON.parse(out)] });
    await service.query('mutation ($input: ChangeJwkInput!) { deleteJwk(input: $input) { userErrors { code } } }', {
      input: { id: jwk!.id, expectedVersion: jwk!.version },
    });
    await withJwk('deleted');
    const refused = await trustcast(['certificates', 'delete', 'deleted'], settings);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.err).toContain(
      'the JWK deleted was made from it: decide with --jwks DISCONNECT or --jwks DELETE_JWKS',
    );
    expect(await trustcast(['certificates', 'delete', 'deleted', '--jwks', 'DELETE_JWKS'], settings)).toMatchObject({
      code: 0,
    });
    expect(await jwks()).toEqual([]);
  });
});
