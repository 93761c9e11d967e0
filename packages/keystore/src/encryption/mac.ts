import { unsupportedAlgorithm } from '../errors.js';
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Asn1Reader } from '../asn1/asn1-reader.js';
import { OID } from '../asn1/oids.js';
import { type Derivation, pkcs12Derivation, readPbkdf2 } from './derivation.js';
import { HASHES, HMACS } from './digests.js';
import type { PasswordBytes } from './password.js';
import { KDF_PURPOSE } from './pkcs12-kdf.js';

/** The integrity check of a PFX. */
export interface MacData {
  readonly derivation: Derivation;
  /** Whether it reads the password in UTF-16, of which an empty password has two forms. */
  readonly readsBmp: boolean;
  /** Whether the MAC is of `content` under `password`. */
  verify(content: Buffer, password: PasswordBytes): boolean;
}

/** Reads MacData with a PKCS#12 MAC (RFC 7292) or PBMAC1 (RFC 9579). */
export function readMacData(macData: Asn1Reader): MacData {
  const digestInfo = macData.enter(0x30);
  const algorithm = digestInfo.enter(0x30);
  const oid = algorithm.oid();
  const mac = digestInfo.octets();
  const salt = macData.octets();
  const iterations = macData.done ? 1 : macData.count();
  if (oid !== OID.pbmac1) {
    const hash = HASHES[oid];
    if (!hash) throw unsupportedAlgorithm('MAC', oid);
    const derivation = pkcs12Derivation(hash, { salt, iterations }, KDF_PURPOSE.mac, hash.bytes);
    return { derivation, readsBmp: true, verify: verifier(hash.name, derivation, mac) };
  }
  const fields = algorithm.enter(0x30);
  const kdf = fields.enter(0x30);
  const scheme = fields.enter(0x30).oid();
  const hash = HMACS[scheme];
  if (!hash) throw unsupportedAlgorithm('MAC', scheme);
  const derivation = readPbkdf2(kdf, undefined);
  return { derivation, readsBmp: false, verify: verifier(hash.name, derivation, mac) };
}

function verifier(hash: string, derivation: Derivation, mac: Buffer): MacData['verify'] {
  return (content, password) => {
    const found = createHmac(hash, derivation.derive(password)).update(content).digest();
    return found.length === mac.length && timingSafeEqual(found, mac);
  };
}
