import type { Refusal } from './refusal.js';

const FORBIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** A name for people, in NFC: 1 to 128 characters, no control or format characters, no spaces at the edges. */
export function checkName(text: string, field = 'name'): string | Refusal {
  const name = text.normalize('NFC');
  const refuse = (message: string): Refusal => ({ code: 'INVALID_INPUT', message, field: [field] });
  if (name.length === 0) return refuse('must not be empty');
  if (name.length > 128) return refuse('must have at most 128 characters');
  if (FORBIDDEN.test(name)) return refuse('must not contain control or format characters');
  if (name.trim() !== name) return refuse('must not start or end with white space');
  return name;
}

/** Up to 2,000 characters. PostgreSQL stores no NUL. */
export function checkDescription(text: string): string | Refusal {
  if (text.length > 2_000)
    return { code: 'INVALID_INPUT', message: 'must have at most 2000 characters', field: ['description'] };
  if (text.includes('\0') || !text.isWellFormed())
    return { code: 'INVALID_INPUT', message: 'must be well-formed text', field: ['description'] };
  return text.normalize('NFC');
}

/** A client's own key for retries: 1 to 200 printable ASCII characters. @returns '' where there is none */
export function checkIdempotencyKey(text: string | null | undefined): string | Refusal {
  if (text == null || /^[\x20-\x7e]{1,200}$/.test(text)) return text ?? '';
  return { code: 'INVALID_INPUT', message: 'must be 1 to 200 printable ASCII characters', field: ['idempotencyKey'] };
}
