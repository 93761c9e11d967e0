import { createCipheriv, createHmac } from 'node:crypto';
import { foldAlias } from '@trustcast/schema';
import {
  NULL,
  OCTET_STRING,
  SEQUENCE,
  elementLength,
  encodeAlgorithm,
  encodeElement,
  encodeInteger,
  encodeOid,
  headerLength,
  putHeader,
} from './asn1-encode.js';
import { KeystoreError } from './errors.js';
import { OID } from './oids.js';
import { bagLength, putBag } from './pkcs12-bag.js';
import type { TruststoreEntry } from './truststore-entry.js';

/** Keys of one file. */
export interface Protection {
  readonly salt: Uint8Array;
  readonly mac: Buffer;
  readonly encryption: { readonly key: Buffer; readonly iv: Buffer } | undefined;
}

/** Gives the buffer that the next piece of the file is written into. */
type Room = (length: number) => Buffer;

/** As the JDK's own default since 8u301. */
export const ITERATIONS = 10_000;
const CHUNK_BYTES = 256 * 1024;
const DATA = encodeOid(OID.data);
const NOTHING = Buffer.alloc(0);
const fresh: Room = (length) => Buffer.allocUnsafe(length);

/** The layout of one PKCS#12 file: all lengths are known before its first byte is written. */
export class Pkcs12File {
  readonly length: number;
  readonly #entries: readonly TruststoreEntry[];
  readonly #protection: Protection | undefined;
  readonly #head: Buffer;
  /** Where the AuthenticatedSafe begins, which is what the MAC is made of. */
  readonly #safeHead: Buffer;
  readonly #bagsHead: Buffer;

  constructor(entries: Iterable<TruststoreEntry>, protect: (bags: () => Iterable<Buffer>) => Protection | undefined) {
    this.#entries = [...entries];
    refuseUnusableAliases(this.#entries);
    const bagsLength = this.#entries.reduce((sum, entry) => sum + bagLength(entry), 0);
    this.#bagsHead = Buffer.alloc(headerLength(bagsLength));
    putHeader(this.#bagsHead, 0, SEQUENCE, bagsLength);
    this.#protection = protect(() => this.#bags(fresh));

    const contents = elementLength(bagsLength);
    const encryption = this.#protection?.encryption;
    // PKCS#7 padding always adds 1 to 16 bytes.
    const body = encryption ? (Math.floor(contents / 16) + 1) * 16 : contents;
    this.#safeHead = encryption ? encryptedSafeHead(this.#protection, encryption.iv, body) : plainSafeHead(body);
    const safe = this.#safeHead.length + body;
    const version = encodeInteger(3);
    const safeHead = nested([SEQUENCE, DATA], [0xa0, NOTHING], [OCTET_STRING, NOTHING], safe);
    const tail = this.#protection ? macData(this.#protection.salt, Buffer.alloc(32)).length : 0;
    const pfx = version.length + safeHead.length + safe + tail;
    const pfxHead = Buffer.alloc(headerLength(pfx));
    putHeader(pfxHead, 0, SEQUENCE, pfx);
    this.#head = Buffer.concat([pfxHead, version, safeHead]);
    this.length = pfxHead.length + pfx;
  }

  /** The file, piece by piece, each in the room that was given for it. */
  *pieces(room: Room): Generator<Buffer, void, undefined> {
    yield copied(this.#head, room);
    const protection = this.#protection;
    const mac = protection && createHmac('sha256', protection.mac);
    const safeHead = copied(this.#safeHead, room);
    mac?.update(safeHead);
    yield safeHead;
    for (const piece of protection?.encryption ? this.#encrypted(protection.encryption, room) : this.#bags(room)) {
      mac?.update(piece);
      yield piece;
    }
    if (mac) yield copied(macData(protection.salt, mac.digest()), room);
  }

  *#encrypted({ key, iv }: { key: Buffer; iv: Buffer }, room: Room): Generator<Buffer, void, undefined> {
    const cipher = createCipheriv('aes-256-cbc', key, iv);
    for (const piece of this.#bags(fresh)) yield copied(cipher.update(piece), room);
    yield copied(cipher.final(), room);
  }

  *#bags(room: Room): Generator<Buffer, void, undefined> {
    yield copied(this.#bagsHead, room);
    for (let from = 0; from < this.#entries.length;) {
      let length = 0;
      let to = from;
      for (; to < this.#entries.length && length < CHUNK_BYTES; to++) length += bagLength(this.#at(to));
      const piece = room(length);
      for (let at = 0; from < to; from++) at = putBag(piece, at, this.#at(from));
      yield piece;
    }
  }

  #at(index: number): TruststoreEntry {
    const entry = this.#entries[index];
    if (entry === undefined) throw new RangeError(`no entry ${index}`);
    return entry;
  }
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

/** The headers of elements around each other, outermost first, each with what precedes the next one in its content. */
function nested(...layers: [...[tag: number, before: Buffer][], number]): Buffer {
  let length = layers.at(-1) as number;
  const parts: Buffer[] = [];
  for (const [tag, before] of (layers.slice(0, -1) as [number, Buffer][]).reverse()) {
    length += before.length;
    const header = Buffer.alloc(headerLength(length));
    putHeader(header, 0, tag, length);
    parts.unshift(header, before);
    length += header.length;
  }
  return Buffer.concat(parts);
}

function plainSafeHead(body: number): Buffer {
  return nested([SEQUENCE, NOTHING], [SEQUENCE, DATA], [0xa0, NOTHING], [OCTET_STRING, NOTHING], body);
}

function encryptedSafeHead(protection: Protection | undefined, iv: Buffer, body: number): Buffer {
  const algorithm = pbes2(protection?.salt ?? NOTHING, iv);
  return nested(
    [SEQUENCE, NOTHING],
    [SEQUENCE, encodeOid(OID.encryptedData)],
    [0xa0, NOTHING],
    [SEQUENCE, encodeInteger(0)],
    [SEQUENCE, Buffer.concat([DATA, algorithm])],
    [0x80, NOTHING],
    body,
  );
}

function pbes2(salt: Uint8Array, iv: Uint8Array): Buffer {
  const kdf = encodeElement(
    SEQUENCE,
    encodeElement(OCTET_STRING, salt),
    encodeInteger(ITERATIONS),
    encodeInteger(32),
    encodeAlgorithm(OID.hmacSha256),
  );
  const cipher = encodeAlgorithm(OID.aes256Cbc, encodeElement(OCTET_STRING, iv));
  return encodeAlgorithm(OID.pbes2, encodeElement(SEQUENCE, encodeAlgorithm(OID.pbkdf2, kdf), cipher));
}

function macData(salt: Uint8Array, mac: Uint8Array): Buffer {
  const digest = encodeElement(SEQUENCE, encodeAlgorithm(OID.sha256, NULL), encodeElement(OCTET_STRING, mac));
  return encodeElement(SEQUENCE, digest, encodeElement(OCTET_STRING, salt), encodeInteger(ITERATIONS));
}

function copied(bytes: Uint8Array, room: Room): Buffer {
  const out = room(bytes.length);
  out.set(bytes);
  return out;
}
