import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { isJavaKeystore, readKeystore } from '../src/index.js';

const FOLDER = fileURLToPath(new URL('../../test/fixtures/stores/', import.meta.url));
const fixture = (name: string) => readFileSync(`${FOLDER}${name}`);
const code = (expected: string) => expect.objectContaining({ code: expected });

/** Certificates in the files, and how many of them Java would trust. The password stands behind the @. */
const OPEN: Readonly<Record<string, readonly [all: number, trusted: number]>> = {
  'bc-aes-gcm-trust@changeit.p12': [1, 1],
  'certtool-3des-pkcs12-trust@changeit.p12': [2, 0],
  'go-modern-310k-trust@changeit.p12': [2, 2],
  'nss-default-chain@changeit.p12': [3, 0],
  'nss-des-chain@changeit.p12': [1, 0],
  'ossl3-mac-sha3-224-chain@changeit.p12': [1, 0],
  'ossl3-mac-sha3-256-chain@changeit.p12': [1, 0],
  'ossl3-mac-sha3-384-chain@changeit.p12': [1, 0],
  'ossl3-mac-sha3-512-chain@changeit.p12': [1, 0],
  'ossl3-mac-sha512-224-chain@changeit.p12': [1, 0],
  'ossl3-mac-sha512-256-trust@changeit.p12': [2, 0],
};
const CLOSED = {
  BCFKS: 'bc-BCFKS-trust@changeit.ks',
  BKS: 'bc-BKS-trust@changeit.ks',
  UBER: 'bc-UBER-trust@changeit.ks',
};

/** The others take millions of hashes. */
const quick = Object.keys(OPEN).filter((name) => !/^(?:certtool|nss)-/.test(name));

describe('keystores of other tools', () => {
  it('are all listed here', () => {
    expect(readdirSync(FOLDER).sort()).toEqual([...Object.keys(OPEN), ...Object.values(CLOSED)].sort());
  });

  it.each(Object.entries(OPEN))('%s opens with its password and with no other', (name, [all, trusted]) => {
    const password = /@([^.]+)\./.exec(name)?.[1] ?? '';
    const read = readKeystore(fixture(name), { password, certificates: 'all' });
    expect(read.entries).toHaveLength(all);
    expect(read.plainKey).toBe(false);
    if (quick.includes(name)) expect(readKeystore(fixture(name), { password }).entries).toHaveLength(trusted);
    expect(() => readKeystore(fixture(name), { password: 'other' })).toThrow(code('KEYSTORE_PASSWORD_WRONG'));
  });

  it.each(quick)('%s opens with something behind it', (name) => {
    for (const rest of ['\n', '\r\n', '\0'.repeat(300), 'signed by nobody'])
      expect(
        readKeystore(Buffer.concat([fixture(name), Buffer.from(rest)]), { password: 'changeit', certificates: 'all' })
          .entries,
      ).toHaveLength(OPEN[name]![0]);
  });

  it.each(Object.entries(CLOSED))('%s is named with the command that exports it', (format, name) => {
    const command = new RegExp(`BouncyCastle \\(${format}\\).*keytool -importkeystore .*-srcstoretype ${format} `);
    for (const options of [{}, { password: 'changeit' }]) {
      expect(() => readKeystore(fixture(name), options)).toThrow(code('KEYSTORE_UNSUPPORTED'));
      expect(() => readKeystore(fixture(name), options)).toThrow(command);
    }
    expect(isJavaKeystore(fixture(name))).toBe(true);
  });

  it.each(['BKS', 'UBER'] as const)('%s is not seen in what only begins like it', (format) => {
    const file = fixture(CLOSED[format]);
    for (const [at, value] of [
      [3, 3],
      [7, 21],
      [29, 1],
    ] as const) {
      const changed = Buffer.from(file);
      changed.writeUInt8(value, at);
      expect(isJavaKeystore(changed)).toBe(false);
      expect(() => readKeystore(changed)).toThrow(code('KEYSTORE_UNKNOWN_FORMAT'));
    }
    for (let length = 0; length <= 32; length++) expect(isJavaKeystore(file.subarray(0, length))).toBe(false);
  });

  it('an empty BKS is one too', () => {
    const empty = Buffer.concat([fixture(CLOSED.BKS).subarray(0, 32), Buffer.alloc(21)]);
    expect(() => readKeystore(empty)).toThrow('(BKS)');
  });
});
