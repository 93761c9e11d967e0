/** A certificate found in a keystore. */
export interface CertificateEntry {
  /** Empty where the keystore gives no name. */
  readonly alias: string;
  readonly der: Buffer;
  /** Whether Java would call it a trusted-certificate entry. */
  readonly trusted: boolean;
}
