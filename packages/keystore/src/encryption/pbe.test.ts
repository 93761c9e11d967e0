import { createHmac, pbkdf2Sync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { Asn1Reader } from '../asn1/asn1-reader.js';
import { encodeAlgorithm, encodeElement, encodeInteger, encodeOid } from '../asn1/asn1-encode.js';
import { SHA1, SHA256 } from './digests.js';
import { markerCertificate, readKeystore, writePkcs12 } from '../index.js';
import { bmpPassword, pkcs12Kdf } from './pkcs12-kdf.js';
import { rc2CbcDecrypt } from './rc2.js';
import { rc4 } from './rc4.js';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const entry = { alias: 'marker', der: markerCertificate('6f1c2b52-5f0e-4d0c-9a8e-0d3c8a1f7b01') };

/** A passwordless truststore with MacData added. */
function withMacData(macDataOf: (authenticatedSafe: Buffer) => Buffer): Buffer {
  const plain = writePkcs12([entry]);
  // PFX { version, ContentInfo { data, [0] { OCTET STRING } } }: headers of four bytes, a version of 3, an OID of 11.
  const authenticatedSafe = plain.subarray(4 + 3 + 4 + 11 + 4 + 4);
  return encodeElement(0x30, plain.subarray(4), macDataOf(authenticatedSafe));
}

function pbmac1({ tell = 32, salt = hex('0102030405060708') } = {}) {
  return (content: Buffer) => {
    const key = pbkdf2Sync('changeit', salt, 2_048, 32, 'sha256');
    const kdf = encodeElement(
      0x30,
      encodeElement(4, salt),
      encodeInteger(2_048),
      ...(tell > 0 ? [encodeInteger(tell)] : []),
      encodeAlgorithm('1.2.840.113549.2.9'),
    );
    const parameters = encodeElement(
      0x30,
      encodeAlgorithm('1.2.840.113549.1.5.12', kdf),
      encodeAlgorithm('1.2.840.113549.2.11'),
    );
    const mac = createHmac('sha512', key).update(content).digest();
    const info = encodeElement(0x30, encodeAlgorithm('1.2.840.113549.1.5.14', parameters), encodeElement(4, mac));
    return encodeElement(0x30, info, encodeElement(4, Buffer.from('NOT USED')), encodeInteger(1));
  };
}

describe('PBMAC1 (RFC 9579)', () => {
  it('is checked with the password', () => {
    const file = withMacData(pbmac1());
    expect(readKeystore(file, { password: 'changeit' })).toMatchObject({
      integrityVerified: true,
      entries: [{ alias: 'marker' }],
    });
    expect(() => readKeystore(file, { password: 'other' })).toThrow('the password is wrong');
    expect(readKeystore(file)).toMatchObject({ integrityVerified: false });
  });

  it('must tell the length of its key (section 5)', () => {
    expect(() => readKeystore(withMacData(pbmac1({ tell: 0 })), { password: 'changeit' })).toThrow(
      'a derived key has a wrong length',
    );
  });
});

describe('a MAC of an unknown algorithm', () => {
  const file = withMacData(() => {
    const info = encodeElement(0x30, encodeElement(0x30, encodeOid('1.2.3')), encodeElement(4, Buffer.alloc(20)));
    return encodeElement(0x30, info, encodeElement(4, Buffer.alloc(8)), encodeInteger(1));
  });

  it('is refused with a password and left alone without', () => {
    expect(() => readKeystore(file, { password: 'changeit' })).toThrow(
      expect.objectContaining({ code: 'KEYSTORE_UNSUPPORTED' }),
    );
    expect(readKeystore(file).entries).toHaveLength(1);
  });
});

describe('contents under another password than the MAC', () => {
  it('are not said to have a wrong password, and the way out is named', () => {
    const pfx = new Asn1Reader(writePkcs12([entry], { password: 'one', encrypt: true }), 'DER').enter(0x30);
    pfx.next();
    const info = pfx.next().whole;
    const data = new Asn1Reader(info, 'DER').enter(0x30);
    data.oid();
    const salt = Buffer.alloc(8, 1);
    const key = pkcs12Kdf(SHA256, bmpPassword('two'), salt, 1, 3, 32);
    const mac = createHmac('sha256', key).update(data.enter(0xa0).octets()).digest();
    const digest = encodeElement(0x30, encodeAlgorithm('2.16.840.1.101.3.4.2.1'), encodeElement(4, mac));
    const macData = encodeElement(0x30, digest, encodeElement(4, salt), encodeInteger(1));
    const file = encodeElement(0x30, encodeInteger(3), info, macData);
    expect(() => readKeystore(file, { password: 'two' })).toThrow(
      expect.objectContaining({
        code: 'KEYSTORE_UNSUPPORTED',
        message: expect.stringMatching(/^the password is right, .*: export the keystore anew/),
      }),
    );
    expect(() => readKeystore(file, { password: 'one' })).toThrow('the password is wrong');
  });
});

describe('the old algorithms', () => {
  it.each([
    ['0123456789abcdef', '0123456789abcdef', '75b7878099e0c596'],
    ['0123456789abcdef', '0000000000000000', '7494c2e7104b0879'],
    ['ef012345', '00000000000000000000', 'd6a141a7ec3c38dfbd61'],
  ])('RC4 under %s', (key, plain, cipher) => {
    expect(rc4(hex(key), hex(plain)).toString('hex')).toBe(cipher);
    expect(rc4(hex(key), hex(cipher)).toString('hex')).toBe(plain);
  });

  it('RC2 refuses what is not whole blocks, or is padded wrongly', () => {
    for (const length of [0, 7, 16])
      expect(() => rc2CbcDecrypt(Buffer.alloc(5), Buffer.alloc(8), Buffer.alloc(length, 3))).toThrow(
        'the password is wrong',
      );
  });

  it('the key derivation of PKCS#12 gives known values', () => {
    const salt = hex('0a58cf64530d823f');
    expect(pkcs12Kdf(SHA1, bmpPassword('smeg'), salt, 1, 1, 24).toString('hex')).toBe(
      '8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3',
    );
    expect(pkcs12Kdf(SHA1, bmpPassword('smeg'), salt, 1, 2, 8).toString('hex')).toBe('79993dfe048d3b76');
  });
});
