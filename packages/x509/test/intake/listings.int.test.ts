import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { machineRoots } from '@trustcast/keystore/test/machine-roots.js';
import { writePkcs12 } from '@trustcast/keystore';
import { pemOf, readCertificateItems } from '../../src/index.js';

const { der } = machineRoots()[0]!;
const folder = mkdtempSync(join(tmpdir(), 'trustcast-listings-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, content: string | Uint8Array) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const FILES: Readonly<Record<string, string>> = {
  'ca.pem': file('ca.pem', pemOf(der)),
  'ca.der': file('ca.der', der),
  'ca.p12': file('ca.p12', writePkcs12([{ alias: 'root', der }], { password: 'changeit' })),
};

/** What a command prints; names of files are those of one certificate. */
function printed(command: string): string {
  const [program = '', ...args] = command.split(' ').map((word) => FILES[word] ?? word);
  const { stdout, status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  expect({ command, status, stderr: status === 0 ? '' : stderr }).toEqual({ command, status: 0, stderr: '' });
  return stdout;
}

const answer = (input: string | Uint8Array) => {
  try {
    return { items: readCertificateItems(input).length };
  } catch (error) {
    return { code: (error as { code: string }).code, message: (error as Error).message };
  }
};
const hint = (message: RegExp) => ({ code: 'NO_CERTIFICATE', message: expect.stringMatching(message) });

describe('what a program prints of a certificate is named, with the command that gives the certificate', () => {
  it.each<[string, RegExp]>([
    ['openssl x509 -in ca.pem -noout -text', /fields of a certificate.*openssl x509 -in FILE/],
    ['openssl x509 -in ca.pem -noout -subject -issuer', /fields of a certificate.*openssl x509 -in FILE/],
    ['openssl x509 -in ca.pem -noout -fingerprint -sha256', /fields of a certificate.*openssl x509 -in FILE/],
    ['openssl asn1parse -in ca.pem', /listing of ASN\.1.*openssl x509 -in FILE/],
    ['openssl asn1parse -inform DER -i -in ca.der', /listing of ASN\.1.*openssl x509 -in FILE/],
    ['keytool -printcert -file ca.pem', /keytool shows.*keytool -printcert -rfc/],
    ['keytool -list -keystore ca.p12 -storepass changeit', /keytool -list shows.*keytool -list -rfc/],
    ['keytool -list -v -keystore ca.p12 -storepass changeit', /keytool -list shows.*keytool -list -rfc/],
    ['od ca.der', /dump.*xxd FILE/],
    ['od -t x2 ca.der', /dump.*xxd FILE/],
    ['od -t x4 ca.der', /dump.*xxd FILE/],
  ])('%s', (command, message) => {
    const text = printed(command);
    expect(answer(text)).toEqual(hint(message));
    expect(answer(Buffer.from(`\ufeff${text.replaceAll('\n', '\r\n')}`, 'utf16le'))).toEqual(hint(message));
    expect(answer(text.replace(/^/gm, '> '))).toEqual(hint(message));
  });

  it.each<[string, string, RegExp]>([
    [
      'a table of PowerShell',
      '   PSParentPath: Microsoft.PowerShell.Security\\Certificate::LocalMachine\\Root\n\nThumbprint                                Subject\n----------                                -------\nCDD4EEAE6000AC7F40C3802C171E30148030C072  CN=Example Root\n',
      /PowerShell.*Export-Certificate/,
    ],
    [
      'a list of PowerShell',
      '\nSubject      : CN=Example Root\nIssuer       : CN=Example Root\nThumbprint   : CDD4EEAE6000AC7F40C3802C171E30148030C072\nFriendlyName : \n',
      /PowerShell.*Export-Certificate/,
    ],
    [
      'certutil -store',
      'Root "Trusted Root Certification Authorities"\n================ Certificate 0 ================\nSerial Number: 79ad16a14aa0a5ad4c7358f407132e65\nIssuer: CN=Example Root\n NotBefore: 5/9/2021 4:19 PM\nCert Hash(sha1): cd d4 ee ae 60 00 ac 7f 40 c3 80 2c 17 1e 30 14 80 30 c0 72\n',
      /certutil of Windows.*certutil -store Root/,
    ],
    [
      'certutil -dump',
      'X509 Certificate:\nVersion: 3\nSerial Number: 79ad16a1\nPublic Key: UnusedBits = 0\n    0000  30 82 01 0a 02 82 01 01  00 d9 75 37 7a 3c 5a 22\n    0010  81 c1 aa 66 8e 11 6e 02  5f 4c 12 0b 7a e9 00 11\nCertUtil: -dump command completed successfully.\n',
      /certutil of Windows/,
    ],
    [
      'certutil -L of NSS',
      '\nCertificate Nickname                                         Trust Attributes\n                                                             SSL,S/MIME,JAR/XPI\n\nExample Root                                                 CT,C,C\n',
      /NSS database.*certutil -L/,
    ],
    [
      'certtool -i',
      'X.509 Certificate Information:\n\tVersion: 3\n\tSerial Number (hex): 01\n',
      /fields of a certificate/,
    ],
    ['dumpasn1', '  0 813: SEQUENCE {\n  4 533:   SEQUENCE {\n  8   3:     [0] {\n', /listing of ASN\.1/],
    [
      'toString of Java',
      '[\n[\n  Version: V3\n  Subject: CN=Example Root\n  Signature Algorithm: SHA256withRSA\n',
      /how Java prints.*getEncoded/,
    ],
    [
      'security find-certificate',
      'keychain: "/Library/Keychains/System.keychain"\nversion: 256\nclass: 0x80001000\nattributes:\n    "alis"<blob>="Example Root"\n',
      /keychain.*security find-certificate -a -p/,
    ],
    [
      'kubectl describe secret',
      'Name:         ca\nNamespace:    default\nType:  Opaque\n\nData\n====\nca.crt:  1025 bytes\n',
      /kubectl describe.*kubectl get secret NAME -o yaml/,
    ],
    ['openssl req -text', 'Certificate Request:\n    Data:\n        Version: 1 (0x0)\n', /certificate request/],
    ['a fingerprint', 'CD:D4:EE:AE:60:00:AC:7F:40:C3:80:2C:17:1E:30:14:80:30:C0:72', /fingerprint/],
    ['a thumbprint of Windows', 'cdd4eeae6000ac7f40c3802c171e30148030c072\r\n', /fingerprint/],
    ['the name of a file', '/etc/ssl/certs/ca.pem\n', /name of a file/],
    ['an address', 'https://pki.example.org/root.crt', /name of a file/],
  ])('%s', (_what, text, message) => expect(answer(text)).toEqual(hint(message)));

  it('and hides no certificate that stands beside it', () => {
    for (const command of ['openssl x509 -in ca.pem -text', 'keytool -list -rfc -keystore ca.p12 -storepass changeit'])
      expect(answer(printed(command))).toEqual({ items: 1 });
    for (const command of ['xxd ca.der', 'hexdump -C ca.der', 'od -t x1 ca.der', 'xxd -p ca.der'])
      expect([command, answer(printed(command))]).toEqual([command, { items: 1 }]);
  });
});

describe('a listing of a private key by openssl asn1parse is refused as the key', () => {
  const { privateKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const { privateKey: ec } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { privateKey: edwards } = generateKeyPairSync('ed25519');
  const encryption = { cipher: 'aes-256-cbc', passphrase: 'changeit' };
  const keys: Readonly<Record<string, string | Buffer>> = {
    'PKCS#1': rsa.export({ type: 'pkcs1', format: 'pem' }),
    'PKCS#8': rsa.export({ type: 'pkcs8', format: 'pem' }),
    SEC1: ec.export({ type: 'sec1', format: 'pem' }),
    Ed25519: edwards.export({ type: 'pkcs8', format: 'pem' }),
    'encrypted PKCS#8': rsa.export({ type: 'pkcs8', format: 'pem', ...encryption }),
  };
  it.each(Object.entries(keys))('%s', (_kind, pem) => {
    for (const args of [[], ['-i']]) {
      const { stdout } = spawnSync('openssl', ['asn1parse', ...args], { input: pem, encoding: 'utf8' });
      expect(stdout).toContain(':d=1');
      expect(answer(stdout)).toMatchObject({ code: 'PRIVATE_KEY_NOT_ALLOWED' });
      expect(answer(pemOf(der) + stdout)).toMatchObject({ code: 'PRIVATE_KEY_NOT_ALLOWED' });
    }
  });

  it.each(['-in ca.pem', '-inform DER -in ca.p12'])('and one of certificates is not: %s', (args) => {
    expect(answer(printed(`openssl asn1parse ${args}`))).toMatchObject({ code: 'NO_CERTIFICATE' });
  });
});
