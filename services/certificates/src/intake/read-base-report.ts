import { type BaseReport, TrustcastError, decodeBaseReport } from '@trustcast/schema';

/** What a report of an agent says, or why it cannot be read. */
export function readBaseReport(body: Uint8Array): BaseReport | { readonly code: string; readonly message: string } {
  try {
    return decodeBaseReport(JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')));
  } catch (error) {
    if (error instanceof TrustcastError) return { code: error.code, message: error.message };
    if (error instanceof SyntaxError) return { code: 'MALFORMED', message: 'the report is not JSON' };
    throw error;
  }
}
