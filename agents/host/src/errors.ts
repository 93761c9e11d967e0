import type { HttpAnswer, HttpErrorCode } from '@trustcast/http-client';
import { TrustcastError } from '@trustcast/schema';

/** The agent's directory cannot be used: unsafe, locked by another agent, not there, or not this user's. */
export class DirectoryError extends TrustcastError {
  declare readonly code:
    'DIRECTORY_UNSAFE' | 'DIRECTORY_UNUSABLE' | 'DIRECTORY_LOCKED' | 'DIRECTORY_MISSING' | 'DIRECTORY_NOT_PERMITTED';
}

/** The base CAs cannot be read and no good copy is left. */
export class BaseError extends TrustcastError {
  constructor(
    code: 'BASE_NOT_FOUND' | 'BASE_UNREADABLE' | 'BASE_EMPTY' | 'BASE_NOT_KEPT',
    message: string,
    cause?: unknown,
  ) {
    super(code, message, { cause, retryable: true });
  }
}

/** A man in the middle could send any number. */
const MAX_RETRY_AFTER_S = 60;

/** A request that the service did not answer as the contract says. */
export class ServiceRequestError extends TrustcastError {
  declare readonly code: 'HTTP_STATUS' | 'ANOTHER_SERVICE' | HttpErrorCode;
  /** The answer other than 200; null where there was none. */
  readonly answer: HttpAnswer | null;

  constructor(
    code: ServiceRequestError['code'],
    message: string,
    options: { answer?: HttpAnswer; cause?: unknown } = {},
  ) {
    super(code, message, { cause: options.cause, retryable: true });
    this.answer = options.answer ?? null;
  }

  /**
   * The delay of `Retry-After` and up to half as long again, since many agents got the same one; 0 where there is none.
   */
  get retryAfterMs(): number {
    const seconds = Number(this.answer?.headers['retry-after'] ?? 0);
    return seconds > 0 ? Math.min(seconds, MAX_RETRY_AFTER_S) * 1_000 * (1 + Math.random() / 2) : 0;
  }
}

/** Delay that a failed request asks for before the next one, in milliseconds; 0 for none. */
export function retryAfterMsOf(error: unknown): number {
  return error instanceof ServiceRequestError ? error.retryAfterMs : 0;
}

/** Reason why a JVM was not attached; `remember` means that a retry is useless. */
export class AttachError extends TrustcastError {
  readonly remember: boolean;

  constructor(code: string, message: string, options: { remember?: boolean; cause?: unknown } = {}) {
    super(code, message, { cause: options.cause, retryable: !options.remember });
    this.remember = options.remember ?? false;
  }
}
