import { foldAlias } from '@trustcast/schema/text/alias.js';
import { KeystoreError } from './errors.js';
import { readJks } from './jks/jks-reader.js';
import { type BouncyCastleFormat, type KeystoreFormat, formatOf } from './keystore-format.js';
import type { CertificateEntry } from './keystore-content.js';
import { readPkcs12 } from './pkcs12/pkcs12-reader.js';
import type { TruststoreEntry } from './truststore-entry.js';

/** How a keystore is opened, and what is wanted of it. */
export interface ReadKeystoreOptions {
  readonly password?: string;
  /**
   * `trusted` (default): trusted-certificate entries, as Java sees them. `all`: also the chains of key entries and
   * certificates without the JDK's attribute, such as OpenSSL writes; aliases are then not unique.
   */
  readonly certificates?: 'trusted' | 'all';
}

/** What was found in a keystore. */
export interface Keystore {
  readonly format: KeystoreFormat;
  readonly entries: TruststoreEntry[];
  /** Private and secret keys, none of which was decrypted. */
  readonly keyEntries: number;
  /** Whether a private key lies in it unencrypted. */
  readonly plainKey: boolean;
  /** Whether a MAC or digest was checked with the password. */
  readonly integrityVerified: boolean;
}

/** Bytes of the largest keystore that is read: 20,000 certificates and room to spare. */
export const MAX_KEYSTORE_BYTES = 64 * 1024 * 1024;

/**
 * Reads the certificates of a JKS, JCEKS or PKCS#12 keystore, told apart by content. Certificates are not parsed. Keystores of
 * BouncyCastle are refused with the command that exports them.
 *
 * Aliases come as the file has them; trusted entries without a name are called 1, 2, … as Java calls them. `der` shares
 * memory with `bytes`.
 *
 * @throws KeystoreError
 */
export function readKeystore(bytes: Uint8Array, options: ReadKeystoreOptions = {}): Keystore {
  if (bytes.byteLength > MAX_KEYSTORE_BYTES)
    throw new KeystoreError(
      'KEYSTORE_LIMIT_EXCEEDED',
      `a keystore has at most ${MAX_KEYSTORE_BYTES} bytes: give its certificates as PEM, in several files`,
    );
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const format = readableFormat(file);
  if (format === 'PKCS12') {
    const { certificates, ...rest } = readPkcs12(file, options.password);
    return { format, entries: chosen(certificates, options), ...rest };
  }
  const { certificates, keyEntries } = readJks(file, options.password);
  return {
    format,
    entries: chosen(certificates, options),
    keyEntries,
    plainKey: false,
    integrityVerified: options.password !== undefined,
  };
}

/**
 * Number of trusted entries of a passwordless PKCS#12 file, such as {@link writePkcs12} writes: to check a file after
 * it was written. @throws KeystoreError
 */
export function countPkcs12Entries(bytes: Uint8Array): number {
  const { format, entries } = readKeystore(bytes);
  if (format !== 'PKCS12') throw new KeystoreError('KEYSTORE_UNKNOWN_FORMAT', 'the file is not PKCS#12');
  return entries.length;
}

function readableFormat(file: Buffer): KeystoreFormat {
  const format = formatOf(file);
  if (format === undefined)
    throw new KeystoreError(
      'KEYSTORE_UNKNOWN_FORMAT',
      'the file is neither JKS, JCEKS nor PKCS#12: convert it with keytool -importkeystore',
    );
  if (format === 'BKS' || format === 'UBER' || format === 'BCFKS')
    throw new KeystoreError('KEYSTORE_UNSUPPORTED', wayOut(format));
  return format;
}

function wayOut(format: BouncyCastleFormat): string {
  return (
    `this is a keystore of BouncyCastle (${format}), which is not read: export it as PKCS#12 with keytool ` +
    `-importkeystore -srckeystore FILE -srcstoretype ${format} -destkeystore FILE.p12 -deststoretype PKCS12 ` +
    '-providerpath bcprov.jar -providerclass org.bouncycastle.jce.provider.BouncyCastleProvider'
  );
}

function chosen(
  found: readonly CertificateEntry[],
  { certificates = 'trusted' }: ReadKeystoreOptions,
): TruststoreEntry[] {
  const entries = found.filter(({ trusted }) => trusted || certificates === 'all');
  const taken = new Set(entries.map(({ alias }) => foldAlias(alias)));
  let number = 0;
  return entries.map(({ alias, der, trusted }) => {
    if (alias !== '' || !trusted) return { alias, der };
    do number++;
    while (taken.has(String(number)));
    return { alias: String(number), der };
  });
}
