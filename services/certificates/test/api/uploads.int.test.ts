import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { writePkcs12 } from '@trustcast/keystore';
import { encryptedKeystore } from '../support/encrypted-keystore.js';
import { PRIVATE_KEY_PEM, makeCertificate } from '../support/make-certificate.js';
import { useService } from '../support/use-harness.js';

const service = useService();

interface Parts {
  readonly file?: Uint8Array;
  readonly password?: string;
}

async function upload({ file, password }: Parts, token = service.token): Promise<{ status: number; body: unknown }> {
  const form = new FormData();
  if (file) form.set('file', new Blob([Uint8Array.from(file)]), 'truststore.p12');
  if (password !== undefined) form.set('password', password);
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${service.url}/uploads/parse`, { method: 'POST', headers, body: form });
  return { status: response.status, body: await response.json() };
}

const [one, two] = [makeCertificate('One'), makeCertificate('Two', { days: -3 })];
const FIELDS = `fingerprint alias suggestedAlias warnings { code message field } userErrors { code message field }
  content { pem subject issuer serialNumber notBefore notAfter daysLeft subjectAlternativeNames { type value }
    subjectAlternativeNameCount serialNumberPadded validityUnusual keyAlgorithm keySize curve signatureAlgorithm
    keyUsages extendedKeyUsages basicConstraints { ca pathLength } fingerprintSha1 fingerprintSha256 selfSigned ca }`;

describe('what is no multipart, or has no end,', () => {
  const END = '\r\n--x--\r\n';
  const part = '--x\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nabc';
  test.each([
    ['no boundary', 'multipart/form-data', part + END],
    ['an empty boundary', 'multipart/form-data; boundary=', part + END],
    ['another boundary', 'multipart/form-data; boundary=y', part + END],
    ['no end', 'multipart/form-data; boundary=x', part],
    ['no content', 'multipart/form-data; boundary=x', ''],
    ['half a head of a part', 'multipart/form-data; boundary=x', '--x\r\ncontent-dispo'],
    ['no form', 'multipart/mixed; boundary=x', part + END],
  ])('with %s, is refused and leaves no error in the log', async (_what, type, body) => {
    for (const path of ['/uploads/parse', '/graphql']) {
      const headers = { authorization: `Bearer ${service.token}`, 'content-type': type };
      const response = await fetch(`${service.url}${path}`, { method: 'POST', headers, body });
      expect([400, 415]).toContain(response.status);
      expect(await response.json()).toMatchObject({ code: expect.stringMatching(/^[A-Z_]+$/) });
    }
    expect(service.output()).not.toContain('a request failed');
  });
});

describe('an uploaded file', () => {
  test('is answered as parseCertificates answers', async () => {
    const file = writePkcs12(
      [
        { alias: 'one', der: one.der },
        { alias: 'two', der: two.der },
      ],
      { password: 'secret' },
    );
    const { found } = await service.query<{ found: object }>(
      `mutation ($input: ParseCertificatesInput!) { found: parseCertificates(input: $input) {
         certificates { ${FIELDS} } count userErrors { code message field } } }`,
      { input: { file: { content: Buffer.from(file).toString('base64'), password: 'secret' } } },
    );
    expect(found).toMatchObject({ count: 2 });
    expect(await upload({ file, password: 'secret' })).toEqual({ status: 200, body: found });
  });

  test('is opened with the password that comes with it', async () => {
    const file = encryptedKeystore(one.pem, 'right');
    expect((await upload({ file })).body).toMatchObject({ userErrors: [{ code: 'PASSWORD_REQUIRED' }] });
    expect((await upload({ file, password: 'right' })).body).toMatchObject({ count: 1, userErrors: [] });
  });

  // Beyond the limit of what lies around certificates in a PEM file. Larger ones: packages/x509/test/intake; a busy machine has 10 s.
  const hex = () => `${randomBytes(600_000).toString('hex').replace(/.{64}/g, '$&\n')}\n`;
  const words = () => 'a trust store of an old host,\r\n'.repeat(40_000);
  test.each([
    ['digits', hex],
    ['short words', words],
  ])('may be larger than an argument, and hold 1.2 MB of %s', async (_what, junk) => {
    const { status, body } = await upload({ file: Buffer.from(junk() + one.pem) });
    expect([status, body]).toMatchObject([200, { count: 1, certificates: [{ fingerprint: one.fingerprint }] }]);
  });

  test('is refused for the same reasons', async () => {
    expect((await upload({ file: Buffer.from(one.pem + PRIVATE_KEY_PEM) })).body).toMatchObject({
      count: 0,
      certificates: [],
      userErrors: [{ code: 'PRIVATE_KEY_NOT_ALLOWED', field: ['content'] }],
    });
    expect((await upload({ file: randomBytes(100) })).body).toMatchObject({ userErrors: [{}] });
    expect(service.output()).not.toContain(PRIVATE_KEY_PEM.split('\n')[1]);
  });

  test('has a limit', async () => {
    expect(await upload({ file: Buffer.alloc(32 * 1024 * 1024 + 1) })).toMatchObject({
      status: 413,
      body: { code: 'LIMIT_EXCEEDED' },
    });
  });

  test('comes in one part with a file, from somebody with a token', async () => {
    expect(await upload({ password: 'x' })).toMatchObject({ status: 400, body: { code: 'FILE_MISSING' } });
    expect(await upload({ file: one.der }, 'tc_nobody')).toMatchObject({ status: 401 });
    const headers = { authorization: `Bearer ${service.token}`, 'content-type': 'application/json' };
    const { status } = await fetch(`${service.url}/uploads/parse`, { method: 'POST', headers, body: '{}' });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
  });
});
