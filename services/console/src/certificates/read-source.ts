import type { CertificateSourceInput } from '../api/answer-types.js';
import { PARSE, RETRIEVE } from '../api/operations/certificates.js';
import type { Session } from '../api/session.js';
import type { Found } from './found-tree.js';
import type { Reading } from './source-fields.js';

export interface ReadResult {
  readonly found: readonly Found[];
  /** Whether the server sent its root; null: no server was asked. */
  readonly rootSent: boolean | null;
  readonly problems: readonly { readonly code: string; readonly message: string }[];
}

/** Finds the certificates of a source. Stores nothing. */
export async function readSource(ask: Session['ask'], reading: Reading): Promise<ReadResult> {
  if (reading.source === 'CONNECTION') {
    const { payload } = await ask(RETRIEVE, { input: { url: reading.url } });
    return { found: payload.certificates, rootSent: payload.rootSent, problems: payload.userErrors };
  }
  const { content } = reading;
  const input =
    reading.source === 'FILE'
      ? { file: { content, password: reading.password } }
      : { clipboard: { content, encoding: reading.encoding } };
  const { payload } = await ask(PARSE, { input });
  return { found: payload.certificates, rootSent: null, problems: payload.userErrors };
}

/** What a definition with a found certificate is made from. */
export function sourceInputOf(reading: Reading, { fingerprint, content }: Found): CertificateSourceInput {
  switch (reading.source) {
    case 'CONNECTION':
      return { connection: { url: reading.url, content: content?.pem ?? '' } };
    case 'FILE':
      return { file: { content: reading.content, password: reading.password, fingerprint } };
    case 'CLIPBOARD':
      return { clipboard: { content: reading.content, encoding: reading.encoding, fingerprint } };
  }
}
