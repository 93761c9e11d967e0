import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { KeystoreError } from './errors.js';
import { ITERATIONS, Pkcs12File, type Protection } from './pkcs12-file.js';
import { KDF_PURPOSE, bmpPassword, pkcs12Kdf } from './pkcs12-kdf.js';
import type { TruststoreEntry } from './truststore-entry.js';

/** How a truststore is protected. Without a password it is plain, has no MAC, and every reader opens it with any. */
export interface Pkcs12WriterOptions {
  /**
   * Adds an HmacPBESHA256 MAC. Java then opens the file with this password or with none; JDK 8u301, 11.0.12 and later
   * know the algorithm. Printable ASCII, as Java takes no other.
   */
  readonly password?: string;
  /**
   * Encrypts the certificates too (PBES2, AES-256-CBC). Java opened without a password then finds **no** entry and says
   * nothing; certificates are public, so this is for those whose rules demand it. Needs a password.
   */
  readonly encrypt?: boolean;
  /** Salt of all keys, such as the set's digest. Default: SHA-256 of the bags. Writes with one salt derive keys once. */
  readonly salt?: Uint8Array;
}

/**
 * Writes PKCS#12 truststores that every JDK from 8 on reads: one certBag per entry, with its alias as friendlyName and
 * the JDK's trusted-certificate attribute. The same entries and options give the same bytes. Entries stay in the given
 * order.
 */
export class Pkcs12Writer {
  readonly #password: string | undefined;
  readonly #encrypt: boolean;
  readonly #salt: Uint8Array | undefined;
  #keys: { salt: Uint8Array; mac: Buffer; encryption: Buffer | undefined } | undefined;

  /** @throws KeystoreError `KEYSTORE_PASSWORD_REQUIRED`, `KEYSTORE_PASSWORD_INVALID` */
  constructor(options: Pkcs12WriterOptions = {}) {
    if (options.encrypt && options.password === undefined)
      throw new KeystoreError('KEYSTORE_PASSWORD_REQUIRED', 'encryption needs a password');
    // Java's PBEKey takes no other character, and encodes the empty password as no other writer does.
    if (options.password !== undefined && !/^[\x20-\x7e]+$/.test(options.password))
      throw new KeystoreError('KEYSTORE_PASSWORD_INVALID', 'a password is made of printable ASCII characters');
    this.#password = options.password;
    this.#encrypt = options.encrypt ?? false;
    this.#salt = options.salt;
  }

  /** The whole file. @throws KeystoreError `KEYSTORE_ALIAS_COLLISION`, `KEYSTORE_ALIAS_INVALID` */
  write(entries: Iterable<TruststoreEntry>): Buffer {
    const file = new Pkcs12File(entries, this.#protect.bind(this));
    const out = Buffer.allocUnsafe(file.length);
    let at = 0;
    const pieces = file.pieces((length) => out.subarray(at, (at += length)));
    while (!pieces.next().done);
    return out;
  }

  /** The whole file in pieces of about 256 KiB, for files that shall not stand in memory. @throws as {@link write} */
  *chunks(entries: Iterable<TruststoreEntry>): Generator<Buffer, void, undefined> {
    yield* new Pkcs12File(entries, this.#protect.bind(this)).pieces((length) => Buffer.allocUnsafe(length));
  }

  #protect(bags: () => Iterable<Buffer>): Protection | undefined {
    if (this.#password === undefined) return undefined;
    const salt = this.#salt ?? digest(createHash('sha256'), bags());
    if (!this.#keys || Buffer.compare(this.#keys.salt, salt) !== 0)
      this.#keys = {
        salt,
        mac: pkcs12Kdf('sha256', bmpPassword(this.#password), salt, ITERATIONS, KDF_PURPOSE.mac, 32),
        encryption: this.#encrypt ? pbkdf2Sync(this.#password, salt, ITERATIONS, 32, 'sha256') : undefined,
      };
    const { mac, encryption } = this.#keys;
    // A vector that depends on key and content: deterministic, and never the same for two contents.
    const iv = encryption && digest(createHmac('sha256', encryption), bags()).subarray(0, 16);
    return { salt, mac, encryption: encryption && iv && { key: encryption, iv } };
  }
}

/**
 * One file for one set of entries: see {@link Pkcs12Writer}, which keeps derived keys between files.
 *
 * @throws KeystoreError `KEYSTORE_ALIAS_COLLISION` when two aliases are one entry to Java
 */
export function writePkcs12(entries: Iterable<TruststoreEntry>, options?: Pkcs12WriterOptions): Buffer {
  return new Pkcs12Writer(options).write(entries);
}

function digest(hash: ReturnType<typeof createHash | typeof createHmac>, pieces: Iterable<Buffer>): Buffer {
  for (const piece of pieces) hash.update(piece);
  return hash.digest();
}
