import { fingerprintOf } from '@trustcast/schema';
import { type IntakeItem, suggestAlias } from '@trustcast/x509';
import { type AdmittedCertificate, validateCertificate, refusalOf } from './validate-certificate.js';
import { type CertificateContent, readContent } from './read-content.js';
import type { FieldPath, Refusal } from '../../records/refusal.js';
import { type Result, accepted } from '../../records/result.js';

/** One item of content: a certificate that would be admitted, or the reason it would be refused. */
export interface FoundCertificate {
  /** null: it is no certificate. */
  readonly fingerprint: string | null;
  /** Its alias in a keystore. */
  readonly alias: string | null;
  readonly suggestedAlias: string | null;
  /** null: it would be refused, for the reasons in `refusals`. */
  readonly admitted: AdmittedCertificate | null;
  readonly refusals: readonly Refusal[];
}

export interface FoundCertificates {
  /** The first {@link MAX_FOUND}. */
  readonly certificates: readonly FoundCertificate[];
  readonly count: number;
}

export const MAX_FOUND = 1_000;

/** Every certificate of a client's content, each with its own result. */
export function findCertificates(input: CertificateContent, at: FieldPath): Result<FoundCertificates> {
  const items = readContent(input, at);
  if (!items.ok) return items;
  return accepted({
    certificates: items.value.slice(0, MAX_FOUND).map((item) => foundCertificate(item, at)),
    count: items.value.length,
  });
}

/** The result for one item. @param at its place in the input */
export function foundCertificate({ der, alias, error }: IntakeItem, at: FieldPath = []): FoundCertificate {
  const refused = { alias, suggestedAlias: null, admitted: null };
  if (error) return { ...refused, fingerprint: null, refusals: [refusalOf(error, at)] };
  const validated = validateCertificate(der, at);
  if (!validated.ok) return { ...refused, fingerprint: fingerprintOf(der), refusals: validated.refusals };
  const { fingerprint, fields } = validated.value;
  return { fingerprint, alias, suggestedAlias: suggestAlias(fields), admitted: validated.value, refusals: [] };
}
