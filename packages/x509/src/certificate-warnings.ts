import type { CertificateFields } from './certificate-fields.js';

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
  | 'NAMES_IGNORED';

export interface CertificateWarning {
  readonly code: CertificateWarningCode;
  readonly message: string;
}

const DAY_MS = 86_400_000;
/** Days before its end from which a certificate counts as expiring. */
export const EXPIRING_DAYS = 30;
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
    yield { code: 'EXPIRED', message: `it expired on ${day(notAfter)}; Java trusts an expired anchor all the same` };
  else if (days < EXPIRING_DAYS)
    yield { code: 'EXPIRING', message: `it expires on ${day(notAfter)}, in ${days} ${days === 1 ? 'day' : 'days'}` };
  if (notBefore > now) yield { code: 'NOT_YET_VALID', message: `it is valid from ${day(notBefore)} on` };
}

function* strengthWarnings(fields: CertificateFields): Generator<CertificateWarning> {
  const { keyAlgorithm, keySize } = fields;
  const least = keyAlgorithm === 'EC' ? 224 : 2048;
  if (keySize !== null && keySize < least)
    yield { code: 'WEAK_KEY', message: `its ${keyAlgorithm} key has ${keySize} bits, less than ${least}` };
  // Nobody checks the signature of a self-signed certificate that is trusted.
  if (!fields.selfSigned && WEAK_SIGNATURE.test(fields.signatureAlgorithm))
    yield { code: 'WEAK_SIGNATURE', message: `it is signed with ${fields.signatureAlgorithm}` };
}

function* roleWarnings({ ca, selfSigned }: CertificateFields): Generator<CertificateWarning> {
  if (ca && !selfSigned)
    yield { code: 'INTERMEDIATE', message: 'it is an intermediate CA, which is replaced more often than its root' };
  if (ca) return;
  if (selfSigned)
    yield { code: 'NOT_A_CA', message: 'it is self-signed and no CA: it vouches for its own server alone' };
  else
    yield {
      code: 'LEAF_PIN',
      message:
        'it is a leaf: trust ends when its server renews, and public leaves live 200 days or less; trust the issuer instead',
    };
}

function* readerWarnings(fields: CertificateFields): Generator<CertificateWarning> {
  if (fields.serialNumberPadded)
    yield {
      code: 'SERIAL_PADDED',
      message:
        'its serial number is padded: a JVM in which BouncyCastle, BC-FIPS or Conscrypt comes first in the provider list ' +
        'cannot open the truststore while it is there',
    };
  if (fields.validityUnusual)
    yield {
      code: 'VALIDITY_UNUSUAL',
      message:
        'a time of its validity has an offset, a fraction or no seconds: a JVM in which Conscrypt comes first in the ' +
        'provider list cannot open the truststore while it is there',
    };
  if (fields.subjectAlternativeNames.some(({ ignoredByJava }) => ignoredByJava))
    yield {
      code: 'NAMES_IGNORED',
      message: 'Java cannot read its subject alternative names and ignores them: its server fails the host name check',
    };
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}
