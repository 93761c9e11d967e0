import { isMarker } from '@trustcast/keystore';
import { LIMITS, TrustcastError, fingerprintOf } from '@trustcast/schema';
import {
  type CertificateFields,
  type CertificateWarning,
  NotJavaSafeError,
  assertJavaSafe,
  certificateFields,
  certificateWarnings,
} from '@trustcast/x509';
import type { FieldPath, Refusal } from '../../records/refusal.js';
import { type Result, accepted, rejected } from '../../records/result.js';

/** A certificate that every supported JDK loads. */
export interface AdmittedCertificate {
  readonly der: Uint8Array;
  readonly fingerprint: string;
  readonly fields: CertificateFields;
  readonly warnings: readonly CertificateWarning[];
}

/** Validates a certificate. @param at place of its content in the input */
export function validateCertificate(der: Uint8Array, at: FieldPath): Result<AdmittedCertificate> {
  const field = [...at, 'content'];
  if (der.byteLength > LIMITS.derBytes)
    return rejected({
      code: 'LIMIT_EXCEEDED',
      message: `a certificate has at most ${LIMITS.derBytes} bytes: no JVM needs a larger one, leave it out`,
      field,
    });
  if (isMarker(der))
    return rejected({
      code: 'INVALID_INPUT',
      message: 'this is the marker of a truststore, which is not a CA: leave it out',
      field,
    });
  try {
    assertJavaSafe(der);
    const fields = certificateFields(der);
    // A copy: the rest of an upload is neither stored nor held in memory.
    return accepted({
      der: Uint8Array.from(der),
      fingerprint: fingerprintOf(der),
      fields,
      warnings: certificateWarnings(fields, new Date()),
    });
  } catch (error) {
    if (error instanceof TrustcastError) return rejected(refusalOf(error, at));
    throw error;
  }
}

/** The refusal for an error of reading or validating content. */
export function refusalOf(error: TrustcastError, at: FieldPath): Refusal {
  const { code, message } = error;
  const field = [...at, 'content'];
  if (error instanceof NotJavaSafeError) return { code: 'NOT_JAVA_SAFE', message, field, rule: error.rule };
  switch (code) {
    case 'PRIVATE_KEY_NOT_ALLOWED':
      return { code, message, field };
    case 'WRONG_ENCODING':
      return { code: 'INVALID_INPUT', message, field: [...at, 'encoding'] };
    case 'PASSWORD_REQUIRED':
    case 'PASSWORD_WRONG':
      return { code, message, field: [...at, 'password'] };
    case 'INPUT_TOO_LARGE':
    case 'LIMIT_EXCEEDED':
      return { code: 'LIMIT_EXCEEDED', message, field };
    default:
      return { code: 'MALFORMED_CERTIFICATE', message, field };
  }
}
