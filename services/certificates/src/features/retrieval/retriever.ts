import { type Result, accepted, rejected } from '../records/result.js';
import type { RetrievedChain } from './rules/retrieved-chain.js';
import { parseServerUrl } from './rules/server-url.js';
import { RetrievalError } from './errors.js';
import { type RetrievalSettings, retrieveChain } from './retrieve-chain.js';

/** Receives what the server of a URL presents. */
export type Retrieve = (url: string) => Promise<Result<RetrievedChain>>;

/** Each holds a socket and, while a name is looked up, one of the few threads of Node's pool. */
const MAX_AT_ONCE = 10;

export function retriever(settings: RetrievalSettings): Retrieve {
  let running = 0;
  return async (url) => {
    const field = ['url'];
    const server = parseServerUrl(url);
    if (typeof server === 'string') return rejected({ code: 'INVALID_INPUT', message: server, field });
    if (running === MAX_AT_ONCE)
      return rejected({
        code: 'LIMIT_EXCEEDED',
        message: `${MAX_AT_ONCE} retrievals are running already: try again later`,
        field,
      });
    running++;
    try {
      return accepted(await retrieveChain(server, settings));
    } catch (error) {
      if (!(error instanceof RetrievalError)) throw error;
      return rejected({ code: 'RETRIEVAL_FAILED', message: error.message, field, stage: error.stage });
    } finally {
      running--;
    }
  };
}
