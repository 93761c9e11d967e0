import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { certificateFields, pemOf, readCertificateItems, readCertificates } from '../../src/index.js';
import { name, oddCertificate } from '../gate/odd-certificate.js';
import { WRAPPINGS } from './wrappings.js';

const fixtures = fileURLToPath(new URL('../../../test/fixtures/paste/', import.meta.url));
const NAMES: Readonly<Record<string, string>> = {
  root: 'Heldout Root RSA',
  eroot: 'Heldout Root EC',
  inter: 'Heldout Intermediate',
};

describe('a certificate is read from', () => {
  // Base64 with + and /, and a last line of four characters.
  const der = oddCertificate({
    subject: name('wrapped'),
    serialNumber: Buffer.from('0210fbefbefbefbefbefbefbefbefbefbefb', 'hex'),
  });
  it.each(Object.entries(WRAPPINGS))('%s', (_name, wrap) => {
    expect(readCertificates(wrap(pemOf(der))).map((found) => Buffer.from(found))).toEqual([der]);
  });
});

describe('base64 that ends with one, two and no padding characters is read from', () => {
  it.each(['a diff', 'comments with //', 'comments with #', 'a bar before each line'])('%s', (how) => {
    for (const letters of ['x', 'xx', 'xxx']) {
      const der = oddCertificate({ subject: name(letters) });
      const wrap = WRAPPINGS[how];
      expect(readCertificates(wrap?.(pemOf(der)) ?? '').map((found) => Buffer.from(found))).toEqual([der]);
    }
  });
});

describe('a private key is refused in', () => {
  const key = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
  const pkcs8 = key.export({ type: 'pkcs8', format: 'pem' }).toString();
  it.each(Object.entries(WRAPPINGS))('%s', (_name, wrap) => {
    const refused = expect.objectContaining({ code: 'PRIVATE_KEY_NOT_ALLOWED' });
    expect(() => readCertificates(wrap(pkcs8))).toThrow(refused);
    expect(() => readCertificates(wrap(pkcs8.replaceAll('PRIVATE KEY', 'CERTIFICATE')))).toThrow(refused);
  });
});

describe('what was seen in the field', () => {
  const cases = readFileSync(`${fixtures}INDEX.tsv`, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t') as [string, string, string, string, string]);

  it.each(cases)('%s (%s %s) is read', (file, source, encoding, password, expected) => {
    const bytes = readFileSync(`${fixtures}${file}.txt`);
    const items = readCertificateItems(source === 'CLIPBOARD' ? bytes.toString('utf8') : bytes, {
      ...(encoding === '' ? {} : { encoding: encoding as 'BASE64' }),
      ...(password === '' ? {} : { password }),
    });
    const found = items.flatMap(({ der }) => (der ? [certificateFields(der).subject] : []));
    const names = expected.split(',').map((each) => NAMES[each] ?? each);
    expect(found.map((subject) => /CN=([^,]+)/.exec(subject)?.[1])).toEqual(names);
    // Two files hold a broken block on purpose: it is named with its place, and hides nothing.
    const broken = /broken|truncated/.test(file);
    const errors = items.flatMap(({ error }) => (error ? [error.message] : []));
    expect(errors).toEqual(broken ? [expect.stringMatching(/^PEM block 2 \(line 20\) cannot be read: /)] : []);
  });
});

describe('what stays uncertain is refused with its place', () => {
  const pem = pemOf(oddCertificate({ subject: name('x') }));
  it.each<[string, string, RegExp]>([
    [
      'a character that is no base64',
      pem.replace('\nMI', '\nM!I'),
      /block 1 \(line 1\).*line 2 of its content, column 2.*"!" \(U\+0021\)/,
    ],
    ['a missing character', pem.replace('\nMI', '\nI'), /block 1 \(line 1\)/],
    [
      'lines that a diff removes',
      pem.trim().replace(/^/gm, '-').replaceAll('------', '------'),
      /removed lines of a diff/,
    ],
    ['a block without its end', pem.replace(/-----END.*/, ''), /no END line/],
  ])('%s', (_what, input, message) => expect(() => readCertificates(input)).toThrow(message));
});
