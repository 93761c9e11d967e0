export { MAX_SUBJECT_BYTES, assertJavaSafe } from './assert-java-safe.js';
export { type CertificateFields, MAX_NAMES, certificateFields } from './certificate-fields.js';
export {
  type CertificateWarning,
  type CertificateWarningCode,
  EXPIRING_DAYS,
  certificateWarnings,
} from './certificate-warnings.js';
export * from './errors.js';
export type { BasicConstraints } from './extension-rules.js';
export type { GeneralNameText, SubjectAlternativeName } from './general-name.js';
export type { KeyUsage } from './key-usage.js';
export { decodeBase64 } from './intake/base64.js';
export { pemOf } from './pem-of.js';
export { pkcs7Of } from './pkcs7-of.js';
export { refusePrivateKeyText } from './intake/private-key.js';
export { type IntakeItem, certificateItem } from './intake/der-items.js';
export {
  type ClipboardEncoding,
  MAX_INPUT_BYTES,
  type ReadCertificatesOptions,
  readCertificateItems,
  readCertificates,
} from './intake/read-certificates.js';
export { suggestAlias } from './suggest-alias.js';
