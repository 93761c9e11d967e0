import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { foldAlias } from '@trustcast/schema/text/alias.js';
import { BagStore } from './bag-store.js';
import { KeystoreError } from '../errors.js';
import { ITERATIONS, pkcs12Pieces, type Protection } from './pkcs12-file.js';
import { SHA256 } from '../encryption/digests.js';
import { KDF_PURPOSE, bmpPassword, pkcs12Kdf } from '../encryption/pkcs12-kdf.js';
import type { TruststoreEntry } from '../truststore-entry.js';

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
 *
 * A writer remembers what it has encoded, by the identity of the entry: entries must not change, and a file that differs
 * in one of thousands costs little more than that one.
 */
export class Pkcs12Writer {
  readonly #password: string | undefined;
  readonly #encrypt: boolean;
  readonly #salt: Uint8Array | undefined;
  readonly #bags = new BagStore();
  #keys: { salt: Uint8Array; mac: Buffer; encryption: Buffer | undefined } | undefined;

  /** @throws KeystoreError `KEYSTORE_PASSWORD_REQUIRED`, `KEYSTORE_PASSWORD_INVALID` */
  constructor(options: Pkcs12WriterOptions = {}) {
    if (options.encrypt && options.password === undefined)
      throw new KeystoreError('KEYSTORE_PASSWORD_REQUIRED', 'encryption needs a password');
    if (options.password !== undefined && !isPkcs12Password(options.password))
      throw new KeystoreError('KEYSTORE_PASSWORD_INVALID', 'a password is made of printable ASCII characters');
    this.#password = options.password;
    this.#encrypt = options.encrypt ?? false;
    this.#salt = options.salt;
  }

  /** The whole file. @throws as {@link pieces} */
  write(entries: Iterable<TruststoreEntry>): Buffer {
    return Buffer.concat(this.pieces(entries));
  }

  /**
   * The whole file in pieces, for one gathering write. They are views of what the writer keeps: not to be changed.
   *
   * @throws KeystoreError `KEYSTORE_ALIAS_COLLISION`, `KEYSTORE_ALIAS_INVALID`
   */
  pieces(entries: Iterable<TruststoreEntry>): Buffer[] {
    const all = [...entries];
    refuseUnusableAliases(all);
    const bags = this.#bags.runs(all);
    return [...pkcs12Pieces(bags, this.#protect(bags))];
  }

  #protect(bags: readonly Buffer[]): Protection | undefined {
    if (this.#password === undefined) return undefined;
    const salt = this.#salt ?? digest(createHash('sha256'), bags);
    if (!this.#keys || Buffer.compare(this.#keys.salt, salt) !== 0)
      this.#keys = {
        salt,
        mac: pkcs12Kdf(SHA256, bmpPassword(this.#password), salt, ITERATIONS, KDF_PURPOSE.mac, 32),
        encryption: this.#encrypt ? pbkdf2Sync(this.#password, salt, ITERATIONS, 32, 'sha256') : undefined,
      };
    const { mac, encryption } = this.#keys;
    // A vector that depends on key and content: deterministic, and never the same for two contents.
    const iv = encryption && digest(createHmac('sha256', encryption), bags).subarray(0, 16);
    return { salt, mac, encryption: encryption && iv && { key: encryption, iv } };
  }
}

/** Java's PBEKey takes no other character than printable ASCII, and encodes the empty password as no other writer does. */
export function isPkcs12Password(password: string): boolean {
  return /^[\x20-\x7e]+$/.test(password);
}

/**
 * One file for one set of entries: see {@link Pkcs12Writer}, which keeps derived keys between files.
 *
 * @throws KeystoreError `KEYSTORE_ALIAS_COLLISION` when two aliases are one entry to Java
 */
export function writePkcs12(entries: Iterable<TruststoreEntry>, options?: Pkcs12WriterOptions): Buffer {
  return new Pkcs12Writer(options).write(entries);
}

function digest(hash: ReturnType<typeof createHash | typeof createHmac>, pieces: readonly Buffer[]): Buffer {
  for (const piece of pieces) hash.update(piece);
  return hash.digest();
}

function refuseUnusableAliases(entries: readonly TruststoreEntry[]): void {
  const taken = new Set<string>();
  for (const [index, { alias }] of entries.entries()) {
    if (alias === '') throw new KeystoreError('KEYSTORE_ALIAS_INVALID', `entry ${index} has no alias`);
    const key = foldAlias(alias);
    if (taken.has(key))
      throw new KeystoreError('KEYSTORE_ALIAS_COLLISION', `entry ${index} ("${alias}") has the alias of another entry`);
    taken.add(key);
  }
}
