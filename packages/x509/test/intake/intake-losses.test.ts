import { describe, expect, it } from '@jest/globals';
import { pemOf, readCertificateItems } from '../../src/index.js';
import { machineRoots } from '@trustcast/keystore/test/machine-roots.js';
import { name, oddCertificate } from '../gate/odd-certificate.js';

const ONE = oddCertificate({ subject: name('one') });
// With two characters of padding.
const TWO = ['two', 'two.', 'two..']
  .map((text) => oddCertificate({ subject: name(text) }))
  .find((der) => der.length % 3 === 1)!;
const [one, two] = [pemOf(ONE), pemOf(TWO)];
const b64 = (content: string | Uint8Array) => Buffer.from(content).toString('base64');
const lines = (pem: string) => pem.trim().split('\n');
const labelled = (label: string, pem = two) => pem.replaceAll('CERTIFICATE', label);
const data = (...values: readonly string[]) =>
  `data:\n${values.map((value, at) => `  c${at}.crt: ${value}`).join('\n')}\n`;

const escaped = (sign: string) => (sign === '/' ? '\\/' : '\\u0041');
const eachLine = (change: (line: string, at: number) => string) => (text: string) =>
  text.trimEnd().split('\n').map(change).join('\n');
/** What programs and people put before every line. */
const MARGINS: Readonly<Record<string, (text: string) => string>> = {
  'a mail that quotes': eachLine((line) => `> ${line}`),
  'a mail that quotes twice': eachLine((line) => `>> ${line}`),
  'a comment of a shell': eachLine((line) => `# ${line}`),
  'a comment of C++': eachLine((line) => `// ${line}`),
  'a comment of C': (text) => `/*\n${eachLine((line) => ` * ${line}`)(text)}\n */\n`,
  'cat -n': eachLine((line, at) => `${String(at + 1).padStart(6)}\t${line}`),
  'grep -n': eachLine((line, at) => `k8s/ca.yaml:${at + 8}:${line}`),
  'a diff': (text) => `--- a/x\n+++ b/x\n@@ -1 +1,9 @@\n${eachLine((line) => `+${line}`)(text)}\n`,
};
/** RFC 2045, with soft line breaks. */
const quotedPrintable = (text: string) =>
  `Content-Transfer-Encoding: quoted-printable\r\n\r\n${text.replaceAll('=', '=3D').replace(/.{72}(?<!=.?)/g, '$&=\r\n')}`;
const folded = (text: string, width: number) => b64(text).replace(new RegExp(`.{1,${width}}`, 'g'), '    $&\n');
const array = (der: Buffer) => `{${[...der].map((byte) => `0x${byte.toString(16).padStart(2, '0')}`).join(', ')}};`;

/** What a text gives, in its order: `1` and `2` are the certificates, `!` is an error. */
const given = (input: string | Uint8Array) =>
  readCertificateItems(input)
    .map(({ der, error }) => (error ? '!' : ['1', '2'][[ONE, TWO].findIndex((each) => each.equals(der))]))
    .join('');

