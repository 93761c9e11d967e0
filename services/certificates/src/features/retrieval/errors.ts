import { TrustcastError } from '@trustcast/schema';
import type { RetrievalStage } from '../records/refusal-details.js';

/** Certificates could not be retrieved; the stage says how far it came. */
export class RetrievalError extends TrustcastError {
  constructor(
    readonly stage: RetrievalStage,
    message: string,
    options: { cause?: unknown } = {},
  ) {
    super('RETRIEVAL_FAILED', message, options);
  }
}
