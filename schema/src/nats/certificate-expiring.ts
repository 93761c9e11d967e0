/** Days before the end of a certificate's validity at which its `certificate-expiring` events are published. */
export const EXPIRY_NOTICE_DAYS = [60, 30, 14, 7, 1] as const;

/**
 * Body of a `certificate-expiring` event, as JSON. There is one per environment, certificate and step: a repetition has
 * the same CloudEvents `id`. It is unsigned and changes nothing: it is news for people.
 */
export interface CertificateExpiring {
  readonly environment: { readonly id: string; readonly name: string };
  /** What is deployed; null: only JWKs that are no longer connected were made from it. */
  readonly certificate: { readonly id: string; readonly name: string } | null;
  readonly alias: string | null;
  /** JWKs of the environment that were made from it. */
  readonly jwks: readonly { readonly id: string; readonly name: string; readonly kid: string }[];
  /** SHA-256 of the DER encoding, in lower-case hexadecimal. */
  readonly fingerprint: string;
  readonly subject: string;
  /** ISO 8601. */
  readonly notAfter: string;
  /** The step that was reached: one of {@link EXPIRY_NOTICE_DAYS}. */
  readonly days: number;
  /** Whole days until the end; negative once it is over. */
  readonly daysLeft: number;
}
