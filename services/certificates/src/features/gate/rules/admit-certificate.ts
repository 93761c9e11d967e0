import { fingerprintOf } from '@trustcast/schema';
import { type AdmittedCertificate, validateCertificate, refusalOf } from './validate-certificate.js';
import { type CertificateContent, readContent } from './read-content.js';
import type { FieldPath, Refusal } from '../../records/refusal.js';

export interface ChosenContent extends CertificateContent {
  /** Selects a certificate where the content has several. */
  readonly fingerprint?: string | null;
}

/** Takes exactly one certificate from a client's content, or returns the reason it is refused. */
export function admitCertificate(input: ChosenContent, at: FieldPath): AdmittedCertificate | Refusal {
  const items = readContent(input, at);
  if ('code' in items) return items;
  const found = new Map<string, Uint8Array>();
  for (const { der, error } of items) {
    if (error) return refusalOf(error, at);
    found.set(fingerprintOf(der), der);
  }
  const [first, ...more] = found;
  const selected = input.fingerprint?.toLowerCase().replaceAll(':', '');
  if (selected === undefined && first && more.length > 0)
    return {
      code: 'MULTIPLE_CERTIFICATES',
      message: `the content holds ${found.size} certificates: pick one by its fingerprint`,
      field: [...at, 'content'],
      fingerprints: [...found.keys()],
    };
  const der = selected === undefined ? first?.[1] : found.get(selected);
  if (der) return validateCertificate(der, at);
  return {
    code: 'INVALID_INPUT',
    message: 'the content holds no certificate with this fingerprint',
    field: [...at, 'fingerprint'],
  };
}