describe('each certificate is read', () => {
  it.each<[string, string | Uint8Array, string]>([
    ['short CDATA with PEM', `<a><![CDATA[${one.trim()}]]></a>`, '1'],
    ['short CDATA with base64, twice', `<a><![CDATA[${b64(ONE)}]]></a><a><![CDATA[${b64(TWO)}]]></a>`, '12'],
    ['CDATA beside PEM', `<a><![CDATA[${one.trim()}]]></a><a>${two}</a>`, '12'],
    ['a ConfigMap and a Secret', `data:\n  ca: |\n${one.replace(/^/gm, '    ')}\n---\n${data(b64(two))}`, '12'],
    ['x5c and PEM in JSON', JSON.stringify({ x5c: [b64(ONE)], pem: two }), '12'],
    ['PEM and x5c in JSON', JSON.stringify({ pem: one, x5c: [b64(TWO)] }), '12'],
    [
      'a public key in PEM and x5c',
      `${labelled('PUBLIC KEY', pemOf(Buffer.from('300a0603550403040103', 'hex')))}{"x5c":["${b64(TWO)}"]}`,
      '2',
    ],
    [
      'a request, a list and parameters beside PEM',
      `${['CERTIFICATE REQUEST', 'X509 CRL', 'EC PARAMETERS', 'DH PARAMETERS'].map((label) => `-----BEGIN ${label}-----\nMAA=\n-----END ${label}-----\n`).join('')}${one}`,
      '1',
    ],
    [
      'a Secret beside a certificate request',
      `-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n${data(b64(one))}`,
      '1',
    ],
    ['joined labels without dashes', `${one.trim().slice(0, -5)}${two.trim().slice(5)}`, '12'],
    ['a label with a letter too few', one + labelled('CERTIFCATE'), '12'],
    ['a label with a letter too few at BEGIN alone', one + two.replace('CERTIFICATE', 'CERTIFCATE'), '12'],
    ['a label in German', one + labelled('ZERTIFIKAT'), '12'],
    ['the label CERT', one + labelled('CERT'), '12'],
    ['BEIGN', one + two.replace('BEGIN', 'BEIGN'), '12'],
    ['a lost BEGIN line', `${one}${lines(two).slice(1).join('\n')}\n${one}`, '121'],
    ['DER behind DER and a blank', Buffer.concat([ONE, Buffer.from(' '), TWO]), '12'],
    ['DER behind DER and zeros', Buffer.concat([ONE, Buffer.alloc(4), TWO]), '12'],
    ['PEM behind DER', Buffer.concat([ONE, Buffer.from(`\n${two}`)]), '12'],
    ['DER behind PEM', Buffer.concat([Buffer.from(one), TWO]), '12'],
    ['DER behind a byte order mark', Buffer.concat([Buffer.from('efbbbf', 'hex'), ONE]), '1'],
    ['DER behind a line end', Buffer.concat([Buffer.from('\n'), ONE]), '1'],
    ['UTF-16 behind ASCII', Buffer.concat([Buffer.from(one), Buffer.from(`\ufeff${two}`, 'utf16le')]), '12'],
    ['ASCII behind UTF-16', Buffer.concat([Buffer.from(`\ufeff${one}`, 'utf16le'), Buffer.from(two)]), '12'],
    ['a Secret whose text begins with a comment', data(b64(`# Corp Root\n${one}`)), '1'],
    ['a Secret whose text openssl wrote', data(b64(`Certificate:\n    Data:\n        Version: 3\n${one}`)), '1'],
    ['a Secret with bag attributes', data(b64(`Bag Attributes\n    friendlyName: x\nsubject=CN = x\n${one}`)), '1'],
    ['a Secret with a byte order mark', data(b64(`\ufeff${one}`)), '1'],
    ['a Secret with a line end first', data(b64(`\r\n${one}`)), '1'],
    ['a Secret in UTF-16', data(b64(Buffer.from(`\ufeff${one}`, 'utf16le'))), '1'],
    ['a Secret with letters beyond ASCII', data(b64(`Schlüssel\n${one}`)), '1'],
    ...Object.entries(MARGINS).map(([what, margin]): [string, string, string] => [
      `a Secret folded, in ${what}`,
      margin(`kind: Secret\ndata:\n  ca.crt: >-\n${folded(one + two, 64)}`),
      '12',
    ]),
    ...Object.entries(MARGINS).map(([what, margin]): [string, string, string] => [
      `a directory in LDIF, in ${what}`,
      margin(
        `dn: cn=1\ncACertificate:: ${b64(ONE).replace(/.{60}/g, '$&\n ')}\n\ndn: cn=2\ncACertificate:: ${b64(TWO)}\n`,
      ),
      '12',
    ]),
    [
      'x5c in a mail in quoted-printable',
      quotedPrintable(JSON.stringify({ x5c: [b64(ONE), b64(TWO)] }, null, 1)),
      '12',
    ],
    [
      'a folded Secret in Rich Text',
      `{\\rtf1 data:\n  ca: >\n${folded(one + two, 76)}}`.replaceAll('\n', '\\par\n'),
      '12',
    ],
    [
      'hexadecimal with breaks of HTML in JSON',
      JSON.stringify({ v: `<p>${ONE.toString('hex')}<br>\n${TWO.toString('hex')}<br>\n</p>` }),
      '12',
    ],
    ['JSON in Rich Text', `{\\rtf1 ${JSON.stringify({ a: one, b: two }).replace(/[\\{}]/g, '\\$&')}}`, '12'],
    ['folded base64 with breaks of HTML', `<p>${folded(one + two, 76).replaceAll('\n', '<br>\n')}</p>`, '12'],
    ['folded base64 in paragraphs of HTML', folded(one + two, 76).replace(/.+\n/g, '<p class="x">$&</p>\n'), '12'],
    // Any part of a line, BEGIN with it, may stand at the start of a line of base64.
    ...Array.from({ length: 60 }, (_, length): [string, string, string] => [
      `a folded Secret of two behind ${length} characters`,
      `data:\n  ca: >\n${folded(`${'#'.repeat(length)}\n${one}${two}`, length % 2 ? 64 : 76)}`,
      '12',
    ]),
    ['two Secrets that begin differently', data(b64(one), b64(`# two\n${two}`)), '12'],
    [
      'a mail part whose text begins with words',
      `Content-Transfer-Encoding: base64\n\n${b64(`Kind regards\n${one}`).replace(/.{76}/g, '$&\n')}\n`,
      '1',
    ],
    ...['MINIO_CA', 'MIRROR', 'MIGRATE', 'MIME-Version', 'MINGW64', 'MILLION', 'MIRROR_URL'].map(
      (word): [string, string, string] => [`base64 behind the word ${word}`, `${word}: ${b64(ONE)}\n`, '1'],
    ),
    [
      'colours of a terminal',
      lines(one)
        .map((line) => `\x1b[32m+${line}\x1b[m`)
        .join('\n'),
      '1',
    ],
    [
      'grep',
      lines(one)
        .map((line, at) => `certs/ca.pem:${at + 1}:${line}`)
        .join('\n'),
      '1',
    ],
    [
      'a journal',
      lines(one)
        .map((line, at) => `Nov 28 23:11:${10 + at} host-1 app[1234]: ${line}`)
        .join('\n'),
      '1',
    ],
    ['octal escapes', one.replaceAll('+', '\\053').replaceAll('/', '\\057').replaceAll('=', '\\075'), '1'],
    ['escapes with braces', one.replaceAll('+', '\\u{2B}').replaceAll('\n', '\\n'), '1'],
  ])('%s', (_what, input, expected) => expect(given(input)).toBe(expected));
});

