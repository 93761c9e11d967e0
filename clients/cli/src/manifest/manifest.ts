import type { GivenTexts } from '@trustcast/schema';
import type { JwkDecision } from '../change-certificate.js';

/** What files say that there shall be. */
export interface Manifest {
  /** Whose certificates these are; null: the files do not say. */
  readonly owner: string | null;
  readonly environments: readonly ManifestEnvironment[];
  readonly certificates: readonly ManifestCertificate[];
}

export interface ManifestEnvironment {
  readonly name: string;
  readonly kind: string;
  /** null: whatever it is. */
  readonly title: string | null;
}

export interface ManifestCertificate {
  readonly name: string;
  /** null: whatever it is. */
  readonly texts: GivenTexts;
  /** What becomes of the JWKs that follow what changes; null: the change is refused when there are any. */
  readonly jwks: JwkDecision | null;
  readonly definitions: readonly ManifestDefinition[];
}

export interface ManifestDefinition {
  /** Where it is said, for messages. */
  readonly at: string;
  readonly alias: string;
  readonly environments: readonly string[];
  readonly origin: Origin;
  /** Fingerprint that selects one of several certificates, in lower-case hexadecimal. */
  readonly fingerprint: string | null;
}

/** Where the certificate comes from. */
export type Origin =
  | { readonly kind: 'file'; readonly path: string; readonly passwordFile: string | null }
  | { readonly kind: 'pem'; readonly text: string }
  | { readonly kind: 'url'; readonly url: string };
