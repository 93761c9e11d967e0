import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { findJvms } from '@trustcast/dev/setup/find-jdks.mjs';
import { OUR_FILES, PASSWORD } from './records.js';
import type { Workshop } from './workshop.js';

const PEM_BEGIN = /-----BEGIN CERTIFICATE-----/g;
const P12 = { password: PASSWORD, certificates: 2 };

/** Tools that are commands: each puts its records into the workshop, and throws where it is not installed. */
export const COMMAND_TOOLS: Readonly<Record<string, (shop: Workshop) => Promise<void>>> = {
  openssl,
  keytool,
  certtool,
  pk12util,
};

async function openssl(shop: Workshop): Promise<void> {
  const tool = 'openssl';
  const run = (...args: string[]) => shop.command('openssl', args);
  const version = await run('version');
  shop.records.push({ did: 'version', tool, version: version.split(' ').slice(0, 2).join(' ') });

  let number = 0;
  const pkcs12 = async (how: string, ...args: string[]) => {
    for (const withKey of [false, true]) {
      const name = `openssl-${++number}.p12`;
      const key = withKey ? ['-in', 'both.pem', '-inkey', 'key.pem'] : ['-nokeys', '-in', 'both.pem'];
      const out = ['-name', 'server', '-passout', `pass:${PASSWORD}`, '-out', name];
      await shop.write(tool, `PKCS#12 ${withKey ? 'with a key' : 'of certificates'}, ${how}`, { name, ...P12 }, () =>
        run('pkcs12', '-export', ...key, ...out, ...args),
      );
    }
  };
  await pkcs12('by default');
  await pkcs12('-legacy', '-legacy');
  for (const cipher of ['3DES', '2DES', 'RC2-40', 'RC2-128', 'RC4-40', 'RC4-128'])
    await pkcs12(`PBE-SHA1-${cipher}`, '-legacy', '-certpbe', `PBE-SHA1-${cipher}`);
  for (const cipher of ['PBE-MD5-DES', 'PBE-SHA1-DES', 'PBE-MD5-RC2-64', 'PBE-SHA1-RC2-64'])
    await pkcs12(cipher, '-legacy', '-certpbe', cipher);
  for (const cipher of ['AES-128', 'AES-192', 'AES-256', 'CAMELLIA-128', 'CAMELLIA-192', 'CAMELLIA-256', 'ARIA-256'])
    await pkcs12(`${cipher}-CBC`, '-certpbe', `${cipher}-CBC`);
  await pkcs12('DES-EDE3-CBC', '-certpbe', 'DES-EDE3-CBC');
  await pkcs12('DES-CBC', '-legacy', '-certpbe', 'DES-CBC');
  await pkcs12('RC2-CBC', '-legacy', '-certpbe', 'RC2-CBC');
  await pkcs12('certificates not encrypted', '-certpbe', 'NONE');
  await pkcs12('no MAC', '-nomac');
  for (const hash of ['sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'sha512-256', 'sha3-256', 'sha3-512', 'md5'])
    await pkcs12(`MAC of ${hash}`, '-macalg', hash);
  for (const iterations of [1, 600_000, 1_000_000])
    await pkcs12(`${iterations.toLocaleString('en')} iterations`, '-iter', String(iterations));
  await pkcs12('PBMAC1', '-pbmac1_pbkdf2');
  await pkcs12('-jdktrust', '-jdktrust', 'anyExtendedKeyUsage');

  const file = (name: string, certificates: number) => ({ name, password: '', certificates });
  await shop.write(tool, 'PEM', file('openssl.pem', 1), () => run('x509', '-in', 'root.pem', '-out', 'openssl.pem'));
  await shop.write(tool, 'PEM with its text', file('openssl-text.pem', 1), () =>
    run('x509', '-in', 'root.pem', '-text', '-out', 'openssl-text.pem'),
  );
  await shop.write(tool, 'PEM, TRUSTED CERTIFICATE', file('openssl-trusted.pem', 1), () =>
    run('x509', '-in', 'root.pem', '-trustout', '-addtrust', 'serverAuth', '-out', 'openssl-trusted.pem'),
  );
  await shop.write(tool, 'DER', file('openssl.der', 1), () =>
    run('x509', '-in', 'root.pem', '-outform', 'DER', '-out', 'openssl.der'),
  );
  for (const form of ['PEM', 'DER'])
    await shop.write(tool, `P7B, ${form}`, file(`openssl-${form}.p7b`, 2), () =>
      run('crl2pkcs7', '-nocrl', '-certfile', 'both.pem', '-outform', form, '-out', `openssl-${form}.p7b`),
    );

  for (const kind of ['plain', 'mac', 'encrypted'] as const)
    await shop.read(
      tool,
      kind,
      () => run('pkcs12', '-in', OUR_FILES[kind].name, '-nokeys', '-passin', `pass:${PASSWORD}`),
      PEM_BEGIN,
    );
  await shop.read(tool, 'pem', () => run('storeutl', '-certs', OUR_FILES.pem.name), PEM_BEGIN);
  await shop.read(tool, 'der', () => run('x509', '-inform', 'DER', '-in', OUR_FILES.der.name), PEM_BEGIN);
  await shop.read(
    tool,
    'p7b',
    () => run('pkcs7', '-inform', 'DER', '-in', OUR_FILES.p7b.name, '-print_certs'),
    PEM_BEGIN,
  );
}

/** Settings of `java.security` that decide how a JDK writes PKCS#12. */
const PKCS12_SETTINGS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'by default': {},
  ...Object.fromEntries(
    [
      'PBEWithSHA1AndRC2_40',
      'PBEWithSHA1AndRC2_128',
      'PBEWithSHA1AndRC4_40',
      'PBEWithSHA1AndRC4_128',
      'PBEWithSHA1AndDESede',
      'PBEWithMD5AndDES',
      'PBEWithHmacSHA1AndAES_128',
      'PBEWithHmacSHA224AndAES_256',
      'PBEWithHmacSHA256AndAES_256',
      'PBEWithHmacSHA512AndAES_256',
      'PBEWithHmacSHA512/256AndAES_256',
      'NONE',
    ].map((name) => [`certificates: ${name}`, { certProtectionAlgorithm: name }]),
  ),
  ...Object.fromEntries(
    [
      'HmacPBESHA1',
      'HmacPBESHA224',
      'HmacPBESHA256',
      'HmacPBESHA384',
      'HmacPBESHA512',
      'HmacPBESHA512/256',
      'PBEWithHmacSHA256',
      'NONE',
    ].map((name) => [`MAC: ${name}`, { macAlgorithm: name }]),
  ),
  'without a password': { certProtectionAlgorithm: 'NONE', macAlgorithm: 'NONE' },
  '600,000 iterations': { certPbeIterationCount: '600000', macIterationCount: '600000' },
};

async function keytool(shop: Workshop): Promise<void> {
  for (const { home, major, version } of await findJvms()) {
    const tool = `keytool ${major}`;
    const keytoolOf = (args: readonly string[], input?: string) =>
      shop.command(join(home, 'bin/keytool'), ['-J-XX:TieredStopAtLevel=1', '-J-Duser.language=en', ...args], input);
    shop.records.push({ did: 'version', tool, version });
    const from = ['-srckeystore', OUR_FILES.plain.name, '-srcstoretype', 'PKCS12', '-srcstorepass', PASSWORD];
    const convert = async (form: string, type: string, name: string, options: readonly string[] = []) => {
      const to = ['-destkeystore', name, '-deststoretype', type, '-deststorepass', PASSWORD];
      const password = form.endsWith('without a password') ? '' : PASSWORD;
      await shop.write(tool, form, { name, password, certificates: 2 }, () =>
        keytoolOf([...options, '-importkeystore', '-noprompt', ...from, ...to]),
      );
    };
    await convert('JKS truststore', 'JKS', `keytool-${major}.jks`);
    await convert('JCEKS truststore', 'JCEKS', `keytool-${major}.jceks`);
    await convert('PKCS#12 truststore, as JDK 8 did', 'PKCS12', `keytool-${major}-legacy.p12`, [
      '-J-Dkeystore.pkcs12.legacy',
    ]);
    for (const [index, [how, settings]] of Object.entries(PKCS12_SETTINGS).entries())
      await convert(
        `PKCS#12 truststore, ${how}`,
        'PKCS12',
        `keytool-${major}-${index}.p12`,
        Object.entries(settings).map(([key, value]) => `-J-Dkeystore.pkcs12.${key}=${value}`),
      );
    for (const type of ['JKS', 'JCEKS', 'PKCS12']) {
      const name = `keytool-${major}-key.${type.toLowerCase()}`;
      await shop.write(tool, `${type} with a key`, { name, password: PASSWORD, certificates: 1 }, () =>
        keytoolOf([
          ...['-importkeystore', '-noprompt', '-srckeystore', 'key.p12', '-srcstoretype', 'PKCS12', '-srcstorepass'],
          ...[PASSWORD, '-destkeystore', name, '-deststoretype', type, '-deststorepass', PASSWORD],
        ]),
      );
    }
    const exported = ['-exportcert', '-alias', 'entry-0', '-storepass', PASSWORD, '-keystore', OUR_FILES.plain.name];
    await shop.write(tool, 'PEM', { name: `keytool-${major}.pem`, password: '', certificates: 1 }, () =>
      keytoolOf([...exported, '-rfc', '-file', `keytool-${major}.pem`]),
    );
    await shop.write(tool, 'DER', { name: `keytool-${major}.der`, password: '', certificates: 1 }, () =>
      keytoolOf([...exported, '-file', `keytool-${major}.der`]),
    );

    // A line end is the answer to its question for a password: none.
    const list = (kind: 'plain' | 'mac' | 'encrypted', ...password: string[]) =>
      keytoolOf(['-list', '-rfc', '-keystore', OUR_FILES[kind].name, ...password], '\n');
    await shop.read(tool, 'plain', () => list('plain'), PEM_BEGIN);
    await shop.read(tool, 'mac', () => list('mac', '-storepass', PASSWORD), PEM_BEGIN);
    await shop.read(tool, 'encrypted', () => list('encrypted', '-storepass', PASSWORD), PEM_BEGIN);
    for (const kind of ['pem', 'der', 'p7b'] as const)
      await shop.read(tool, kind, () => keytoolOf(['-printcert', '-file', OUR_FILES[kind].name]), /^Owner: /gm);
  }
}

async function certtool(shop: Workshop): Promise<void> {
  const tool = 'certtool';
  const run = (...args: string[]) => shop.command('certtool', args);
  const version = await run('--version');
  shop.records.push({ did: 'version', tool, version: version.split('\n')[0]?.replace('certtool', 'GnuTLS') ?? '' });
  let number = 0;
  const pkcs12 = async (form: string, certificates: number, password: string, ...args: string[]) => {
    const name = `certtool-${++number}.p12`;
    await shop.write(tool, form, { name, password, certificates }, () =>
      run('--to-p12', '--p12-name', 'server', '--outder', '--outfile', name, ...args),
    );
  };
  const secret = ['--password', PASSWORD];
  const key = ['--load-certificate', 'root.pem', '--load-privkey', 'key.pem'];
  for (const cipher of ['3des', '3des-pkcs12', 'aes-128', 'aes-192', 'aes-256', 'rc2-40', 'arcfour']) {
    const certificates = ['--load-certificate', 'both.pem', ...secret, '--pkcs-cipher', cipher];
    await pkcs12(`PKCS#12 of certificates, ${cipher}`, 2, PASSWORD, ...certificates);
  }
  await pkcs12('PKCS#12 with a key', 1, PASSWORD, ...key, ...secret);
  await pkcs12('PKCS#12 with a key, MAC of SHA512', 1, PASSWORD, ...key, ...secret, '--hash', 'SHA512');
  await pkcs12('PKCS#12 with a key, --empty-password', 1, '', ...key, '--empty-password');
  await pkcs12('PKCS#12 with a key, --null-password', 1, '', ...key, '--null-password');
  const file = (name: string) => ({ name, password: '', certificates: 1 });
  await shop.write(tool, 'PEM with its text', file('certtool.pem'), () =>
    run('--certificate-info', '--infile', 'root.pem', '--outfile', 'certtool.pem'),
  );
  await shop.write(tool, 'DER', file('certtool.der'), () =>
    run('--certificate-info', '--infile', 'root.pem', '--outder', '--outfile', 'certtool.der'),
  );

  for (const kind of ['plain', 'mac', 'encrypted'] as const)
    await shop.read(
      tool,
      kind,
      () => run('--p12-info', '--inder', ...secret, '--infile', OUR_FILES[kind].name),
      PEM_BEGIN,
    );
  await shop.read(tool, 'pem', () => run('--certificate-info', '--infile', OUR_FILES.pem.name), PEM_BEGIN);
  await shop.read(tool, 'der', () => run('--certificate-info', '--inder', '--infile', OUR_FILES.der.name), PEM_BEGIN);
  await shop.read(tool, 'p7b', () => run('--p7-info', '--inder', '--infile', OUR_FILES.p7b.name), PEM_BEGIN);
}

/** NSS: pk12util and certutil with a database of their own. */
async function pk12util(shop: Workshop): Promise<void> {
  const tool = 'pk12util';
  const database = ['-d', 'sql:nss'];
  const util = (...args: string[]) => shop.command('pk12util', [...database, ...args]);
  const certutil = (...args: string[]) => shop.command('certutil', [...database, ...args]);
  mkdirSync(join(shop.folder, 'nss'));
  await certutil('-N', '--empty-password');
  shop.records.push({ did: 'version', tool, version: await nssVersion(shop) });
  await util('-i', 'key.p12', '-W', PASSWORD);
  let number = 0;
  const pkcs12 = async (how: string, ...args: string[]) => {
    const name = `nss-${++number}.p12`;
    await shop.write(tool, `PKCS#12 with a key, ${how}`, { name, password: PASSWORD, certificates: 1 }, () =>
      util('-o', name, '-n', 'server', '-W', PASSWORD, ...args),
    );
  };
  await pkcs12('by default');
  for (const cipher of [
    'none',
    'AES-128-CBC',
    'AES-192-CBC',
    'AES-256-CBC',
    'CAMELLIA-128-CBC',
    'CAMELLIA-256-CBC',
    'DES-EDE3-CBC',
    'PKCS #12 V2 PBE With SHA-1 And 3KEY Triple DES-CBC',
    'PKCS #12 V2 PBE With SHA-1 And 2KEY Triple DES-CBC',
    'PKCS #12 V2 PBE With SHA-1 And 40 Bit RC2 CBC',
    'PKCS #12 V2 PBE With SHA-1 And 128 Bit RC2 CBC',
    'PKCS #12 V2 PBE With SHA-1 And 40 Bit RC4',
    'PKCS #12 V2 PBE With SHA-1 And 128 Bit RC4',
    'PKCS #5 Password Based Encryption with SHA-1 and DES-CBC',
  ])
    await pkcs12(`certificates: ${cipher}`, '-C', cipher);
  for (const mac of ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512']) await pkcs12(`MAC: ${mac}`, '-M', mac);

  for (const kind of ['plain', 'mac', 'encrypted'] as const)
    await shop.read(tool, kind, () => util('-l', OUR_FILES[kind].name, '-W', PASSWORD), /^Certificate(?=[ :(]|$)/gm);
  for (const kind of ['pem', 'der', 'p7b'] as const) {
    mkdirSync(join(shop.folder, `nss-${kind}`));
    const own = ['-d', `sql:nss-${kind}`];
    await shop.command('certutil', [...own, '-N', '--empty-password']);
    await shop.read(
      tool,
      kind,
      async () => {
        const form = kind === 'pem' ? ['-a'] : [];
        await shop.command('certutil', [...own, '-A', '-n', 'ours', '-t', 'C,,', '-i', OUR_FILES[kind].name, ...form]);
        return shop.command('certutil', [...own, '-L']);
      },
      /^ours .*C,,/gm,
    );
  }
}

/** NSS's commands do not say what they are; Debian's package does. */
async function nssVersion(shop: Workshop): Promise<string> {
  const found = await shop.command('dpkg-query', ['-W', '-f', '${Version}', 'libnss3-tools']).catch(() => 'unknown');
  return `NSS ${found.replace(/^\d+:/, '').replace(/-.*$/s, '')}`;
}
