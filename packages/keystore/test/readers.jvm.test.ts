import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findJvms } from '@trustcast/dev/setup/find-jdks.mjs';
import { type TruststoreEntry, readKeystore } from '../src/index.js';
import { ReferenceJvm } from './reference-jvm.js';
import { machineRoots } from './machine-roots.js';

const PASSWORD = 'changeit';
const STORES = fileURLToPath(new URL('../../test/fixtures/stores/', import.meta.url));
const sha256 = (der: Uint8Array) => createHash('sha256').update(der).digest('hex');
const code = (expected: string) => expect.objectContaining({ code: expected });
/** Alias and SHA-256 of each entry, in order. */
const shown = (entries: readonly TruststoreEntry[]) =>
  entries.map(({ alias, der }) => `${alias.toLowerCase()} ${sha256(der)}`).sort();

describe('keystores as a JDK writes them', () => {
  let references: ReferenceJvm[] = [];
  const roots = machineRoots().slice(0, 12);
  const [first, second] = roots as [TruststoreEntry, TruststoreEntry];

  beforeAll(async () => {
    references = await ReferenceJvm.startAll();
  });
  afterAll(() => Promise.all(references.map((reference) => reference.stop())));

  it.each(['JKS', 'JCEKS'] as const)('%s: every certificate, checked where a password is given', async (type) => {
    for (const reference of references) {
      const file = await reference.store(type, PASSWORD, roots);
      const read = readKeystore(file, { password: PASSWORD });
      expect(read).toMatchObject({ format: type, integrityVerified: true, keyEntries: 0 });
      expect(shown(read.entries)).toEqual(shown(roots));
      expect(readKeystore(file)).toMatchObject({ format: type, integrityVerified: false });
      expect(() => readKeystore(file, { password: 'other' })).toThrow(code('KEYSTORE_TAMPERED'));
      file.writeUInt8(file.readUInt8(200) ^ 1, 200);
      expect(() => readKeystore(file, { password: PASSWORD })).toThrow(code('KEYSTORE_TAMPERED'));
    }
  });

  it('JKS: aliases of every kind of character', async () => {
    const aliases = ['ürün', '証明書', 'a b', '😀', 'nul\0nul'];
    const entries = aliases.map((alias) => ({ alias, der: first.der }));
    for (const reference of references) {
      const { entries: read } = readKeystore(await reference.store('JKS', PASSWORD, entries));
      expect(read.map(({ alias }) => alias).sort()).toEqual([...aliases].sort());
    }
  });

  it.each(['JKS', 'JCEKS', 'PKCS12'])(
    '%s: keys are stepped over, and their chains shown when asked for',
    async (type) => {
      const secret = type === 'JKS' ? [] : [{ kind: 'secret', alias: 'secret', der: first.der } as const];
      for (const reference of references) {
        const file = await reference.store(type, PASSWORD, [
          { kind: 'key', alias: 'server', der: second.der },
          ...secret,
          { alias: 'root', der: first.der },
        ]);
        const trusted = readKeystore(file, { password: PASSWORD });
        expect(shown(trusted.entries)).toEqual(shown([{ alias: 'root', der: first.der }]));
        expect(trusted).toMatchObject({ keyEntries: 1 + secret.length, plainKey: false });
        const all = readKeystore(file, { password: PASSWORD, certificates: 'all' });
        expect(shown(all.entries)).toEqual(
          shown([
            { alias: 'root', der: first.der },
            { alias: 'server', der: second.der },
          ]),
        );
      }
    },
  );

  it.each([
    ['by default', {}],
    [
      'as JDK 8 did',
      {
        certProtectionAlgorithm: 'PBEWithSHA1AndRC2_40',
        certPbeIterationCount: '50000',
        macAlgorithm: 'HmacPBESHA1',
        macIterationCount: '100000',
      },
    ],
    ['with RC2-128', { certProtectionAlgorithm: 'PBEWithSHA1AndRC2_128' }],
    ['with RC4-40', { certProtectionAlgorithm: 'PBEWithSHA1AndRC4_40' }],
    ['with RC4-128', { certProtectionAlgorithm: 'PBEWithSHA1AndRC4_128' }],
    ['with 3DES', { certProtectionAlgorithm: 'PBEWithSHA1AndDESede' }],
    ['with AES-128 and SHA-1', { certProtectionAlgorithm: 'PBEWithHmacSHA1AndAES_128' }],
    ['with AES-256 and SHA-512', { certProtectionAlgorithm: 'PBEWithHmacSHA512AndAES_256' }],
    ['with AES-128 and SHA-224', { certProtectionAlgorithm: 'PBEWithHmacSHA224AndAES_128' }],
    ['with AES-256 and SHA-384', { certProtectionAlgorithm: 'PBEWithHmacSHA384AndAES_256' }],
    ['with a MAC of SHA-224', { macAlgorithm: 'HmacPBESHA224' }],
    ['with a MAC of SHA-384', { macAlgorithm: 'HmacPBESHA384' }],
    ['with a MAC of SHA-512', { macAlgorithm: 'HmacPBESHA512' }],
    ['without encryption', { certProtectionAlgorithm: 'NONE' }],
    ['without MAC', { macAlgorithm: 'NONE' }],
    ['with nothing', { certProtectionAlgorithm: 'NONE', macAlgorithm: 'NONE' }],
  ] as const)('PKCS12 %s', async (_how, settings) => {
    const properties = Object.fromEntries(
      Object.entries(settings).map(([key, value]) => [`keystore.pkcs12.${key}`, value]),
    );
    const isPlain = 'certProtectionAlgorithm' in settings && settings.certProtectionAlgorithm === 'NONE';
    const hasMac = !('macAlgorithm' in settings && settings.macAlgorithm === 'NONE');
    for (const reference of references) {
      const file = await reference.store('PKCS12', PASSWORD, roots, properties);
      const read = readKeystore(file, { password: PASSWORD });
      expect(read).toMatchObject({ format: 'PKCS12', integrityVerified: hasMac });
      expect(shown(read.entries)).toEqual(shown(roots));
      if (isPlain) expect(shown(readKeystore(file).entries)).toEqual(shown(roots));
      else expect(() => readKeystore(file)).toThrow(code('KEYSTORE_PASSWORD_REQUIRED'));
      if (hasMac || !isPlain)
        expect(() => readKeystore(file, { password: 'other' })).toThrow(code('KEYSTORE_PASSWORD_WRONG'));
    }
  });

  it('PKCS12 of an empty password opens without one', async () => {
    for (const reference of references) {
      const file = await reference.store('PKCS12', '', roots, { 'keystore.pkcs12.macIterationCount': '1000' });
      expect(shown(readKeystore(file).entries)).toEqual(shown(roots));
      expect(shown(readKeystore(file, { password: '' }).entries)).toEqual(shown(roots));
    }
  });

  it('PKCS12 with more iterations than any JDK takes is refused, as the JDK does', async () => {
    for (const reference of references) {
      const file = await reference.store('PKCS12', PASSWORD, roots, { 'keystore.pkcs12.macIterationCount': '100000' });
      file.writeUIntBE(5_000_001, file.length - 3, 3);
      expect(() => readKeystore(file, { password: PASSWORD })).toThrow(code('KEYSTORE_LIMIT_EXCEEDED'));
      expect(await reference.load(file, PASSWORD)).toMatch(/^refused/);
    }
  });

  it('PKCS12 with 600,000 iterations in each derivation opens, as NSS, Firefox and GnuTLS write it', async () => {
    const [reference] = references;
    const file = await reference!.store('PKCS12', PASSWORD, roots, {
      'keystore.pkcs12.macIterationCount': '600000',
      'keystore.pkcs12.certPbeIterationCount': '600000',
    });
    expect(shown(readKeystore(file, { password: PASSWORD }).entries)).toEqual(shown(roots));
  });

  it.each(['JKS', 'JCEKS', 'PKCS12'])('%s with something behind it is what Java makes of it', async (type) => {
    for (const reference of references) {
      const file = await reference.store(type, PASSWORD, roots);
      for (const rest of ['\n', '\r\n', 'what a transport left behind']) {
        const longer = Buffer.concat([file, Buffer.from(rest)]);
        const read = readKeystore(longer, { password: PASSWORD });
        expect(read.integrityVerified).toBe(true);
        expect(shown(read.entries)).toEqual(shown(roots));
        expect(await reference.load(longer, PASSWORD, type)).toHaveLength(roots.length);
      }
    }
  });

  it('PKCS12 of other tools holds for us what it holds for a JDK that opens it', async () => {
    let opened = 0;
    for (const name of readdirSync(STORES).filter((file) => /^(?:bc|go|ossl3)-.*[.]p12$/.test(file))) {
      const file = readFileSync(join(STORES, name));
      const ours = readKeystore(file, { password: PASSWORD }).entries.map(({ der }) => sha256(der));
      for (const reference of references) {
        const loaded = await reference.load(file, PASSWORD);
        if (typeof loaded === 'string') continue;
        opened++;
        expect(
          loaded
            .filter(({ kind }) => kind === 'trusted')
            .map((entry) => entry.sha256)
            .sort(),
        ).toEqual(ours.sort());
      }
    }
    expect(opened).toBeGreaterThanOrEqual(references.length);
  });

  it('the cacerts of every JDK', async () => {
    for (const { home } of await findJvms()) {
      const file = readFileSync(join(home, 'lib/security/cacerts'));
      const { entries, format } = readKeystore(file);
      expect(entries.length).toBeGreaterThan(100);
      for (const reference of references) {
        const loaded = await reference.load(file, PASSWORD, format);
        expect(Array.isArray(loaded) && loaded.map(({ alias }) => alias).sort()).toEqual(
          entries.map(({ alias }) => alias.toLowerCase()).sort(),
        );
      }
    }
  });
});

