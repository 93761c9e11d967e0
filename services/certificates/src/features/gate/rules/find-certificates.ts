import { fingerprintOf } from '@trustcast/schema';
import { type IntakeItem, suggestAlias } from '@trustcast/x509';
import { type AdmittedCertificate, judgeCertificate, refusalOf } from './judge-certificate.js';
import { type CertificateContent, readContent } from './read-content.js';
import type { FieldPath, Refusal } from '../../records/refusal.js';

/** One item of what was given or presented: a certificate that would be admitted, or why it would not be. */
export interface FoundCertificate {
  /** null: it is no certificate. */
  readonly fingerprint: string | null;
  /** The name that a keystore has it under. */
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

/** Every certificate of what a client sent, each with its own result. */
export function findCertificates(input: CertificateContent, at: FieldPath): FoundCertificates | Refusal {
  const items = readContent(input, at);
  if ('code' in items) return items;
  return {
    certificates: items.slice(0, MAX_FOUND).map((item) => foundCertificate(item, at)),
    count: items.length,
  };
}

/** @param at where in the input it was given */
export function foundCertificate({ der, alias, error }: IntakeItem, at: FieldPath = []): FoundCertificate {
  if (error) return { fingerprint: null, alias, suggestedAlias: null, admitted: null, refusal: refusalOf(error, at) };
  const judged = judgeCertificate(der, at);
  return 'code' in judged
    ? { fingerprint: fingerprintOf(der), alias, suggestedAlias: null, admitted: null, refusal: judged }
    : {
        fingerprint: judged.fingerprint,
        alias,
        suggestedAlias: suggestAlias(judged.fields),
        admitted: judged,
        refusal: null,
      };
}
