import { type BaseReport, TrustcastError, decodeBaseReport, foldAlias } from '@trustcast/schema';
import { certificateFields } from '@trustcast/x509';
import { storable, x509Row } from '../gate/rules/x509-rows.js';

/** What a base holds, in the JSON of the rows that are stored: made where it is read, and handed on as text. */
export interface ReadBase {
  readonly digest: string;
  /** null: the report names the digest alone. */
  readonly rows: { readonly certificates: string; readonly entries: string } | null;
}

/** What a report of an agent says, or why it cannot be read. */
export function readBaseReport(body: Uint8Array): ReadBase | { readonly code: string; readonly message: string } {
  try {
    const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
    const { digest, entries } = decodeBaseReport(JSON.parse(text));
    return { digest, rows: entries && rowsOf(entries) };
  } catch (error) {
    if (error instanceof TrustcastError) return { code: error.code, message: error.message };
    if (error instanceof SyntaxError) return { code: 'MALFORMED', message: 'the report is not JSON' };
    throw error;
  }
}

function rowsOf(entries: NonNullable<BaseReport['entries']>): ReadBase['rows'] {
  const read = entries.flatMap(({ alias, der }) => {
    const certificate = readable(der);
    return certificate ? [{ alias, certificate }] : [];
  });
  const lines = read.map(({ alias, certificate: { fingerprint } }) => ({
    alias,
    aliasKey: foldAlias(alias),
    fingerprint,
  }));
  return {
    certificates: JSON.stringify(
      read.map(({ certificate }) => x509Row(certificate)),
      storable,
    ),
    entries: JSON.stringify(lines),
  };
}

/** JVMs trust a base as it is: what cannot be read here is not shown, and is no reason to refuse the rest. */
function readable(der: Uint8Array): Parameters<typeof x509Row>[0] | null {
  try {
    const fields = certificateFields(der);
    return { der, fingerprint: fields.fingerprintSha256, fields };
  } catch {
    return null;
  }
}
