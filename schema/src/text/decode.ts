import { LIMITS } from '../limits.js';
import { LimitExceededError, MalformedError } from '../errors.js';
import { isPlain } from './plain-text.js';

/** Readers for untrusted JSON. Each takes a value and the path by which an error names it. */

export type JsonObject = Readonly<Record<string, unknown>>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const SHA256_HEX = /^[0-9a-f]{64}$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const MAX_TIME = Date.UTC(9999, 11, 31);
const MAX_INT32 = 2 ** 31 - 1;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Parses UTF-8 JSON of at most `maxBytes`. @throws MalformedError, LimitExceededError */
export function json(bytes: Uint8Array | string, maxBytes: number, what: string): unknown {
  const size = typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.byteLength;
  if (size > maxBytes) throw new LimitExceededError(`${what} in bytes`, maxBytes, size);
  try {
    return JSON.parse(typeof bytes === 'string' ? bytes : utf8.decode(bytes));
  } catch {
    throw new MalformedError('', `${what} is not JSON in UTF-8`);
  }
}

export function object(value: unknown, field: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new MalformedError(field, 'must be an object');
  return value as JsonObject;
}

export function array(value: unknown, field: string, maxLength: number): readonly unknown[] {
  if (!Array.isArray(value)) throw new MalformedError(field, 'must be an array');
  if (value.length > maxLength) throw new LimitExceededError(`${field} in items`, maxLength, value.length);
  return value;
}

export function text(value: unknown, field: string, maxLength = 1_024): string {
  if (typeof value !== 'string') throw new MalformedError(field, 'must be a string');
  if (value.length > maxLength) throw new MalformedError(field, `must have at most ${maxLength} characters`);
  if (!isPlain(value))
    throw new MalformedError(field, 'must be Unicode without control, format or line-separating characters');
  return value;
}

/** Unicode that may hold control characters, such as a password or a PEM; no NUL, which no database takes. */
export function rawText(value: unknown, field: string, maxLength = 1_024): string {
  if (typeof value !== 'string') throw new MalformedError(field, 'must be a string');
  if (value.length > maxLength) throw new MalformedError(field, `must have at most ${maxLength} characters`);
  if (value.includes('\0') || !value.isWellFormed()) throw new MalformedError(field, 'must be Unicode without NUL');
  return value;
}

/** A non-negative safe integer. */
export function count(value: unknown, field: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0)
    throw new MalformedError(field, 'must be a whole number of at least 0');
  return value as number;
}

/** A whole number that PostgreSQL's `integer` and GraphQL's `Int` hold as well. */
export function int32(value: unknown, field: string): number {
  if (count(value, field) > MAX_INT32) throw new MalformedError(field, `must be at most ${MAX_INT32}`);
  return value as number;
}

/** Milliseconds since 1970, to the end of the year 9999: what a `Date` and ISO 8601 hold as well. */
export function time(value: unknown, field: string): number {
  if (count(value, field) > MAX_TIME) throw new MalformedError(field, 'must be milliseconds since 1970');
  return value as number;
}

/** Reads a safe integer of any sign from decoded JSON. */
export function integer(value: unknown, field: string): number {
  if (!Number.isSafeInteger(value)) throw new MalformedError(field, 'must be a whole number');
  return value as number;
}

export function uuid(value: unknown, field: string): string {
  if (typeof value !== 'string' || !UUID.test(value)) throw new MalformedError(field, 'must be a UUID in lower case');
  return value;
}

export function sha256Hex(value: unknown, field: string): string {
  if (typeof value !== 'string' || !SHA256_HEX.test(value))
    throw new MalformedError(field, 'must be 64 lower-case hex characters');
  return value;
}

/** Canonical standard base64 of a certificate's DER. */
export function derBase64(value: unknown, field: string): Uint8Array {
  if (typeof value !== 'string') throw new MalformedError(field, 'must be a string');
  if (value.length > Math.ceil(LIMITS.derBytes / 3) * 4)
    throw new LimitExceededError(`${field} in bytes`, LIMITS.derBytes);
  if (value.length === 0 || !BASE64.test(value)) throw new MalformedError(field, 'must be base64');
  const der = Buffer.from(value, 'base64');
  if (der.length > LIMITS.derBytes) throw new LimitExceededError(`${field} in bytes`, LIMITS.derBytes, der.length);
  if (der.toString('base64') !== value) throw new MalformedError(field, 'must be canonical base64');
  return der;
}

export function oneOf<const T extends string>(value: unknown, field: string, allowed: readonly T[]): T {
  if (!allowed.includes(value as T)) throw new MalformedError(field, `must be one of ${allowed.join(', ')}`);
  return value as T;
}

/** Applies `read` unless the value is null. */
export function nullable<T>(value: unknown, field: string, read: (value: unknown, field: string) => T): T | null {
  return value === null ? null : read(value, field);
}
