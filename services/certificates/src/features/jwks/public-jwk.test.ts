import { type KeyObject, X509Certificate, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { calculateJwkThumbprint, importJWK } from 'jose';
import { makeCertificate } from '../../../test/support/make-certificate.js';
import { allowedAlgorithms, JWK_USES } from '../records/jwk-algorithm.js';
import { valueOrRefusal } from '../../../test/support/value-or-refusal.js';
import { publicJwk as makeJwk } from './public-jwk.js';

const publicJwk = async (...given: Parameters<typeof makeJwk>) => valueOrRefusal(await makeJwk(...given));
const SIGNATURE = { use: 'SIGNATURE', algorithm: 'RS256' } as const;

function certificateOf(jwk: object): Uint8Array {
  const publicKey = createPublicKey({ key: jwk as never, format: 'jwk' });
  return makeCertificate('vector', { publicKey }).der;
}

/** Of the RSA key of RFC 7517 appendix A.1 and of RFC 7638 section 3.1. */
const RSA_MODULUS =
  '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw';

describe('RFC 7517', () => {
  const n =
    'vrjOfz9Ccdgx5nQudyhdoR17V-IubWMeOZCwX_jj0hgAsz2J_pqYW08PLbK_PdiVGKPrqzmDIsLI7sA25VEnHU1uCLNwBuUiCO11_-7dYbsr4iJmG0Qu2j8DsVyT1azpJC_NG84Ty5KKthuCaPod7iI7w0LK9orSMhBEwwZDCxTWq4aYWAchc8t-emd9qOvWtVMDC2BXksRngh6X5bUYLy6AyHKvj-nUy1wgzjYQDwHMTplCoLtU-o-8SNnZ1tmRoGE9uJkBLdh5gFENabWnU5m1ZqZPdwS-qo-meMvVfJb6jJVWRpl2SUtCnYG2C32qvbWbjZ_jBPD5eunqsIo1vQ';
  const x5c =
    'MIIDQjCCAiqgAwIBAgIGATz/FuLiMA0GCSqGSIb3DQEBBQUAMGIxCzAJBgNVBAYTAlVTMQswCQYDVQQIEwJDTzEPMA0GA1UEBxMGRGVudmVyMRwwGgYDVQQKExNQaW5nIElkZW50aXR5IENvcnAuMRcwFQYDVQQDEw5CcmlhbiBDYW1wYmVsbDAeFw0xMzAyMjEyMzI5MTVaFw0xODA4MTQyMjI5MTVaMGIxCzAJBgNVBAYTAlVTMQswCQYDVQQIEwJDTzEPMA0GA1UEBxMGRGVudmVyMRwwGgYDVQQKExNQaW5nIElkZW50aXR5IENvcnAuMRcwFQYDVQQDEw5CcmlhbiBDYW1wYmVsbDCCASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEBAL64zn8/QnHYMeZ0LncoXaEde1fiLm1jHjmQsF/449IYALM9if6amFtPDy2yvz3YlRij66s5gyLCyO7ANuVRJx1NbgizcAblIgjtdf/u3WG7K+IiZhtELto/A7Fck9Ws6SQvzRvOE8uSirYbgmj6He4iO8NCyvaK0jIQRMMGQwsU1quGmFgHIXPLfnpnfajr1rVTAwtgV5LEZ4Iel+W1GC8ugMhyr4/p1MtcIM42EA8BzE6ZQqC7VPqPvEjZ2dbZkaBhPbiZAS3YeYBRDWm1p1OZtWamT3cEvqqPpnjL1XyW+oyVVkaZdklLQp2Btgt9qr21m42f4wTw+Xrp6rCKNb0CAwEAATANBgkqhkiG9w0BAQUFAAOCAQEAh8zGlfSlcI0o3rYDPBB07aXNswb4ECNIKG0CETTUxmXl9KUL+9gGlqCz5iWLOgWsnrcKcY0vXPG9J1r9AqBNTqNgHq2G03X09266X5CpOe1zFo+Owb1zxtp3PehFdfQJ610CDLEaS9V9Rqp17hCyybEpOGVwe8fnk+fbEL2Bo3UPGrpsHzUoaGpDftmWssZkhpBJKVMJyf/RuP2SmmaIzmnw9JiSlYhzo4tpzd5rFXhjRbg4zW9C+2qok+2+qDM1iJ684gPHMIY8aLWrdgQTxkumGmTqgawR+N5MDtdPTEQ0XfIBc2cJEUyMTY5MPvACWpkA6SdS4xSvdXK3IVfOWA==';

  test('appendix B: the members of a certificate, with the certificate itself and its thumbprints', async () => {
    const der = Buffer.from(x5c, 'base64');
    const { fingerprint, fingerprint256 } = new X509Certificate(der);
    const b64u = (hex: string) => Buffer.from(hex.replaceAll(':', ''), 'hex').toString('base64url');
    expect(await publicJwk(der, SIGNATURE)).toMatchObject({
      kty: 'RSA',
      use: 'sig',
      n,
      e: 'AQAB',
      x5c: [x5c],
      x5t: b64u(fingerprint),
      'x5t#S256': b64u(fingerprint256),
    });
  });

  test('appendix A.1: the RSA key', async () => {
    const members = { kty: 'RSA', n: RSA_MODULUS, e: 'AQAB' };
    expect(await publicJwk(certificateOf(members), SIGNATURE)).toMatchObject({ ...members, alg: 'RS256' });
  });

  test('appendix A.1: the EC key', async () => {
    const members = {
      kty: 'EC',
      crv: 'P-256',
      x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
      y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
    };
    const jwk = await publicJwk(certificateOf(members), { use: 'ENCRYPTION', algorithm: 'ECDH-ES' });
    expect(jwk).toMatchObject({ ...members, use: 'enc', alg: 'ECDH-ES' });
  });
});

test('RFC 7638 section 3.1: the thumbprint of an RSA key is its kid', async () => {
  const jwk = await publicJwk(certificateOf({ kty: 'RSA', n: RSA_MODULUS, e: 'AQAB' }), SIGNATURE);
  expect(jwk).toMatchObject({ kid: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs' });
});

test('RFC 8037 appendix A.3: the thumbprint of an Ed25519 key is its kid', async () => {
  const members = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
  expect(await publicJwk(certificateOf(members), { use: 'SIGNATURE', algorithm: 'EdDSA' })).toMatchObject({
    ...members,
    kid: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
  });
});

const EC = ['P-256', 'P-384', 'P-521'].map((namedCurve) => () => generateKeyPairSync('ec', { namedCurve }));
const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });

describe('a key of every kind', () => {
  const RSA_SIGNATURE = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
  const RSA_ENCRYPTION = ['RSA-OAEP-256', 'RSA-OAEP-384', 'RSA-OAEP-512'];
  const ECDH = ['ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A192KW', 'ECDH-ES+A256KW'];
  test.each<[string, () => { publicKey: KeyObject }, string[], string[]]>([
    ['RSA 2048', () => rsa, RSA_SIGNATURE, RSA_ENCRYPTION],
    ['RSA 1024', () => generateKeyPairSync('rsa', { modulusLength: 1_024 }), [], []],
    ['RSA-PSS', () => generateKeyPairSync('rsa-pss', { modulusLength: 2_048 }), [], []],
    ['EC P-256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' }), ['ES256'], ECDH],
    ['EC P-384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' }), ['ES384'], ECDH],
    ['EC P-521', () => generateKeyPairSync('ec', { namedCurve: 'P-521' }), ['ES512'], ECDH],
    ['EC secp256k1', () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' }), [], []],
    ['Ed25519', () => generateKeyPairSync('ed25519'), ['EdDSA'], []],
    ['Ed448', () => generateKeyPairSync('ed448'), [], []],
    ['DSA', () => generateKeyPairSync('dsa', { modulusLength: 2_048, divisorLength: 256 }), [], []],
  ])(
    '%s takes what it is allowed to and refuses all else with the list',
    async (_kind, make, signature, encryption) => {
      const { der } = makeCertificate('any', { publicKey: make().publicKey });
      for (const use of JWK_USES) {
        const allowed = use === 'SIGNATURE' ? signature : encryption;
        for (const algorithm of [
          'RSA1_5',
          'RSA-OAEP',
          'HS256',
          'none',
          '',
          ...RSA_SIGNATURE,
          ...RSA_ENCRYPTION,
          ...ECDH,
          'ES256',
          'ES384',
          'ES512',
          'EdDSA',
        ]) {
          const jwk = await publicJwk(der, { use, algorithm });
          if (!allowed.includes(algorithm)) expect(jwk).toMatchObject({ code: 'ALGORITHM_NOT_ALLOWED', allowed });
          else await expect(importJWK(jwk as never, algorithm)).resolves.toBeDefined();
        }
      }
    },
  );
});

