export { assertJavaSafe } from './assert-java-safe.js';
export { type CertificateFields, MAX_NAMES, certificateFields } from './certificate-fields.js';
export {
  type CertificateWarning,
  type CertificateWarningCode,
  EXPIRING_DAYS,
  certificateWarnings,
} from './certificate-warnings.js';
export * from './errors.js';
export type { BasicConstraints } from './extension-rules.js';
export type { GeneralNameText } from './general-name.js';
export type { KeyUsage } from './key-usage.js';
export { decodeBase64 } from './pem-blocks.js';
export { pemOf } from './pem-of.js';
export { pkcs7Of } from './pkcs7-of.js';
export { refusePrivateKeyText } from './private-key.js';
export {
  type ClipboardEncoding,
  type IntakeItem,
  MAX_INPUT_BYTES,
  type ReadCertificatesOptions,
  certificateItem,
  readCertificateItems,
  readCertificates,
} from './read-certificates.js';
export { suggestAlias } from './suggest-alias.js';
