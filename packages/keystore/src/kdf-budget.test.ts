import { describe, expect, it } from '@jest/globals';
import { encodeAlgorithm, encodeElement, encodeInteger, encodeOid } from './asn1-encode.js';
import { readKeystore } from './index.js';
import { KdfBudget, MAX_HASHES, MAX_ITERATIONS } from './kdf-budget.js';

const exceeded = expect.objectContaining({ code: 'KEYSTORE_LIMIT_EXCEEDED' });
const SALT = encodeElement(4, Buffer.alloc(8, 1));

describe('the budget of key derivations', () => {
  it('has room for what NSS and GnuTLS ask for, and for one derivation as long as the JDK takes', () => {
    const gnutls = new KdfBudget();
    for (const blocks of [1, 1, 2, 1, 2]) gnutls.spend(600_000, blocks);
    const jdk = new KdfBudget();
    expect(jdk.spend(MAX_ITERATIONS)).toBe(5_000_000);
    expect(jdk.spend(MAX_ITERATIONS)).toBe(5_000_000);
  });

  it('refuses one derivation that is longer, whatever is left', () => {
    expect(() => new KdfBudget().spend(MAX_ITERATIONS + 1)).toThrow(exceeded);
    expect(() => new KdfBudget().spend(0)).toThrow(expect.objectContaining({ code: 'KEYSTORE_MALFORMED' }));
  });

  it('counts every hash of a derived value, all derivations together', () => {
    const budget = new KdfBudget();
    for (let left = MAX_HASHES; left > 0; left -= 3_000_000) budget.spend(1_000_000, 3);
    expect(() => budget.spend(1)).toThrow(exceeded);
  });
});

/** A PKCS#12 file with a MAC of so many iterations, and encrypted contents of so many each. */
function file(mac: number, ...contents: number[]): Buffer {
  const encrypted = contents.map((iterations) => {
    const algorithm = encodeAlgorithm('1.2.840.113549.1.12.1.3', encodeElement(0x30, SALT, encodeInteger(iterations)));
    const content = encodeElement(
      0x30,
      encodeOid('1.2.840.113549.1.7.1'),
      algorithm,
      encodeElement(0x80, Buffer.alloc(16)),
    );
    const data = encodeElement(0x30, encodeInteger(0), content);
    return encodeElement(0x30, encodeOid('1.2.840.113549.1.7.6'), encodeElement(0xa0, data));
  });
  const safe = encodeElement(0x30, ...encrypted);
  const info = encodeElement(0x30, encodeOid('1.2.840.113549.1.7.1'), encodeElement(0xa0, encodeElement(4, safe)));
  const digest = encodeElement(0x30, encodeAlgorithm('2.16.840.1.101.3.4.2.1'), encodeElement(4, Buffer.alloc(32)));
  const macData = mac > 0 ? [encodeElement(0x30, digest, SALT, encodeInteger(mac))] : [];
  return encodeElement(0x30, encodeInteger(3), info, ...macData);
}

describe('a PKCS#12 file that asks for much work', () => {
  it('costs a wrong password one derivation, because the MAC is checked first', () => {
    // What is encrypted asks for more than is ever done: it would be refused if it were reached.
    expect(() => readKeystore(file(1_000, MAX_ITERATIONS + 1, MAX_ITERATIONS + 1), { password: 'wrong' })).toThrow(
      expect.objectContaining({ code: 'KEYSTORE_PASSWORD_WRONG' }),
    );
  });

  it('is refused before the derivation that is too long', () => {
    expect(() => readKeystore(file(MAX_ITERATIONS + 1), { password: 'any' })).toThrow(exceeded);
    expect(() => readKeystore(file(0, MAX_ITERATIONS + 1), { password: 'any' })).toThrow(exceeded);
  });
});
