import type { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { type Socket, isIP } from 'node:net';
import { Duplex, pipeline } from 'node:stream';
import { connect } from 'node:tls';
import { CertificateMessageTap, MAX_CERTIFICATES } from './certificate-message-tap.js';

/** What a whole handshake may take, with the longest chain that OpenSSL accepts. */
const MAX_BYTES = 512 * 1024;

/**
 * Nothing is trusted here and nothing secret is sent, so whatever a server speaks will do: TLS 1.0, small keys, SHA-1 and
 * curves of old. Modern ones come first, as a server chooses its certificate by what it is offered.
 */
const ANY_TLS = {
  rejectUnauthorized: false,
  minVersion: 'TLSv1',
  ciphers: 'DEFAULT@SECLEVEL=0',
  ecdhCurve: [
    'X25519:P-256:X448:P-521:P-384',
    'brainpoolP256r1:brainpoolP384r1:brainpoolP512r1',
    'secp256k1:secp224r1:secp224k1:prime192v1:secp192k1',
  ].join(':'),
} as const;

export interface Presented {
  /** As the server sent them. */
  readonly chain: readonly Buffer[];
  /** Such as `TLSv1.2`; null: the server ended the handshake behind its certificates. */
  readonly protocol: string | null;
}

/** The certificates that a server presents. @throws Error when the handshake ends before it has */
export async function presentedChain(socket: Socket, host: string, signal: AbortSignal): Promise<Presented> {
  const tap = new CertificateMessageTap(MAX_BYTES);
  pipeline(socket, tap, () => undefined);
  const session = connect({
    ...ANY_TLS,
    socket: Duplex.from({ readable: tap, writable: socket }),
    // RFC 6066 section 3: a server name is never an address.
    ...(isIP(host) === 0 && { servername: host.replace(/\.$/, '') }),
  });
  session.on('error', () => undefined);
  try {
    await Promise.race([
      once(session, 'secureConnect', { signal }),
      once(session, 'close', { signal }).then(() => {
        throw new Error('the server closed the connection');
      }),
    ]);
    const chain = chainOf(session.getPeerX509Certificate());
    return { chain: chain.length > 0 ? chain : tap.presented, protocol: session.getProtocol() };
  } catch (error) {
    if (tap.presented.length === 0) throw error;
    return { chain: tap.presented, protocol: null };
  } finally {
    session.destroy();
    socket.destroy();
  }
}

/** The presented list, link by link: Node orders nothing and adds nothing here, unlike in `getPeerCertificate`. */
function chainOf(leaf: X509Certificate | undefined): Buffer[] {
  const chain: Buffer[] = [];
  for (let next = leaf; next && chain.length < MAX_CERTIFICATES; next = next.issuerCertificate) chain.push(next.raw);
  return chain;
}
