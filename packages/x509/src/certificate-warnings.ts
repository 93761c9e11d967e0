import type { CertificateFields } from './certificate-fields.js';
import { isComputedByJava } from './curves.js';

/** What an administrator should know before this certificate is trusted. Stable codes. */
export type CertificateWarningCode =
  | 'EXPIRED'
  | 'NOT_YET_VALID'
  | 'EXPIRING'
  | 'WEAK_KEY'
  | 'WEAK_SIGNATURE'
  | 'LEAF_PIN'
  | 'INTERMEDIATE'
  | 'NOT_A_CA'
  | 'SERIAL_PADDED'
  | 'VALIDITY_UNUSUAL'
  | 'KEY_LARGE'
  | 'CURVE_UNSUPPORTED'
  | 'NAMES_IGNORED';

/** One thing to know; `code` is stable, `message` is a sentence for people. */
export interface CertificateWarning {
  readonly code: CertificateWarningCode;
  readonly message: string;
}

const DAY_MS = 86_400_000;
/** Days before its end from which a certificate counts as expiring. */
export const EXPIRING_DAYS = 30;
/** org.bouncycastle.rsa.max_size, where nothing else is set: BC-FIPS 2.1 and BouncyCastle 1.71 take no more. */
const MAX_RSA_BITS_ELSEWHERE = 15_360;
const WEAK_SIGNATURE = /^(?:MD2|MD5|SHA1)with/;

/** Warnings on a certificate that is trusted directly. None of them keeps it from being loaded. */
export function certificateWarnings(fields: CertificateFields, now: Date): CertificateWarning[] {
  return [
    ...validityWarnings(fields, now),
    ...strengthWarnings(fields),
    ...roleWarnings(fields),
    ...readerWarnings(fields),
  ];
}

function* validityWarnings({ notBefore, notAfter }: CertificateFields, now: Date): Generator<CertificateWarning> {
  const days = Math.floor((notAfter.getTime() - now.getTime()) / DAY_MS);
  if (notAfter < now)
    yield {
      code: 'EXPIRED',
      message: `the certificate expired on ${day(notAfter)}; Java trusts an expired anchor all the same`,
    };
  else if (days < EXPIRING_DAYS)
    yield {
      code: 'EXPIRING',
      message: `the certificate expires on ${day(notAfter)}, in ${days} ${days === 1 ? 'day' : 'days'}`,
    };
  if (notBefore > now)
    yield { code: 'NOT_YET_VALID', message: `the certificate is not valid before ${day(notBefore)}` };
}

function* strengthWarnings(fields: CertificateFields): Generator<CertificateWarning> {
  const { keyAlgorithm, keySize } = fields;
  const least = keyAlgorithm === 'EC' ? 224 : 2048;
  if (keySize !== null && keySize < least)
    yield { code: 'WEAK_KEY', message: `the ${keyAlgorithm} key has ${keySize} bits, fewer than ${least}` };
  // Nobody checks the signature of a self-signed certificate that is trusted.
  if (!fields.selfSigned && WEAK_SIGNATURE.test(fields.signatureAlgorithm))
    yield {
      code: 'WEAK_SIGNATURE',
      message: `the certificate is signed with ${fields.signatureAlgorithm}, which is weak`,
    };
}

function* roleWarnings({ ca, selfSigned }: CertificateFields): Generator<CertificateWarning> {
  if (ca && !selfSigned)
    yield {
      code: 'INTERMEDIATE',
      message: 'the certificate is an intermediate CA, which is replaced more often than its root',
    };
  if (ca) return;
  if (selfSigned)
    yield { code: 'NOT_A_CA', message: 'the certificate is self-signed and not a CA: it covers only its own server' };
  else
    yield {
      code: 'LEAF_PIN',
      message:
        'the certificate is a leaf: trust ends when the server renews it, within 200 days for public ones; trust the issuer instead',
    };
}

function* readerWarnings(fields: CertificateFields): Generator<CertificateWarning> {
  if (fields.serialNumberPadded)
    yield {
      code: 'SERIAL_PADDED',
      message:
        'the serial number is padded: a JVM in which BouncyCastle, BC-FIPS or Conscrypt comes first in the provider list ' +
        'cannot open a truststore with this certificate',
    };
  if (fields.validityUnusual)
    yield {
      code: 'VALIDITY_UNUSUAL',
      message:
        'a time of the validity has an offset, a fraction or no seconds: a JVM in which Conscrypt comes first in the ' +
        'provider list cannot open a truststore with this certificate',
    };
  if (fields.keyAlgorithm.startsWith('RSA') && (fields.keySize ?? 0) > MAX_RSA_BITS_ELSEWHERE)
    yield {
      code: 'KEY_LARGE',
      message:
        `the RSA key has ${fields.keySize} bits, more than ${MAX_RSA_BITS_ELSEWHERE}: a JVM in which BC-FIPS or an older ` +
        'BouncyCastle comes first in the provider list cannot open a truststore with this certificate',
    };
  if (fields.curve !== null && !isComputedByJava(fields.curve))
    yield {
      code: 'CURVE_UNSUPPORTED',
      message:
        `JDK 16 and later load this certificate, but cannot verify signatures of a key on its curve ${fields.curve}: without another ` +
        'security provider they trust no chain that needs it',
    };
  if (fields.subjectAlternativeNames.some(({ ignoredByJava }) => ignoredByJava))
    yield {
      code: 'NAMES_IGNORED',
      message: 'Java cannot read the subject alternative names and ignores them: the server fails the host name check',
    };
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}
