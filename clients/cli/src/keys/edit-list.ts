import {
  type KeyDocument,
  type KeyList,
  KEY_LIST_TYPE,
  type MultiSigned,
  ROOT_TYPE,
  type Root,
  type SigningKey,
  type Ed25519Jwk,
  decodeKeyList,
  decodeRoot,
  signAlso,
  signersOf,
  unsigned,
} from '@trustcast/schema';
import { KeysError } from './key-files.js';

type Signer = SigningKey & { readonly jwk: Ed25519Jwk };

/** The first root, and a list without keys. */
export function firstDocument(
  root: Omit<Root, 'version'>,
  dates: Pick<KeyList, 'issuedAt' | 'expiresAt'>,
): KeyDocument {
  const { installation, threshold, keys } = root;
  const list: KeyList = { installation, rootVersion: 1, version: 1, ...dates, keys: [], startFrom: [] };
  return { roots: [unsigned({ installation, version: 1, threshold, keys })], list: unsigned(list) };
}

/** Changes the list. One that was signed is left as it is: the change is its next version, which the root must sign. */
export function editList(document: KeyDocument, edit: (list: KeyList) => KeyList): KeyDocument {
  const list = decodeKeyList(document.list);
  const next = edit(list);
  const isDraft = document.list.signatures.length === 0;
  return { ...document, list: unsigned({ ...next, version: isDraft ? list.version : list.version + 1 }) };
}

/** Adds the next root, which the keys of the one before sign as well, and a first list under it. */
export function nextRoot(document: KeyDocument, { threshold, keys }: Pick<Root, 'threshold' | 'keys'>): KeyDocument {
  const last = document.roots.at(-1);
  if (!last) throw new KeysError('the key list has no root');
  if (missing(document).some(({ document: open }) => open === last))
    throw new KeysError('the last root is not signed yet: sign it, or begin anew');
  const { installation, version } = decodeRoot(last);
  const root = { installation, version: version + 1, threshold, keys };
  const list = { ...decodeKeyList(document.list), rootVersion: version + 1, version: 1 };
  return { roots: [...document.roots, unsigned(root)], list: unsigned(list) };
}

/** Signs with each key what it may sign. @param handOver a key that hosts have pinned, which signs the first root as well */
export function signDocument(document: KeyDocument, signers: readonly Signer[], handOver: Signer | null): KeyDocument {
  const roots = document.roots.map(decodeRoot);
  const sign = (type: string, signed: MultiSigned, may: readonly string[]) =>
    signers.filter(({ kid }) => may.includes(kid)).reduce((open, key) => signAlso(type, open, key, key.jwk), signed);
  const signed = document.roots.map((root, index) =>
    sign(ROOT_TYPE, root, [...(roots[index - 1]?.keys ?? []), ...(roots[index]?.keys ?? [])]),
  );
  const [first, ...more] = signed;
  return {
    roots: first && handOver ? [signAlso(ROOT_TYPE, first, handOver, handOver.jwk), ...more] : signed,
    list: sign(KEY_LIST_TYPE, document.list, roots.at(-1)?.keys ?? []),
  };
}

/** What still needs signatures, of how many keys, and of which. */
export interface Missing {
  readonly document: MultiSigned;
  readonly what: string;
  readonly count: number;
  readonly keys: readonly string[];
}

export function missing({ roots, list }: KeyDocument): Missing[] {
  const decoded = roots.map(decodeRoot);
  const lack = (type: string, document: MultiSigned, what: string, root: Root | undefined): Missing[] => {
    if (!root) return [];
    const signers = signersOf(type, document, root.keys);
    const keys = root.keys.filter((kid) => !signers.has(kid));
    return signers.size < root.threshold ? [{ document, what, count: root.threshold - signers.size, keys }] : [];
  };
  const open = roots.flatMap((root, index) => {
    const version = decoded[index]?.version ?? 0;
    return [
      ...lack(ROOT_TYPE, root, `root ${version}, under root ${version - 1}`, decoded[index - 1]),
      ...lack(ROOT_TYPE, root, `root ${version}`, decoded[index]),
    ];
  });
  return [...open, ...lack(KEY_LIST_TYPE, list, `list ${decodeKeyList(list).version}`, decoded.at(-1))];
}
