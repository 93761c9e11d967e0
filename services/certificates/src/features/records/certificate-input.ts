import {
  CERTIFICATE_TEXTS,
  type CertificateText,
  type CertificateTexts,
  ENVIRONMENT_NAME_RULE,
  type EnvironmentName,
  FINGERPRINT_RULE,
  type Fingerprint,
  type GivenTexts,
  MalformedError,
  eachText,
  isEnvironmentName,
  parseFingerprint,
} from '@trustcast/schema';
import type { FieldPath } from './refusal.js';
import { type Result, accepted, all, allOf, optional, rejected } from './result.js';

const FORBIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Reads a name for people, in NFC: 1 to 128 characters, no control or format characters, no spaces at the edges. */
export function readName(text: string, field = 'name'): Result<string> {
  const name = text.normalize('NFC');
  const refuse = (message: string) => rejected({ code: 'INVALID_INPUT', message, field: [field] });
  if (name.length === 0) return refuse('must not be empty');
  if (name.length > 128) return refuse('must have at most 128 characters');
  if (FORBIDDEN.test(name)) return refuse('must not contain control or format characters');
  if (name.trim() !== name) return refuse('must not start or end with white space');
  return accepted(name);
}

function readText(name: CertificateText, text: string): Result<string> {
  const { maxLength } = CERTIFICATE_TEXTS[name];
  const refuse = (message: string) => rejected({ code: 'INVALID_INPUT', message, field: [name] });
  if (text.length > maxLength) return refuse(`must have at most ${maxLength} characters`);
  // PostgreSQL stores no NUL.
  if (text.includes('\0') || !text.isWellFormed()) return refuse('must be well-formed text');
  return accepted(text.normalize('NFC'));
}

/** Reads the texts of a new certificate: those that are not given are empty. */
export function readTexts(given: GivenTexts): Result<CertificateTexts> {
  return all(eachText((name) => readText(name, given[name] ?? '')));
}

/** Reads the texts of an update: null for those that stay. */
export function readGivenTexts(given: GivenTexts): Result<GivenTexts> {
  return all(eachText((name) => optional(given[name], (text) => readText(name, text))));
}

/** Reads a client's own key for retries: 1 to 200 printable ASCII characters. @returns '' where there is none */
export function readIdempotencyKey(text: string | null | undefined): Result<string> {
  if (text == null || /^[\x20-\x7e]{1,200}$/.test(text)) return accepted(text ?? '');
  const message = 'must be 1 to 200 printable ASCII characters';
  return rejected({ code: 'INVALID_INPUT', message, field: ['idempotencyKey'] });
}

/** Reads the name of an environment that is to be created. */
export function readEnvironmentName(text: string): Result<EnvironmentName> {
  if (isEnvironmentName(text)) return accepted(text);
  return rejected({ code: 'INVALID_INPUT', message: ENVIRONMENT_NAME_RULE, field: ['name'] });
}

/** Reads a fingerprint as people write it. */
export function readFingerprint(text: string, field: FieldPath): Result<Fingerprint> {
  try {
    return accepted(parseFingerprint(text));
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    return rejected({ code: 'INVALID_INPUT', message: FINGERPRINT_RULE, field });
  }
}

/** Reads a list of fingerprints. */
export function readFingerprints(texts: readonly string[], field: string): Result<readonly Fingerprint[]> {
  return allOf(texts.map((text, index) => readFingerprint(text, [field, String(index)])));
}
