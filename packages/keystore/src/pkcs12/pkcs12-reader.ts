import { Asn1Reader, decodeOid, type Asn1Element } from '../asn1/asn1-reader.js';
import { Asn1Error, EXPORT_ANEW, KeystoreError } from '../errors.js';
import { KdfBudget } from '../encryption/kdf-budget.js';
import type { CertificateEntry } from '../keystore-content.js';
import { OID } from '../asn1/oids.js';
import type { Derivation } from '../encryption/derivation.js';
import { type MacData, readMacData } from '../encryption/mac.js';
import { type PasswordBytes, passwordEncodings } from '../encryption/password.js';
import { type PasswordEncryption, readPbe } from '../encryption/pbe.js';

/** What a PKCS#12 file holds. Keys are counted, never decrypted. */
export interface Pkcs12Content {
  readonly certificates: readonly CertificateEntry[];
  readonly keyEntries: number;
  /** Whether a private key lies in it unencrypted. */
  readonly plainKey: boolean;
  readonly integrityVerified: boolean;
}

/**
 * Reads PKCS#12 (RFC 7292), BER or DER; bytes behind it are left aside. The MAC is checked before anything is decrypted, so
 * a wrong password costs one derivation.
 *
 * Without a password nothing encrypted is read, unless the empty password opens it; a MAC is then not checked.
 *
 * @throws KeystoreError `KEYSTORE_PASSWORD_REQUIRED`, `KEYSTORE_PASSWORD_WRONG` (or changed bytes: the format cannot tell),
 * `KEYSTORE_MALFORMED`, `KEYSTORE_UNSUPPORTED`, `KEYSTORE_LIMIT_EXCEEDED`
 */
export function readPkcs12(bytes: Buffer, password: string | undefined): Pkcs12Content {
  try {
    return new Pkcs12Reading(bytes, password).content();
  } catch (cause) {
    if (cause instanceof Asn1Error) throw new KeystoreError('KEYSTORE_MALFORMED', cause.message, { cause });
    throw cause;
  }
}

class Pkcs12Reading {
  readonly #bytes: Buffer;
  readonly #given: string | undefined;
  readonly #budget = new KdfBudget();
  readonly #certificates: CertificateEntry[] = [];
  #password: PasswordBytes | undefined;
  #verified = false;
  #keyEntries = 0;
  #plainKey = false;
  #integrity: { readonly mac: MacData; readonly content: Buffer } | undefined;

  constructor(bytes: Buffer, password: string | undefined) {
    this.#bytes = bytes;
    this.#given = password;
  }

