import { ServiceError } from '../errors.js';

/** An answer of GraphQL over HTTP. */
export interface Answer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

/** An answer of `/readyz`. */
export interface Readiness {
  readonly reasons?: readonly string[];
  readonly problems?: readonly { readonly code: string; readonly cause: string }[];
}

/** Problem details (RFC 9457); without members where an answer is something else. */
export interface Problem {
  readonly code?: string;
  readonly detail?: string;
}

/** What an answer without user errors has. @throws ServiceError when it is not there */
export function required<Value>(value: Value | null, what: string): Value {
  if (value === null) throw new ServiceError('NOT_TRUSTCAST', `the service answered neither ${what} nor what is wrong`);
  return value;
}

/** Reads an answer as JSON; an answer that is none has no members. */
export function problemOf(bytes: Uint8Array): Problem {
  try {
    return JSON.parse(Buffer.from(bytes).toString()) as Problem;
  } catch {
    return {};
  }
}
