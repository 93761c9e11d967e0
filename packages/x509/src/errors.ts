import { TrustcastError } from '@trustcast/schema/errors.js';

/** A private key was given where certificates are wanted. Nothing of it is repeated or kept. */
export class PrivateKeyNotAllowedError extends TrustcastError {
  constructor() {
    super(
      'PRIVATE_KEY_NOT_ALLOWED',
      'this holds a private key: keep it to yourself, consider it exposed, and give the certificate alone',
    );
  }
}

/** The input was understood and holds no certificate. */
export class NoCertificateError extends TrustcastError {
  constructor(message: string) {
    super('NO_CERTIFICATE', message);
  }
}

/** Why input could not be read. */
export type IntakeErrorCode =
  | 'WRONG_ENCODING'
  | 'MALFORMED_CERTIFICATE'
  | 'PASSWORD_REQUIRED'
  | 'PASSWORD_WRONG'
  | 'INPUT_TOO_LARGE'
  | 'FORMAT_UNSUPPORTED';

/** Input that cannot be read as it is; the message says what to do. */
export class IntakeError extends TrustcastError {
  declare readonly code: IntakeErrorCode;

  constructor(code: IntakeErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(code, message, options);
  }
}

/** A rule of the Java-safe gate. */
export type JavaSafeRule =
  | 'DER'
  | 'STRUCTURE'
  | 'VERSION'
  | 'SIGNATURE_ALGORITHM'
  | 'SIGNATURE_ALGORITHM_MISMATCH'
  | 'EMPTY_ISSUER'
  | 'EMPTY_SUBJECT'
  | 'NAME'
  | 'VALIDITY'
  | 'PUBLIC_KEY'
  | 'PUBLIC_KEY_ALGORITHM'
  | 'KEY_VALUE'
  | 'KEY_UNCHECKED'
  | 'PROVIDER'
  | 'SUBJECT_TOO_LONG'
  | 'UNIQUE_ID'
  | 'EXTENSION'
  | 'DUPLICATE_EXTENSION';

const MAY_FAIL = 'Java may fail to load this certificate';
/** What follows from breaking a rule, where it is not that Java cannot load the certificate. */
const CONSEQUENCES: Partial<Record<JavaSafeRule, string>> = {
  // What these rules refuse breaks a JDK or a provider in most cases, and not in all.
  DER: MAY_FAIL,
  EXTENSION: MAY_FAIL,
  SIGNATURE_ALGORITHM: MAY_FAIL,
  PUBLIC_KEY_ALGORITHM: 'no JDK can use this certificate',
  KEY_VALUE: 'this key is broken, and truststores with it cannot be opened where BouncyCastle comes first',
  KEY_UNCHECKED: 'this key cannot be checked, and one that is broken closes truststores where BouncyCastle comes first',
  PROVIDER: 'truststores with this certificate cannot be opened where BouncyCastle, BC-FIPS or Conscrypt comes first',
  SUBJECT_TOO_LONG: 'servers that ask for client certificates send the subject of every certificate they trust',
};

/**
 * A certificate that some supported JDK, or a provider that may stand in front of its own, cannot load: one such entry makes a whole
 * truststore unreadable.
 */
export class NotJavaSafeError extends TrustcastError {
  readonly rule: JavaSafeRule;

  constructor(rule: JavaSafeRule, message: string, options: { cause?: unknown } = {}) {
    super(
      'NOT_JAVA_SAFE',
      `${CONSEQUENCES[rule] ?? 'Java cannot load this certificate'}: ${message} (${rule})`,
      options,
    );
    this.rule = rule;
  }
}
