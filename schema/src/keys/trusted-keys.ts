import type { KeyObject } from 'node:crypto';
import { TrustcastError } from '../errors.js';
import { CLOCK_SKEW_MS } from '../limits.js';
import { keyFromJwk, thumbprintOf } from '../signed/ed25519-key.js';
import {
  type KeyDocument,
  type KeyList,
  KEY_LIST_TYPE,
  ROOT_TYPE,
  type Root,
  decodeKeyList,
  decodeRoot,
  rootIdOf,
} from './key-document.js';
import { type MultiSigned, signersOf } from './multi-signed.js';

/** Why a list of keys was not taken. */
export type KeyListErrorCode =
  /** None of its roots is pinned, or follows the one that is known. */
  | 'KEY_LIST_OTHER_ROOT'
  /** Too few keys of the root have signed it, or a next root. */
  | 'KEY_LIST_BELOW_THRESHOLD'
  /** List and root are of different times. */
  | 'KEY_LIST_MIXED'
  | 'KEY_LIST_OTHER_INSTALLATION'
  /** A later one is known. */
  | 'KEY_LIST_OLD'
  /** Another one with the same version is known. */
  | 'KEY_LIST_EQUIVOCATION';

/** A list of keys that is not taken; what was known before stays. */
export class KeyListError extends TrustcastError {
  declare readonly code: KeyListErrorCode;
}

/** A list of keys that the root has signed. */
export interface TrustedKeys {
  /** {@link rootIdOf} the root; null: keys that are pinned themselves. */
  readonly rootId: string | null;
  readonly list: KeyList;
  readonly document: KeyDocument;
  /** Keys of the list by thumbprint. */
  readonly keys: ReadonlyMap<string, TrustedKey>;
}

interface TrustedKey {
  readonly publicKey: KeyObject;
  readonly notBefore: number;
  readonly notAfter: number;
}

interface Anchor {
  readonly id: string | null;
  /** Null with keys that are pinned themselves, which know of no installation. */
  readonly installation: string | null;
  readonly root: Pick<Root, 'version' | 'threshold' | 'keys'>;
  /** The roots that follow it. */
  readonly next: readonly MultiSigned[];
}

/**
 * Verifies which keys sign statements, from the root that is pinned or known.
 *
 * @param pins ids of roots and thumbprints of keys; pinned keys are a root of which one signs
 * @param before what is known; nothing earlier is taken
 * @throws KeyListError, MalformedError, LimitExceededError, SignatureError
 */
export function verifyKeyDocument(
  document: KeyDocument,
  pins: readonly string[],
  before: TrustedKeys | null = null,
): TrustedKeys {
  const anchor = anchorOf(document, pins, before);
  let { id, root, installation } = anchor;
  for (const signed of anchor.next) {
    const next = decodeRoot(signed);
    if (next.version !== root.version + 1)
      throw new KeyListError('KEY_LIST_MIXED', `root ${next.version} does not follow root ${root.version}`);
    if (installation !== null && next.installation !== installation) throw otherInstallation();
    demand(ROOT_TYPE, signed, root, `root ${next.version}`);
    demand(ROOT_TYPE, signed, next, `root ${next.version}`);
    id = rootIdOf(signed);
    root = next;
    installation = next.installation;
  }
  const list = decodeKeyList(document.list);
  if (list.rootVersion !== root.version)
    throw new KeyListError(
      'KEY_LIST_MIXED',
      `the list is of root ${list.rootVersion}, and the root is ${root.version}`,
    );
  if (installation !== null && list.installation !== installation) throw otherInstallation();
  demand(KEY_LIST_TYPE, document.list, root, `list ${list.version}`);
  if (before) {
    const order = list.rootVersion - before.list.rootVersion || list.version - before.list.version;
    if (order < 0) throw new KeyListError('KEY_LIST_OLD', `list ${before.list.version} is known already`);
    if (order === 0 && document.list.payload !== before.document.list.payload)
      throw new KeyListError('KEY_LIST_EQUIVOCATION', `another list ${list.version} is known`);
  }
  const keys = list.keys.map(({ key, notBefore, notAfter }) => {
    const trusted: TrustedKey = { publicKey: keyFromJwk(key), notBefore, notAfter: Math.min(notAfter, list.expiresAt) };
    return [thumbprintOf(key), trusted] as const;
  });
  return { rootId: id, list, document, keys: new Map(keys) };
}

/** The keys that are believed by thumbprint: at a time, or with null those of the list at whatever time. */
export function keysAt({ keys }: TrustedKeys, nowMs: number | null): ReadonlyMap<string, KeyObject> {
  const believed = new Map<string, KeyObject>();
  for (const [kid, { publicKey, notBefore, notAfter }] of keys)
    if (nowMs === null || isWithin(nowMs, notBefore, notAfter)) believed.set(kid, publicKey);
  return believed;
}

function isWithin(nowMs: number, from: number, to: number): boolean {
  return nowMs >= from - CLOCK_SKEW_MS && nowMs <= to + CLOCK_SKEW_MS;
}

/** Looks for where trust begins: at the root that is known, or at the last one that is pinned, or at keys that are pinned. */
function anchorOf({ roots }: KeyDocument, pins: readonly string[], before: TrustedKeys | null): Anchor {
  const known = before?.rootId ?? null;
  const at = roots.findLastIndex((root) => (known === null ? pins.includes(rootIdOf(root)) : rootIdOf(root) === known));
  const signed = roots[at];
  if (signed) {
    const root = decodeRoot(signed);
    demand(ROOT_TYPE, signed, root, `root ${root.version}`);
    const { installation } = root;
    return { id: rootIdOf(signed), installation, root, next: roots.slice(at + 1) };
  }
  if (known !== null) {
    const last = roots.at(-1);
    const version = last ? decodeRoot(last).version : 0;
    throw before && version < before.list.rootVersion
      ? new KeyListError('KEY_LIST_OLD', `root ${before.list.rootVersion} is known already`)
      : new KeyListError('KEY_LIST_OTHER_ROOT', 'none of its roots is the one that is known');
  }
  return {
    id: null,
    installation: before?.list.installation ?? null,
    root: { version: 0, threshold: 1, keys: pins },
    next: roots,
  };
}

function demand(type: string, document: MultiSigned, { keys, threshold }: Anchor['root'], what: string): void {
  const { size } = signersOf(type, document, keys);
  if (size < threshold)
    throw new KeyListError(
      'KEY_LIST_BELOW_THRESHOLD',
      `${what} is signed by ${size} of the keys that may, and needs ${threshold}`,
    );
}

function otherInstallation(): KeyListError {
  return new KeyListError('KEY_LIST_OTHER_INSTALLATION', 'it is of another installation');
}
