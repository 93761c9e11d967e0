import type { FoundCertificate } from '../../gate/rules/find-certificates.js';

/** What a server presented. */
export interface RetrievedChain {
  /** In the order in which they were sent. */
  readonly certificates: readonly FoundCertificate[];
  /** Whether one of them is self-signed. */
  readonly rootSent: boolean;
  /** The one that answered. */
  readonly address: string;
  /** Such as `TLSv1.3`; null: the server ended the handshake once it had presented its certificates. */
  readonly protocol: string | null;
}
