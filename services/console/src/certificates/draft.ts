import type { CertificateDefinitionInput, CertificateSource, CertificateSourceInput } from '../api/answer-types.js';
import type { Content } from '../parts/content-fields.js';

/** A definition as it is written, before it is stored. */
export interface Draft {
  /** Tells drafts apart. */
  readonly key: string;
  /** Of the definition that is changed; null: a new one. */
  readonly id: string | null;
  readonly environments: readonly string[];
  readonly alias: string;
  readonly source: CertificateSource;
  readonly url: string;
  readonly content: Content;
  readonly warnings: readonly string[];
  /** Null: the certificate that it has. */
  readonly from: CertificateSourceInput | null;
}

export function inputOf({ environments, alias, from }: Draft): CertificateDefinitionInput {
  if (!from) throw new Error('a new definition has no certificate');
  return { environments, alias, from };
}

/** An idempotency key for each input: sending the same once more changes nothing twice. */
export function keysOfInputs(): (input: object) => string {
  const keys = new Map<string, string>();
  return (input) => {
    const text = JSON.stringify(input);
    const key = keys.get(text) ?? Array.from(crypto.getRandomValues(new Uint8Array(16)), hex).join('');
    keys.set(text, key);
    return key;
  };
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
