import { describe, expect, test } from '@jest/globals';
import { PRIVATE_KEY_PEM, makeCertificate } from '../../../../test/support/make-certificate.js';
import { type CertificateContent, readContent } from './read-content.js';

const { pem, der } = makeCertificate();
const base64 = der.toString('base64');

function refusal(input: CertificateContent) {
  const read = readContent(input, ['at']);
  if (read.ok) return ders(input);
  expect(read.refusals).toHaveLength(1);
  const [{ code, field, message } = { code: '', field: [], message: '' }] = read.refusals;
  return { code, field: field?.join('.'), message };
}

function ders(input: CertificateContent): unknown {
  const read = readContent(input, []);
  return read.ok ? read.value.map((item) => item.der && Buffer.from(item.der).toString('base64')) : read;
}

describe('content', () => {
  test('of the clipboard is read as it is said to be encoded', () => {
    expect(ders({ source: 'CLIPBOARD', encoding: 'BASE64', content: base64 })).toEqual([base64]);
    expect(ders({ source: 'CLIPBOARD', encoding: 'BASE64PEM', content: pem })).toEqual([base64]);
  });

  test('in another encoding than it is said to be is refused, and the message names the right one', () => {
    expect(refusal({ source: 'CLIPBOARD', encoding: 'BASE64', content: pem })).toEqual({
      code: 'INVALID_INPUT',
      field: 'at.encoding',
      message: 'this is PEM; choose BASE64PEM',
    });
    expect(refusal({ source: 'CLIPBOARD', encoding: 'BASE64PEM', content: base64 })).toEqual({
      code: 'INVALID_INPUT',
      field: 'at.encoding',
      message: 'this is base64 without BEGIN and END lines; choose BASE64',
    });
    expect(refusal({ source: 'CLIPBOARD', content: pem })).toEqual({
      code: 'INVALID_INPUT',
      field: 'at.encoding',
      message: 'pasted text needs an encoding: BASE64 or BASE64PEM',
    });
  });

  test('of a file is its bytes or base64 of them, and has no encoding', () => {
    for (const file of [der, Buffer.from(pem)]) {
      expect(ders({ source: 'FILE', content: file })).toEqual([base64]);
      expect(ders({ source: 'FILE', content: file.toString('base64') })).toEqual([base64]);
    }
    expect(refusal({ source: 'FILE', content: pem })).toMatchObject({ code: 'INVALID_INPUT', field: 'at.content' });
    expect(refusal({ source: 'FILE', encoding: 'BASE64', content: base64 })).toMatchObject({
      code: 'INVALID_INPUT',
      field: 'at.encoding',
    });
  });

  test('of a connection is PEM', () => {
    expect(ders({ source: 'CONNECTION', content: pem })).toEqual([base64]);
    expect(refusal({ source: 'CONNECTION', content: base64 })).toMatchObject({
      code: 'INVALID_INPUT',
      field: 'at.encoding',
    });
  });

  test.each<Omit<CertificateContent, 'content'>>([
    { source: 'CLIPBOARD' },
    { source: 'CLIPBOARD', encoding: 'BASE64' },
    { source: 'CLIPBOARD', encoding: 'BASE64PEM' },
    { source: 'FILE' },
    { source: 'FILE', encoding: 'BASE64' },
    { source: 'CONNECTION' },
  ])('with a private key is refused for that before anything else: %j', (input) => {
    const bare = PRIVATE_KEY_PEM.replace(/-.*-/g, '').replace(/\s/g, '');
    for (const content of [
      PRIVATE_KEY_PEM,
      pem + PRIVATE_KEY_PEM,
      bare,
      Buffer.from(PRIVATE_KEY_PEM).toString('base64'),
    ])
      expect(refusal({ ...input, content })).toMatchObject({ code: 'PRIVATE_KEY_NOT_ALLOWED', field: 'at.content' });
  });
});
