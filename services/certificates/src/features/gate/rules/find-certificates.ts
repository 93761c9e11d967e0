import { fingerprintOf } from '@trustcast/schema';
import { type IntakeItem, suggestAlias } from '@trustcast/x509';
import { type AdmittedCertificate, validateCertificate, refusalOf } from './validate-certificate.js';
import { type CertificateContent, readContent } from './read-content.js';
import type { FieldPath, Refusal } from '../../records/refusal.js';

/** One item of content: a certificate that would be admitted, or the reason it would be refused. */
export interface FoundCertificate {
  /** null: it is no certificate. */
  readonly fingerprint: string | null;
  /** Its alias in a keystore. */
  readonly alias: string | null;
  readonly suggestedAlias: string | null;
  /** null: it would be refused. */
  readonly admitted: AdmittedCertificate | null;
  readonly refusal: Refusal | null;
}

export interface FoundCertificates {
  /** The first {@link MAX_FOUND}. */
  readonly certificates: readonly FoundCertificate[];
  readonly count: number;
}

export const MAX_FOUND = 1_000;

/** Every certificate of a client's content, each with its own result. */
export function findCertificates(input: CertificateContent, at: FieldPath): FoundCertificates | Refusal {
  const items = readContent(input, at);
  if ('code' in items) return items;
  return {
    certificates: items.slice(0, MAX_FOUND).map((item) => foundCertificate(item, at)),
    count: items.length,
  };
}

/** The result for one item. @param at its place in the input */
export function foundCertificate({ der, alias, error }: IntakeItem, at: FieldPath = []): FoundCertificate {
  if (error) return { fingerprint: null, alias, suggestedAlias: null, admitted: null, refusal: refusalOf(error, at) };
  const validated = validateCertificate(der, at);
  return 'code' in validated
    ? { fingerprint: fingerprintOf(der), alias, suggestedAlias: null, admitted: null, refusal: validated }
    : {
        fingerprint: validated.fingerprint,
        alias,
        suggestedAlias: suggestAlias(validated.fields),
        admitted: validated,
        refusal: null,
      };
}
