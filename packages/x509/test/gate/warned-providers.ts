import { certificateFields, certificateWarnings } from '../../src/index.js';

const UNREADABLE_IN: Readonly<Record<string, readonly string[]>> = {
  SERIAL_PADDED: ['BouncyCastle', 'BC-FIPS', 'Conscrypt'],
  VALIDITY_UNUSUAL: ['Conscrypt'],
  KEY_LARGE: ['BouncyCastle', 'BC-FIPS'],
};

/** Whether the warnings of an admitted certificate say that the provider of a reference JVM with this name cannot read it. */
export function isWarnedOf(reference: string, der: Uint8Array): boolean {
  return certificateWarnings(certificateFields(der), new Date(0)).some(({ code }) =>
    UNREADABLE_IN[code]?.some((provider) => reference.startsWith(provider)),
  );
}