  content(): Pkcs12Content {
    // Java reads no further: what a transport left behind the file is no part of it.
    const pfx = new Asn1Reader(this.#bytes, 'BER').enter(0x30);
    if (pfx.count() !== 3)
      throw new KeystoreError('KEYSTORE_UNSUPPORTED', `the version of the PFX is not 3: ${EXPORT_ANEW}`);
    const safe = pfx.enter(0x30);
    if (safe.oid() !== OID.data)
      throw new KeystoreError('KEYSTORE_UNSUPPORTED', `integrity by public key is not supported: ${EXPORT_ANEW}`);
    const content = safe.enter(0xa0).octets();
    const infos = [...new Asn1Reader(content, 'BER').enter(0x30).rest()].map(contentOf);
    const encryptions = infos.flatMap(({ encryption }) => encryption ?? []);
    // Without a password no MAC is checked: one that is not known is no obstacle then, unless contents are encrypted.
    if (!pfx.done && (this.#given !== undefined || encryptions.length > 0))
      this.#integrity = { mac: readMacData(pfx.enter(0x30)), content };
    // All that the file may ask for is counted before any of it is done.
    this.#budget.reserve(...this.#macDerivations(), ...encryptions.flatMap(({ derivations }) => derivations));

    if (this.#given !== undefined) this.#unlock();
    for (const info of infos) this.#read(info);
    return {
      certificates: this.#certificates,
      keyEntries: this.#keyEntries,
      plainKey: this.#plainKey,
      integrityVerified: this.#verified,
    };
  }

  #macDerivations(): Derivation[] {
    const mac = this.#integrity?.mac;
    return mac ? this.#encodings(mac).map(() => mac.derivation) : [];
  }

  #encodings(mac: MacData): PasswordBytes[] {
    return passwordEncodings(this.#given ?? '').slice(0, mac.readsBmp ? undefined : 1);
  }

  /** The password in the encoding under which it opens the file. */
  #unlock(): PasswordBytes {
    const integrity = this.#integrity;
    this.#password = integrity
      ? this.#encodings(integrity.mac).find((encoding) => integrity.mac.verify(integrity.content, encoding))
      : passwordEncodings(this.#given ?? '')[0];
    if (!this.#password) throw this.#locked();
    this.#verified = integrity !== undefined;
    return this.#password;
  }

  #locked(cause?: unknown): KeystoreError {
    return this.#given === undefined
      ? new KeystoreError('KEYSTORE_PASSWORD_REQUIRED', 'the keystore is encrypted: a password is needed', { cause })
      : new KeystoreError('KEYSTORE_PASSWORD_WRONG', 'the password is wrong, or the keystore was changed', { cause });
  }

  #read({ encryption, data }: Content): void {
    if (!encryption) {
      this.#safeContents(new Asn1Reader(data, 'BER'));
      return;
    }
    const password = this.#password ?? this.#unlock();
    try {
      this.#safeContents(new Asn1Reader(encryption.decrypt(data, password), 'BER'));
    } catch (cause) {
      // A wrong password shows in the padding, or, once in 256, in what comes out.
      const garbled =
        cause instanceof Asn1Error || (cause instanceof KeystoreError && cause.code === 'KEYSTORE_PASSWORD_WRONG');
      if (!garbled) throw cause;
      if (!this.#verified) throw this.#locked(cause);
      throw new KeystoreError(
        'KEYSTORE_UNSUPPORTED',
        `the password is right, as the MAC shows, and yet does not decrypt the certificates: ${EXPORT_ANEW}`,
        { cause },
      );
    }
  }

  #safeContents(reader: Asn1Reader): void {
    const bags = reader.enter(0x30);
    while (!bags.done) this.#bag(bags.enter(0x30));
  }

  #bag(bag: Asn1Reader): void {
    const type = bag.oid();
    const value = bag.enter(0xa0);
    switch (type) {
      case OID.certBag: {
        const certificate = value.enter(0x30);
        if (certificate.oid() !== OID.x509Certificate) return;
        const der = certificate.enter(0xa0).octets();
        this.#certificates.push({ der, ...attributesOf(bag) });
        return;
      }
      case OID.safeContentsBag:
        this.#safeContents(value);
        return;
      case OID.keyBag:
        this.#plainKey = true;
        this.#keyEntries++;
        return;
      case OID.shroudedKeyBag:
      case OID.secretBag:
        this.#keyEntries++;
    }
  }
}

/** A ContentInfo of the AuthenticatedSafe: SafeContents, encrypted where `encryption` says how. */
interface Content {
  readonly encryption: PasswordEncryption | undefined;
  readonly data: Buffer;
}

function contentOf(element: Asn1Element): Content {
  const info = new Asn1Reader(element.whole, 'BER').enter(0x30);
  const type = info.oid();
  if (type === OID.data) return { encryption: undefined, data: info.enter(0xa0).octets() };
  if (type !== OID.encryptedData)
    throw new KeystoreError('KEYSTORE_UNSUPPORTED', `content of type ${type} is not supported: ${EXPORT_ANEW}`);
  const encryptedData = info.enter(0xa0).enter(0x30);
  encryptedData.count();
  const content = encryptedData.enter(0x30);
  content.oid();
  const encryption = readPbe(content.enter(0x30));
  return { encryption, data: content.octets(0x80) };
}

function attributesOf(bag: Asn1Reader): { alias: string; trusted: boolean } {
  let alias = '';
  let trusted = false;
  const attributes = bag.optional(0x31);
  if (!attributes) return { alias, trusted };
  for (const attribute of bag.inside(attributes).rest()) {
    const fields = bag.inside(attribute);
    const type = decodeOid(fields.next(0x06).content);
    if (type === OID.trustedKeyUsage) trusted = true;
    if (type !== OID.friendlyName) continue;
    const name = fields.enter(0x31).next(0x1e).content;
    if (name.length % 2 !== 0) throw new Asn1Error('a friendly name is cut off');
    alias = Buffer.from(name).swap16().toString('utf16le');
  }
  return { alias, trusted };
}
