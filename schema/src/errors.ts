/**
 * Base of every error that Trustcast raises on purpose.
 *
 * `code` is stable and UPPER_SNAKE; messages may change. `retryable` says whether the same call may succeed later
 * without anybody changing it.
 */
export class TrustcastError extends Error {
  readonly code: string;
  readonly retryable: boolean;

  constructor(code: string, message: string, options: { cause?: unknown; retryable?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}

/** Input that does not have the shape of the contract. The message names the field and the rule, never the value. */
export class MalformedError extends TrustcastError {
  /** Path of the offending member, such as `upserts[3].der`; empty if the error concerns the whole input. */
  readonly field: string;

  constructor(field: string, rule: string, options: { cause?: unknown } = {}) {
    super('MALFORMED', field === '' ? rule : `${field}: ${rule}`, options);
    this.field = field;
  }
}

/** Why a signed document was not accepted. */
export type SignatureErrorCode =
  | 'SIGNATURE_MALFORMED'
  | 'SIGNATURE_WRONG_TYPE'
  | 'SIGNATURE_WRONG_ALGORITHM'
  | 'SIGNATURE_CRITICAL_UNKNOWN'
  | 'SIGNATURE_KEY_UNKNOWN'
  | 'SIGNATURE_INVALID';

/** A signed document whose signature cannot be accepted; its payload was not read. */
export class SignatureError extends TrustcastError {
  declare readonly code: SignatureErrorCode;

  constructor(code: SignatureErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(code, message, options);
  }
}

/** A set or message over one of the {@link LIMITS}. */
export class LimitExceededError extends TrustcastError {
  constructor(what: string, limit: number, actual?: number) {
    super(
      'LIMIT_EXCEEDED',
      actual === undefined ? `${what} is over ${limit}` : `${what} is ${actual}, the limit is ${limit}`,
    );
  }
}
