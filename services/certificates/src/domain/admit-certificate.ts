import { isMarker } from '@trustcast/keystore';
import { LIMITS, TrustcastError, fingerprintOf } from '@trustcast/schema';
import {
  type CertificateFields,
  type CertificateWarning,
  NotJavaSafeError,
  assertJavaSafe,
  certificateFields,
  certificateWarnings,
  readCertificates,
} from '@trustcast/x509';
import type { Encoding, Source } from './certificate-record.js';
import type { FieldPath, Refusal } from './refusal.js';

/** A certificate that every supported JDK loads. */
export interface AdmittedCertificate {
  readonly der: Uint8Array;
  readonly fingerprint: string;
  readonly fields: CertificateFields;
  readonly warnings: readonly CertificateWarning[];
}

export interface CertificateContent {
  readonly source: Source;
  readonly encoding?: Encoding | null;
  readonly content: string;
  /** Of a PKCS#12, JKS or JCEKS file. */
  readonly password?: string | null;
  /** The one that is meant where the content holds several. */
  readonly fingerprint?: string | null;
}

/** Takes exactly one certificate from what a client sent, or says why not. Nothing of the content is repeated. */
export function admitCertificate(input: CertificateContent, at: FieldPath): AdmittedCertificate | Refusal {
  const field = [...at, 'content'];
  try {
    const found = readContent(input).map((der) => ({ der, fingerprint: fingerprintOf(der) }));
    const unique = [...new Map(found.map((item) => [item.fingerprint, item])).values()];
    const chosen = input.fingerprint?.toLowerCase().replaceAll(':', '');
    const [picked] = chosen === undefined ? unique : unique.filter(({ fingerprint }) => fingerprint === chosen);
    if (chosen !== undefined && !picked)
      return {
        code: 'INVALID_INPUT',
        message: 'the content has no certificate with this fingerprint',
        field: [...at, 'fingerprint'],
      };
    if (!picked) return { code: 'MALFORMED_CERTIFICATE', message: 'the content holds no certificate', field };
    if (chosen === undefined && unique.length > 1)
      return {
        code: 'MULTIPLE_CERTIFICATES',
        message: `the content holds ${unique.length} certificates: pick one by its fingerprint`,
        field,
        fingerprints: unique.map(({ fingerprint }) => fingerprint),
      };
    if (picked.der.byteLength > LIMITS.derBytes)
      return { code: 'LIMIT_EXCEEDED', message: `a certificate has at most ${LIMITS.derBytes} bytes`, field };
    if (isMarker(picked.der))
      return { code: 'INVALID_INPUT', message: "this is a truststore's marker, which signs nothing", field };
    assertJavaSafe(picked.der);
    const fields = certificateFields(picked.der);
    return { ...picked, fields, warnings: certificateWarnings(fields, new Date()) };
  } catch (error) {
    if (error instanceof TrustcastError) return refusalOf(error, at);
    throw error;
  }
}

function readContent({ source, encoding, content, password }: CertificateContent): Uint8Array[] {
  if (encoding != null) return readCertificates(content, { encoding });
  if (source !== 'FILE') return readCertificates(content, { encoding: 'BASE64PEM' });
  // A file travels as base64 of its bytes; PEM is text already.
  const file = content.includes('-----') ? content : Buffer.from(content, 'base64');
  return readCertificates(file, password == null ? {} : { password });
}

function refusalOf(error: TrustcastError, at: FieldPath): Refusal {
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
      return { code: 'INVALID_INPUT', message, field: [...at, 'password'] };
    case 'INPUT_TOO_LARGE':
    case 'LIMIT_EXCEEDED':
      return { code: 'LIMIT_EXCEEDED', message, field };
    default:
      return { code: 'MALFORMED_CERTIFICATE', message, field };
  }
}
