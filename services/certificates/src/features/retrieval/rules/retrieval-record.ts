import type { Result } from '../../records/result.js';
import type { RetrievedChain } from './retrieved-chain.js';
import { parseServerUrl } from './server-url.js';

/**
 * What the audit keeps of a retrieval: which server was asked, without path and query of the URL, which may hold a
 * secret, and what came of it; undefined: none was asked.
 */
export function retrievalRecord(url: string, result: Result<RetrievedChain>): object | undefined {
  const server = parseServerUrl(url);
  if (typeof server === 'string') return undefined;
  const { protocol: scheme, host, port } = server;
  const asked = `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  if (!result.ok) {
    const failed = result.refusals.find((refusal) => refusal.code === 'RETRIEVAL_FAILED');
    return failed && { url: asked, outcome: failed.code, stage: failed.stage };
  }
  const { address, protocol, certificates } = result.value;
  const fingerprints = certificates.map(({ fingerprint }) => fingerprint);
  return { url: asked, outcome: 'RETRIEVED', address, protocol, fingerprints };
}