describe('what stands beside a good block changes nothing of it', () => {
  it.each([
    'serial=2B3C5500AA\n',
    'sha256 Fingerprint=3D:2B:00:11\n',
    'subject=CN=2024 Corp Root\nissuer=CN=2024 Corp Root\n',
    'HTTP_PROXY=\nCA_CERT=x\n',
    'curl https://x/?id=20\r\n',
    'load 100%2B ok\n',
    'Content-Type: text/plain; x=3D\n\n',
    'a &lt; b and <c>\n',
    'type C:\\new\\x30\\u002B.pem\n',
  ])('%j', (beside) => {
    expect(given(`${beside}${two}${one}`)).toBe('21');
    expect(given(`${two}${beside}${one}`)).toBe('21');
  });
});

describe('what looks like a certificate and cannot be read is named with its line', () => {
  it.each<[string, string | Uint8Array, RegExp]>([
    [
      'a character too many at the start of kubeconfig data',
      `a:\n  certificate-authority-data: ${b64(one)}\n  certificate-authority-data: X${b64(two)}\n`,
      /line 3.*certificate-authority-data/,
    ],
    [
      'a sign in the first digits of x5c',
      `{"x5c":["${b64(ONE)}",\n"${b64(TWO).replace('MI', 'M*I')}"]}`,
      /line 2.*x5c/,
    ],
    ['x5c that is cut off', `{"x5c":["${b64(ONE)}",\n"${b64(TWO).slice(0, 200)}"]}`, /line 2.*ends before/],
    [
      'x5c with a sign in it',
      `{"x5c":["${b64(ONE)}",\n"${b64(TWO).slice(0, 200)}!${b64(TWO).slice(201)}"]}`,
      /line 2.*is not base64/,
    ],
    ['an END line alone', `${one}-----END CERTIFICATE-----\n`, /line \d+.*END line/],
    ['a block without its END', `${one}${lines(two).slice(0, -1).join('\n')}\n`, /block 2.*no END line/],
    ['an empty block', `${one}-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n`, /block 2/],
    ['a block of another label that is damaged', one + labelled('CERTIFCATE').replace('\nMI', '\nM!I'), /block 2.*"!"/],
    ['DER that is cut off behind PEM', Buffer.concat([Buffer.from(one), TWO.subarray(0, -9)]), /cut off/],
    [
      'an empty block by its emptiness',
      `${one}-----BEGIN CERTIFICATE-----\n\n-----END CERTIFICATE-----\n`,
      /block 2 \(line 8\).*the block is empty/,
    ],
    [
      'a damaged block in a Secret',
      data(b64(one), b64(`# two\n${two.replace('\nMI', '\nM!I')}`)),
      /text of line 3: PEM block 1 \(line 2\).*"!"/,
    ],
    [
      'a damaged block in the second Secret of three',
      data('Zm9v', b64(one), b64(two.replace('\nMI', '\nM!I'))),
      /text of line 4: PEM block 1 \(line 1\)/,
    ],
    [
      'an array of C that is cut off',
      `int one = 1;\n${array(ONE)}\n${array(TWO.subarray(0, 90))}\n`,
      /line 3 .*bytes end before/,
    ],
    [
      'x5c in JSON that escapes slashes',
      JSON.stringify({ u: 'https://a', x5c: [b64(ONE), b64(TWO).slice(0, 200)] }, null, 1).replace(/[/A]/g, escaped),
      /line 5 .*ends before/,
    ],
    ['a damaged block behind escapes', `{"a":1,\n"c":"x"}\n\n${one}${two.replace('\nMI', '\nM!I')}`, /line 11/],
  ])('%s', (_what, input, message) => {
    const items = readCertificateItems(input);
    expect(items.filter(({ der }) => der !== null)).toHaveLength(1);
    expect(items.flatMap(({ error }) => (error ? [error.message] : []))).toEqual([expect.stringMatching(message)]);
  });

  it.each<[string, string | Uint8Array, RegExp]>([
    ['gzip', Buffer.from('1f8b0800000000000003aabbcc', 'hex'), /gzip/],
    ['ZIP', Buffer.from('504b030414000000', 'hex'), /ZIP/],
    ['PDF', '%PDF-1.7\n1 0 obj', /PDF/],
    ['an SSH key', 'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQC7 user@host', /SSH/],
    ['a vault', '$ANSIBLE_VAULT;1.1;AES256\n6231336234\n', /Ansible Vault/],
    ['a page', '<!DOCTYPE html><html><body>403 Forbidden</body></html>', /HTML/],
  ])('%s by what it is', (_what, input, message) => expect(() => readCertificateItems(input)).toThrow(message));
});

describe('real roots', () => {
  const ders = machineRoots().map(({ der }) => Buffer.from(der));
  const FORMS: Readonly<Record<string, (der: Buffer) => string>> = {
    PEM: pemOf,
    base64: b64,
    base64url: (der) => der.toString('base64url'),
    hexadecimal: (der) => der.toString('hex'),
    'hexadecimal with colons': (der) => der.toString('hex').replace(/..(?!$)/g, '$&:'),
    'decimal numbers': (der) => `[${[...der].join(',')}]`,
    'a Secret': (der) => data(b64(`# root\n${pemOf(der)}`)),
    'quoted-printable': (der) => pemOf(der).replaceAll('=', '=3D'),
  };
  it.each(Object.entries(FORMS))('are read in %s, and none is taken for a private key', (_name, write) => {
    for (const der of ders)
      expect(readCertificateItems(write(der)).map((item) => item.der && Buffer.from(item.der))).toEqual([der]);
  });
});
