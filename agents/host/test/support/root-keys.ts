import { generateKeyPairSync } from 'node:crypto';
import {
  type KeyDocument,
  type KeyList,
  KEY_LIST_TYPE,
  type MultiSigned,
  ROOT_TYPE,
  type SigningKey,
  publicJwkOf,
  rootIdOf,
  signAlso,
  signingKeyOf,
  unsigned,
} from '@trustcast/schema';

const YEAR_MS = 365 * 86_400_000;

export function newKey(): Promise<SigningKey> {
  return signingKeyOf(generateKeyPairSync('ed25519').privateKey);
}

async function signed(type: string, payload: object, keys: readonly SigningKey[]): Promise<MultiSigned> {
  let document = unsigned(payload);
  for (const key of keys) document = signAlso(type, document, key, await publicJwkOf(key.privateKey));
  return document;
}

/** A root of three keys, of which two sign, and the lists that it signs. */
export class RootKeys {
  readonly #keys: readonly SigningKey[];
  readonly #installation: string;
  readonly #root: MultiSigned;
  #version = 0;

  private constructor(installation: string, keys: readonly SigningKey[], root: MultiSigned) {
    this.#installation = installation;
    this.#keys = keys;
    this.#root = root;
  }

  /** @param before a key that hosts have pinned, which hands over to the root */
  static async make(installation: string, before: readonly SigningKey[] = []): Promise<RootKeys> {
    const keys = await Promise.all([newKey(), newKey(), newKey()]);
    const root = { installation, version: 1, threshold: 2, keys: keys.map(({ kid }) => kid) };
    return new RootKeys(installation, keys, await signed(ROOT_TYPE, root, [...keys, ...before]));
  }

  /** What hosts pin. */
  get pin(): string {
    return rootIdOf(this.#root);
  }

  /** The next list, of these keys. */
  async list(keys: readonly SigningKey[], over: Partial<KeyList> = {}): Promise<KeyDocument> {
    const now = Date.now();
    const listed = keys.map(async ({ privateKey }) => ({
      key: await publicJwkOf(privateKey),
      notBefore: now - YEAR_MS,
      notAfter: now + YEAR_MS,
    }));
    const claims: KeyList = {
      installation: this.#installation,
      rootVersion: 1,
      version: ++this.#version,
      issuedAt: now,
      expiresAt: now + YEAR_MS,
      keys: await Promise.all(listed),
      startFrom: [],
      ...over,
    };
    return { roots: [this.#root], list: await signed(KEY_LIST_TYPE, claims, this.#keys.slice(0, 2)) };
  }
}
