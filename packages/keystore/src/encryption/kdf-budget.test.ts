import { describe, expect, it } from '@jest/globals';
import { encodeAlgorithm, encodeElement, encodeInteger, encodeOid } from '../asn1/asn1-encode.js';
import { readKeystore } from '../index.js';
import { KdfBudget, MAX_HASHES, MAX_ITERATIONS } from './kdf-budget.js';

const exceeded = expect.objectContaining({
  code: 'KEYSTORE_LIMIT_EXCEEDED',
  message: expect.stringContaining('export it anew with fewer'),
});
const SALT = encodeElement(4, Buffer.alloc(8, 1));

describe('the budget of key derivations', () => {
  const derivation = (iterations: number, blocks = 1) => ({ iterations, blocks });

  it('has room for what NSS and GnuTLS ask for, and for derivations as long as the JDK takes', () => {
    new KdfBudget().reserve(...[1, 1, 2, 1, 2].map((blocks) => derivation(600_000, blocks)));
    expect(MAX_ITERATIONS).toBe(5_000_000);
    new KdfBudget().reserve(derivation(MAX_ITERATIONS), derivation(MAX_ITERATIONS));
  });

  it('refuses one derivation that is longer, whatever is left, and says the way out', () => {
    expect(() => new KdfBudget().reserve(derivation(MAX_ITERATIONS + 1))).toThrow(exceeded);
    expect(() => new KdfBudget().reserve(derivation(0))).toThrow(
      expect.objectContaining({ code: 'KEYSTORE_MALFORMED' }),
    );
  });

  it('counts every hash of a derived value, all derivations together, and says the way out', () => {
    const budget = new KdfBudget();
    for (let left = MAX_HASHES; left > 0; left -= 3_000_000) budget.reserve(derivation(1_000_000, 3));
    expect(() => budget.reserve(derivation(1))).toThrow(exceeded);
  });
});

/** A PKCS#12 file with a MAC of so many iterations, and encrypted contents of so many each. */
function file(mac: number | Buffer, ...contents: number[]): Buffer {
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
  const macData = typeof mac === 'number' ? pkcs12Mac(mac) : mac;
  return encodeElement(0x30, encodeInteger(3), info, macData);
}

function pkcs12Mac(iterations: number): Buffer {
  if (iterations === 0) return Buffer.alloc(0);
  const digest = encodeElement(0x30, encodeAlgorithm('2.16.840.1.101.3.4.2.1'), encodeElement(4, Buffer.alloc(32)));
  return encodeElement(0x30, digest, SALT, encodeInteger(iterations));
}

/** PBMAC1 (RFC 9579): its iterations stand in the parameters of PBKDF2. */
function pbmac1(iterations: number): Buffer {
  const kdf = encodeElement(0x30, SALT, encodeInteger(iterations), encodeInteger(20));
  const parameters = encodeElement(
    0x30,
    encodeAlgorithm('1.2.840.113549.1.5.12', kdf),
    encodeAlgorithm('1.2.840.113549.2.9'),
  );
  const digest = encodeElement(
    0x30,
    encodeAlgorithm('1.2.840.113549.1.5.14', parameters),
    encodeElement(4, Buffer.alloc(32)),
  );
  return encodeElement(0x30, digest, SALT, encodeInteger(1));
}

describe('a PKCS#12 file that asks for much work', () => {
  it('costs a wrong password one derivation, because the MAC is checked first', () => {
    // What does not decrypt is the cause of such an error; a MAC that does not match has none.
    expect(failureOf(file(1_000, 1_000), 'wrong')).toEqual({ code: 'KEYSTORE_PASSWORD_WRONG', cause: undefined });
    expect(failureOf(file(0, 1_000), 'wrong')).toMatchObject({ cause: expect.anything() });
  });

  it('derives once for an empty password where the MAC is PBMAC1, and twice where it has two forms', () => {
    // Three hashes for each iteration: 1,002 of all that a file may take are left.
    const contents = (MAX_HASHES - 1_002) / 3;
    const codeOf = (asked: Buffer) => failureOf(asked, '').code;
    expect(codeOf(file(pbmac1(1_000), contents))).toBe('KEYSTORE_PASSWORD_WRONG');
    expect(codeOf(file(1_000, contents))).toBe('KEYSTORE_LIMIT_EXCEEDED');
    expect(codeOf(file(500, contents))).toBe('KEYSTORE_PASSWORD_WRONG');
  });

  it('is refused before any derivation when one is too long, or all together are', () => {
    const most = MAX_ITERATIONS;
    // Whoever derived the MAC first would say that the password is wrong.
    for (const asked of [file(most + 1), file(0, most + 1), file(1_000, most + 1), file(1_000, most, 1_000)])
      expect(failureOf(asked, 'any')).toMatchObject({ code: 'KEYSTORE_LIMIT_EXCEEDED' });
  });
});

function failureOf(asked: Buffer, password: string): { code: unknown; cause: unknown } {
  try {
    readKeystore(asked, { password });
    throw new Error('it was read');
  } catch (error) {
    const { code, cause } = error as { code?: unknown; cause?: unknown };
    return { code, cause };
  }
}
