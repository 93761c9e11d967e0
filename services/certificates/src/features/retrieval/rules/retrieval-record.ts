import type { Refusal } from '../../records/refusal.js';
import type { RetrievedChain } from './retrieved-chain.js';
import { parseServerUrl } from './server-url.js';

/**
 * What the audit keeps of a retrieval: which server was asked, without path and query of the URL, which may hold a
 * secret, and what came of it; undefined: none was asked.
 */
export function retrievalRecord(url: string, outcome: RetrievedChain | Refusal): object | undefined {
  const server = parseServerUrl(url);
  if (typeof server === 'string') return undefined;
  const { protocol: scheme, host, port } = server;
  const asked = `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  if ('code' in outcome)
    return outcome.code === 'RETRIEVAL_FAILED'
      ? { url: asked, outcome: outcome.code, stage: outcome.stage }
      : undefined;
  const { address, protocol, certificates } = outcome;
  const fingerprints = certificates.map(({ fingerprint }) => fingerprint);
  return { url: asked, outcome: 'RETRIEVED', address, protocol, fingerprints };
}
