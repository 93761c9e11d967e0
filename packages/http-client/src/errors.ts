import { TrustcastError } from '@trustcast/schema';

export type HttpErrorCode = 'HTTP_FAILED' | 'HTTP_TIMEOUT' | 'HTTP_TOO_LARGE';

/** A request that got no whole answer. What lies below, such as `ECONNREFUSED`, is its cause. */
export class HttpError extends TrustcastError {
  declare readonly code: HttpErrorCode;

  constructor(code: HttpErrorCode, message: string, cause?: unknown) {
    super(code, message, { cause, retryable: true });
  }
}
