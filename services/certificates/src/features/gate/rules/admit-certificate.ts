import { fingerprintOf } from '@trustcast/schema';
import { readFingerprint } from '../../records/certificate-input.js';
import { type AdmittedCertificate, validateCertificate, refusalOf } from './validate-certificate.js';
import { type CertificateContent, readContent } from './read-content.js';
import type { FieldPath } from '../../records/refusal.js';
import { type Result, optional, rejected } from '../../records/result.js';

export interface ChosenContent extends CertificateContent {
  /** Selects a certificate where the content has several. */
  readonly fingerprint?: string | null;
}

/** Takes exactly one certificate from a client's content, or returns the reason it is refused. */
export function admitCertificate(input: ChosenContent, at: FieldPath): Result<AdmittedCertificate> {
  const items = readContent(input, at);
  if (!items.ok) return items;
  const found = new Map<string, Uint8Array>();
  for (const { der, error } of items.value) {
    if (error) return rejected(refusalOf(error, at));
    found.set(fingerprintOf(der), der);
  }
  const [first, ...more] = found;
  const selected = optional(input.fingerprint, (text) => readFingerprint(text, [...at, 'fingerprint']));
  if (!selected.ok) return selected;
  if (selected.value === null && first && more.length > 0)
    return rejected({
      code: 'MULTIPLE_CERTIFICATES',
      message: `the content holds ${found.size} certificates: pick one by its fingerprint`,
      field: [...at, 'content'],
      fingerprints: [...found.keys()],
    });
  const der = selected.value === null ? first?.[1] : found.get(selected.value);
  if (der) return validateCertificate(der, at);
  return rejected({
    code: 'INVALID_INPUT',
    message:
      'the content holds no certificate with this fingerprint: name one that it holds, or none where it holds one',
    field: [...at, 'fingerprint'],
  });
}
