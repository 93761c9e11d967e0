/** One trusted certificate of a keystore. */
export interface TruststoreEntry {
  readonly alias: string;
  /** DER of an X.509 certificate. */
  readonly der: Uint8Array;
}
