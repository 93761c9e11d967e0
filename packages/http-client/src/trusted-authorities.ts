import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/**
 * The CAs of a PEM text beside those that Node brings, as options of TLS take them.
 *
 * @throws Error where the text holds no certificate: Node would take it without a word and trust nothing more
 */
export function trustedAuthorities(pem: string): string[] {
  const blocks = pem.match(PEM_CERTIFICATE) ?? [''];
  for (const block of blocks) new X509Certificate(block);
  return [...rootCertificates, ...blocks];
}

/** Whether a PEM text can be given to {@link trustedAuthorities}, in the shape in which settings are parsed. */
export function parseAuthorities(pem: string): { readonly value: string } | { readonly problem: string } {
  try {
    trustedAuthorities(pem);
    return { value: pem };
  } catch {
    return { problem: 'must hold certificates in PEM' };
  }
}