describe('keystores as OpenSSL writes them', () => {
  const folder = mkdtempSync(join(tmpdir(), 'trustcast-'));
  const openssl = (...args: readonly string[]) =>
    execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let der: Buffer;

  beforeAll(() => {
    openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      'key.pem',
      '-out',
      'cert.pem',
      '-subj',
      '/CN=openssl',
      '-days',
      '30',
    );
    openssl('x509', '-in', 'cert.pem', '-outform', 'DER', '-out', 'cert.der');
    der = readFileSync(join(folder, 'cert.der'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ['by default', []],
    ['by default, with Unicode in the password', ['-passout', 'pass:pässwörd']],
    ['with the legacy algorithms', ['-legacy']],
    ['with 3DES', ['-certpbe', 'PBE-SHA1-3DES', '-macalg', 'sha1']],
    ['with two-key 3DES', ['-certpbe', 'PBE-SHA1-2DES', '-macalg', 'sha512']],
    ['with a MAC of SHA-512/224', ['-macalg', 'sha512-224']],
    ['with a MAC of SHA-512/256', ['-macalg', 'sha512-256']],
    ['with a MAC of SHA3-224', ['-macalg', 'sha3-224']],
    ['with a MAC of SHA3-256', ['-macalg', 'sha3-256']],
    ['with a MAC of SHA3-384', ['-macalg', 'sha3-384']],
    ['with a MAC of SHA3-512', ['-macalg', 'sha3-512']],
    ['with AES-192', ['-certpbe', 'AES-192-CBC', '-macalg', 'sha384']],
    ['with DES and MD5', ['-legacy', '-certpbe', 'PBE-MD5-DES']],
    ['with DES and SHA-1', ['-legacy', '-certpbe', 'PBE-SHA1-DES']],
    ['with RC2-64 and MD5', ['-legacy', '-certpbe', 'PBE-MD5-RC2-64']],
    ['with RC2-64 and SHA-1', ['-legacy', '-certpbe', 'PBE-SHA1-RC2-64']],
    ['with DES of PBES2', ['-legacy', '-certpbe', 'DES-CBC']],
    ['with RC2 of PBES2', ['-legacy', '-certpbe', 'RC2-CBC']],
    ['with Camellia-128', ['-certpbe', 'CAMELLIA-128-CBC']],
    ['with Camellia-256', ['-certpbe', 'CAMELLIA-256-CBC']],
    ['with ARIA-192', ['-certpbe', 'ARIA-192-CBC']],
    ['with a MAC of MD5', ['-macalg', 'md5']],
    ['without encryption', ['-certpbe', 'NONE', '-keypbe', 'NONE']],
    ['without MAC', ['-nomac']],
    ['with an empty password', ['-passout', 'pass:']],
  ])('PKCS12 %s', (_how, options) => {
    const password = options[0] === '-passout' ? options[1]!.slice(5) : PASSWORD;
    const pass = options[0] === '-passout' ? [] : ['-passout', `pass:${PASSWORD}`];
    openssl(
      'pkcs12',
      '-export',
      '-in',
      'cert.pem',
      '-inkey',
      'key.pem',
      '-name',
      'server',
      ...pass,
      ...options,
      '-out',
      'file.p12',
    );
    const file = readFileSync(join(folder, 'file.p12'));
    const all = readKeystore(file, { password, certificates: 'all' });
    expect(all.entries.map((entry) => ({ ...entry, der: Buffer.from(entry.der) }))).toEqual([{ alias: 'server', der }]);
    expect(all).toMatchObject({ keyEntries: 1, plainKey: options.includes('NONE') });
    expect(readKeystore(file, { password }).entries).toEqual([]);
  });

  it('PKCS12 in BER with indefinite lengths', () => {
    openssl(
      'pkcs12',
      '-export',
      '-in',
      'cert.pem',
      '-nokeys',
      '-passout',
      `pass:${PASSWORD}`,
      '-certpbe',
      'NONE',
      '-nomac',
      '-out',
      'file.p12',
    );
    const file = readFileSync(join(folder, 'file.p12'));
    const end = Buffer.of(0, 0);
    const ber = Buffer.concat([Buffer.of(0x30, 0x80), file.subarray(4), end]);
    writeFileSync(join(folder, 'ber.p12'), ber);
    expect(readKeystore(ber, { certificates: 'all' }).entries).toHaveLength(1);
    expect(openssl('pkcs12', '-in', 'ber.p12', '-passin', 'pass:', '-nomacver').toString()).toContain(
      'BEGIN CERTIFICATE',
    );
  });
});
