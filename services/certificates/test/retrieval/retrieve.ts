import { parseServerUrl } from '../../src/features/retrieval/rules/server-url.js';
import { RetrievalError } from '../../src/features/retrieval/errors.js';
import { type RetrievalSettings, retrieveChain } from '../../src/features/retrieval/retrieve-chain.js';

export const SETTINGS: RetrievalSettings = { closed: [], proxy: null, timeoutMs: 10_000 };

/** The chain of a server, whose address may be one of this machine. */
export async function retrieve(url: string, settings: Partial<RetrievalSettings> = {}) {
  const server = parseServerUrl(url);
  if (typeof server === 'string') throw new Error(server);
  const { certificates, ...about } = await retrieveChain(server, { ...SETTINGS, ...settings });
  return { ...about, fingerprints: certificates.map(({ fingerprint }) => fingerprint), certificates };
}

/** The stage and message of a failure. */
export async function failure(
  ...given: Parameters<typeof retrieve>
): Promise<{ stage: string; message: string } | undefined> {
  try {
    await retrieve(...given);
    return undefined;
  } catch (error) {
    if (!(error instanceof RetrievalError)) throw error;
    return { stage: error.stage, message: error.message };
  }
}