test('public members alone, and the thumbprint of those, whatever the key', async () => {
  const make = fc.constantFrom(
    ...EC,
    () => generateKeyPairSync('ed25519'),
    () => rsa,
  );
  const PUBLIC = ['kty', 'crv', 'x', 'y', 'n', 'e', 'kid', 'use', 'alg', 'x5c', 'x5t', 'x5t#S256'];
  const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi'] as const;
  await fc.assert(
    fc.asyncProperty(make, fc.constantFrom(...JWK_USES), fc.nat(), async (generate, use, pick) => {
      const { publicKey, privateKey } = generate();
      const [members, secret] = [publicKey.export({ format: 'jwk' }), privateKey.export({ format: 'jwk' })];
      const { der } = makeCertificate('any', { publicKey });
      const allowed = allowedAlgorithms(members as never, use);
      fc.pre(allowed.length > 0);
      const jwk = await publicJwk(der, { use, algorithm: allowed[pick % allowed.length]! });
      expect(Object.keys(jwk).filter((member) => !PUBLIC.includes(member))).toEqual([]);
      const text = JSON.stringify(jwk);
      for (const member of PRIVATE) if (secret[member] !== undefined) expect(text).not.toContain(secret[member]);
      expect(jwk).toMatchObject({ ...members, kid: await calculateJwkThumbprint(members) });
    }),
    { numRuns: 60 },
  );
});
