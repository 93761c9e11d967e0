import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from '@jest/globals';
import {
  type Registration,
  registrationTokenOf,
  signRegistration,
  signRegistrationRequest,
  verifyRegistration,
  verifyRegistrationRequest,
} from './registration.js';
import { publicJwkOf, signingKeyOf } from '../signed/ed25519-key.js';
import { signDocument } from '../signed/signed-document.js';

const newKey = () => signingKeyOf(generateKeyPairSync('ed25519').privateKey);
const said = { hostname: 'host', agentVersion: '1', token: registrationTokenOf('token') };

async function made() {
  const [agent, service] = [await newKey(), await newKey()];
  const signingKeys = [await publicJwkOf(service.privateKey)];
  const registration: Registration = {
    agent: '00000000-0000-4000-8000-000000000003',
    installation: '00000000-0000-4000-8000-000000000001',
    environment: { id: '00000000-0000-4000-8000-000000000002', name: 'apimanager' },
    session: 1_767_225_400_000,
    issuedAt: 1_767_225_400_500,
    position: { epoch: 2, revision: 7 },
    signingKeys,
    nats: { servers: ['nats://127.0.0.1'], user: null, password: null },
  };
  const request = await signRegistrationRequest(said, agent);
  const answer = { signingKeys, registration: await signRegistration(registration, request, service) };
  return { agent, service, registration, request, answer };
}

test('a registration is what a pinned key signed for this request', async () => {
  const { service, registration, request, answer } = await made();
  expect(verifyRegistration(answer, request, ['other', service.kid])).toEqual(registration);
});

test('two requests of one agent have different answers', async () => {
  const { agent, service, answer } = await made();
  const next = await signRegistrationRequest(said, agent);
  expect(() => verifyRegistration(answer, next, [service.kid])).toThrow(
    expect.objectContaining({
      code: 'REGISTRATION_NOT_OURS',
    }),
  );
});

test('a registration by a key that is not pinned is not read', async () => {
  const { request, answer } = await made();
  expect(() => verifyRegistration(answer, request, [])).toThrow(expect.objectContaining({ code: 'NO_PINNED_KEY' }));
});

test('a request is believed by the key that it carries, and by no other', async () => {
  const { agent, request } = await made();
  expect(verifyRegistrationRequest(request)).toMatchObject({
    ...said,
    publicKey: await publicJwkOf(agent.privateKey),
  });
  const claims = { ...said, nonce: 'a'.repeat(64), publicKey: await publicJwkOf(agent.privateKey) };
  const forged = await signDocument('trustcast-registration-request+jwt', claims, await newKey());
  expect(() => verifyRegistrationRequest(forged)).toThrow(expect.objectContaining({ code: 'SIGNATURE_KEY_UNKNOWN' }));
});

test.each([1, null, '', 'a.b.c', 'x'.repeat(20_000)])(
  'a request that is none is refused with its reason (%#)',
  (text) => {
    expect(() => verifyRegistrationRequest(text)).toThrow(
      expect.objectContaining({
        code: expect.stringMatching(/^(MALFORMED|SIGNATURE_|LIMIT_)/) as unknown,
      }),
    );
  },
);
