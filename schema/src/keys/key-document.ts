import { MalformedError } from '../errors.js';
import { LIMITS } from '../limits.js';
import { type Position, decodePosition } from '../set/position.js';
import { type Ed25519Jwk, thumbprintOf } from '../signed/ed25519-key.js';
import { canonicalJwk } from '../signed/self-signed.js';
import * as decode from '../text/decode.js';
import { type MultiSigned, decodeMultiSigned, payloadDigest, payloadOf } from './multi-signed.js';

/** JWS `typ` of a root. */
export const ROOT_TYPE = 'trustcast-root+jwt';
/** JWS `typ` of a list of keys that sign statements. */
export const KEY_LIST_TYPE = 'trustcast-key-list+jwt';

/** Who may say which keys sign statements: `threshold` of these keys. */
export interface Root {
  readonly installation: string;
  /** 1 for the first; each next one is greater by one, and signed under the one before. */
  readonly version: number;
  readonly threshold: number;
  /** RFC 7638 thumbprints, each once. */
  readonly keys: readonly string[];
}

/** A key that signs statements, from `notBefore` to `notAfter`, in milliseconds since the Unix epoch. */
export interface ListedKey {
  readonly key: Ed25519Jwk;
  readonly notBefore: number;
  readonly notAfter: number;
}

/** Where hosts of an environment start again that are further by the word of a key that is in the list no more. */
export interface StartPosition extends Position {
  /** UUID. */
  readonly environment: string;
}

/** The keys that sign statements. */
export interface KeyList {
  readonly installation: string;
  /** Of the root that has signed it; 0: a key that is pinned itself. */
  readonly rootVersion: number;
  /** Greater than that of every list before, under the same root. */
  readonly version: number;
  /** Milliseconds since the Unix epoch. */
  readonly issuedAt: number;
  /** No key of it is believed afterwards. */
  readonly expiresAt: number;
  readonly keys: readonly ListedKey[];
  readonly startFrom: readonly StartPosition[];
}

/** What the service hands on, as `trustcast-keys` writes it: roots in their order, and the list that the last of them has signed. */
export interface KeyDocument {
  readonly roots: readonly MultiSigned[];
  readonly list: MultiSigned;
}

const MAX_ROOTS = 16;
const MAX_KEYS = 16;
const MAX_STARTS = 128;
const THUMBPRINT = /^[A-Za-z0-9_-]{43}$/;

/** Reads a document from untrusted JSON; nothing is verified. @throws MalformedError, LimitExceededError */
export function decodeKeyDocument(value: unknown, field: string): KeyDocument {
  const document = decode.object(value, field);
  return {
    roots: decode
      .array(document.roots, `${field}.roots`, MAX_ROOTS)
      .map((root, index) => decodeMultiSigned(root, `${field}.roots[${index}]`)),
    list: decodeMultiSigned(document.list, `${field}.list`),
  };
}

/** Reads a document from the text of a file. @throws MalformedError, LimitExceededError */
export function parseKeyDocument(text: string): KeyDocument {
  return decodeKeyDocument(decode.json(text, LIMITS.keyDocumentBytes, 'the key list'), 'keys');
}

/** By which hosts pin a root: SHA-256 of its payload with a domain before it, so that it is no key's thumbprint. */
export function rootIdOf(document: MultiSigned): string {
  return payloadDigest('trustcast-root/1', document);
}

/** Reads the claims of a root, which are not verified here. @throws MalformedError, LimitExceededError */
export function decodeRoot(document: MultiSigned): Root {
  const claims = payloadOf(document, 'root');
  const keys = distinct(
    decode.array(claims.keys, 'root.keys', MAX_KEYS).map((kid, index) => {
      const field = `root.keys[${index}]`;
      const text = decode.rawText(kid, field);
      if (!THUMBPRINT.test(text)) throw new MalformedError(field, 'must be a SHA-256 thumbprint in base64url');
      return text;
    }),
    'root.keys',
  );
  const root: Root = {
    installation: decode.uuid(claims.installation, 'root.installation'),
    version: decode.int32(claims.version, 'root.version'),
    threshold: decode.int32(claims.threshold, 'root.threshold'),
    keys,
  };
  if (root.version < 1) throw new MalformedError('root.version', 'must be at least 1');
  if (root.threshold < 1 || root.threshold > keys.length)
    throw new MalformedError('root.threshold', 'must be from 1 to the number of keys');
  return root;
}

/** Reads the claims of a list, which are not verified here. @throws MalformedError, LimitExceededError */
export function decodeKeyList(document: MultiSigned): KeyList {
  const claims = payloadOf(document, 'list');
  const keys = decode.array(claims.keys, 'list.keys', MAX_KEYS).map((item, index) => {
    const field = `list.keys[${index}]`;
    const listed = decode.object(item, field);
    const key: ListedKey = {
      key: canonicalJwk(listed.key),
      notBefore: decode.time(listed.notBefore, `${field}.notBefore`),
      notAfter: decode.time(listed.notAfter, `${field}.notAfter`),
    };
    if (key.notAfter <= key.notBefore) throw new MalformedError(`${field}.notAfter`, 'must be after notBefore');
    return key;
  });
  distinct(
    keys.map(({ key }) => thumbprintOf(key)),
    'list.keys',
  );
  const startFrom = decode.array(claims.startFrom, 'list.startFrom', MAX_STARTS).map((item, index) => {
    const field = `list.startFrom[${index}]`;
    const environment = decode.uuid(decode.object(item, field).environment, `${field}.environment`);
    return { environment, ...decodePosition(item, field) };
  });
  distinct(
    startFrom.map(({ environment }) => environment),
    'list.startFrom',
  );
  return {
    installation: decode.uuid(claims.installation, 'list.installation'),
    rootVersion: decode.int32(claims.rootVersion, 'list.rootVersion'),
    version: decode.int32(claims.version, 'list.version'),
    issuedAt: decode.time(claims.issuedAt, 'list.issuedAt'),
    expiresAt: decode.time(claims.expiresAt, 'list.expiresAt'),
    keys,
    startFrom,
  };
}

function distinct(values: readonly string[], field: string): readonly string[] {
  if (new Set(values).size !== values.length) throw new MalformedError(field, 'must not repeat itself');
  return values;
}
