import { type SetScope, TrustcastError, decodeHeldSet, heldDigest } from '@trustcast/schema';

/** What a host says that it holds; its statement is not verified here. */
export interface ReadHeldSet {
  readonly statement: string;
  /** JSON of the rows that are stored, handed on as text, and the digest of them; null: the statement came alone. */
  readonly entries: { readonly json: string; readonly digest: string } | null;
}

/** What a report of an agent says, or why it cannot be read. */
export function readHeldSet(
  body: Uint8Array,
  scope: SetScope,
): ReadHeldSet | { readonly code: string; readonly message: string } {
  try {
    const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
    const { statement, entries } = decodeHeldSet(JSON.parse(text));
    return { statement, entries: entries && { json: JSON.stringify(entries), digest: heldDigest(scope, entries) } };
  } catch (error) {
    if (error instanceof TrustcastError) return { code: error.code, message: error.message };
    if (error instanceof SyntaxError) return { code: 'MALFORMED', message: 'the report is not JSON' };
    throw error;
  }
}
