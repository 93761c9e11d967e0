import { certificateItem } from '@trustcast/x509';
import { type FoundCertificate, foundCertificate } from '../gate/rules/find-certificates.js';
import type { RetrievalStage } from '../records/refusal-details.js';
import type { RetrievedChain } from './rules/retrieved-chain.js';
import type { ServerUrl } from './rules/server-url.js';
import { type RefusableRange, refusedRange } from './address-policy.js';
import { dial, resolve } from './dial.js';
import { RetrievalError } from './errors.js';
import { presentedChain } from './handshake.js';
import { startTls } from './start-tls.js';

export interface RetrievalSettings {
  /** Ranges that are refused beside those that always are. */
  readonly closed: readonly RefusableRange[];
  /** `http://[user:password@]host[:port]`, asked to CONNECT; null: connections are direct. */
  readonly proxy: URL | null;
  /** For everything from the first look-up to the last certificate. */
  readonly timeoutMs: number;
}

/** The chain that a server presents. @throws RetrievalError */
export async function retrieveChain(
  { protocol, host, port }: ServerUrl,
  { closed, proxy, timeoutMs }: RetrievalSettings,
): Promise<RetrievedChain> {
  const signal = AbortSignal.timeout(timeoutMs);
  const during = async <T>(stage: RetrievalStage, work: Promise<T>): Promise<T> => {
    try {
      return await Promise.race([work, aborted(signal)]);
    } catch (cause) {
      const message = signal.aborted ? `no answer within ${timeoutMs / 1000} s` : messageOf(cause);
      throw new RetrievalError(stage, message, { cause });
    }
  };

  const addresses = await during('RESOLVE', resolve(host));
  for (const address of addresses) {
    const range = refusedRange(address, closed);
    if (range !== undefined) throw new RetrievalError('POLICY', `${host} has an address that is refused (${range})`);
  }
  const { socket, address } = await during('CONNECT', dial(addresses, port, { proxy, signal, timeoutMs }));
  try {
    if (protocol === 'ldap') await during('TLS', startTls(socket, signal));
    const { chain, protocol: version } = await during('TLS', presentedChain(socket, host, signal));
    const certificates = await during('PARSE', read(chain));
    const rootSent = certificates.some(({ admitted }) => admitted?.fields.selfSigned);
    return { certificates, rootSent, address, protocol: version };
  } finally {
    socket.destroy();
  }
}

async function read(chain: readonly Uint8Array[]): Promise<FoundCertificate[]> {
  const items = chain.map((der) => certificateItem(der));
  if (items.every(({ error }) => error)) throw new Error('what the server presents is no certificate');
  return Promise.resolve(items.map((item) => foundCertificate(item)));
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
}

const MESSAGES: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the name has no address',
  EAI_AGAIN: 'the name cannot be looked up at the moment',
  ECONNREFUSED: 'the connection is refused',
  ECONNRESET: 'the server closed the connection',
  EPIPE: 'the server closed the connection',
  ETIMEDOUT: 'no answer',
  EHOSTUNREACH: 'there is no way to the address',
  ENETUNREACH: 'there is no way to the address',
  ERR_SSL_EXCESSIVE_MESSAGE_SIZE: 'the chain has more than 100 KB, which can be read up to TLS 1.2 only',
  ERR_SSL_WRONG_VERSION_NUMBER: 'this port does not speak TLS',
};

function messageOf(error: unknown): string {
  const { code = '', reason, message } = error as { code?: string; reason?: string; message: string };
  // OpenSSL's reason, such as "no protocols available", without the places of its source.
  return MESSAGES[code] ?? reason ?? message;
}
