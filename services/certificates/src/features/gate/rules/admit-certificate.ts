import { fingerprintOf } from '@trustcast/schema';
import { type AdmittedCertificate, judgeCertificate, refusalOf } from './judge-certificate.js';
import { type CertificateContent, readContent } from './read-content.js';
import type { FieldPath, Refusal } from '../../records/refusal.js';

export interface ChosenContent extends CertificateContent {
  /** The one that is meant where the content holds several. */
  readonly fingerprint?: string | null;
}

/** Takes exactly one certificate from what a client sent, or says why not. */
export function admitCertificate(input: ChosenContent, at: FieldPath): AdmittedCertificate | Refusal {
  const items = readContent(input, at);
  if ('code' in items) return items;
  const found = new Map<string, Uint8Array>();
  for (const { der, error } of items) {
    if (error) return refusalOf(error, at);
    found.set(fingerprintOf(der), der);
  }
  const [first, ...more] = found;
  const chosen = input.fingerprint?.toLowerCase().replaceAll(':', '');
  if (chosen === undefined && first && more.length > 0)
    return {
      code: 'MULTIPLE_CERTIFICATES',
      message: `the content holds ${found.size} certificates: pick one by its fingerprint`,
      field: [...at, 'content'],
      fingerprints: [...found.keys()],
    };
  const der = chosen === undefined ? first?.[1] : found.get(chosen);
  if (der) return judgeCertificate(der, at);
  return {
    code: 'INVALID_INPUT',
    message: 'the content holds no certificate with this fingerprint',
    field: [...at, 'fingerprint'],
  };
}
