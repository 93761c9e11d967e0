import { setTimeout as delay } from 'node:timers/promises';
import { HttpError } from '@trustcast/http-client';
import type { Config } from '../config.js';
import { ServiceError } from '../errors.js';

const ATTEMPTS = 4;
const PAUSE_MS = 250;
/** Codes of Node and OpenSSL where the chain of a server leads to no CA that is trusted. */
const UNTRUSTED = /SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|CERT_UNTRUSTED/;
/** Codes where what answers speaks no TLS. */
const NO_TLS = /^(EPROTO|ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG)$/;

/** Repeats a request that failed in a way that may pass, with back-off. */
export async function again<Result>(once: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once();
    } catch (error) {
      if (attempt === ATTEMPTS || !(error instanceof ServiceError) || !error.retryable) throw error;
      await delay(PAUSE_MS * 2 ** attempt * (0.5 + Math.random()));
    }
  }
}

/** Explains what a subscription failed with. */
export function asServiceError(error: unknown, endpoint: URL, config: Config): unknown {
  if (error instanceof ServiceError) return error;
  const { code } = error as { code?: unknown };
  if (code === 4403) return unauthenticated(config);
  if (Array.isArray(error))
    return new ServiceError('GRAPHQL', error.map(({ message }: { message: string }) => message).join('; '));
  return unreachable(endpoint, error);
}

export function unauthenticated({ tokenFrom }: Config): ServiceError {
  return new ServiceError('UNAUTHENTICATED', `the service does not accept the token: see ${tokenFrom}`);
}

export function unreachable(endpoint: URL, error: unknown): ServiceError {
  const { cause = error } = error as { cause?: unknown };
  const late = error instanceof HttpError && error.code === 'HTTP_TIMEOUT';
  const why = late ? error.message : ((cause as { code?: string }).code ?? (cause as Error).message);
  const advice = UNTRUSTED.test(why)
    ? 'name its CA with TRUSTCAST_CA_FILE'
    : NO_TLS.test(why)
      ? `nothing speaks TLS there: is it http://${endpoint.host} in TRUSTCAST_URL?`
      : 'does the service run, and is TRUSTCAST_URL right?';
  return new ServiceError('UNREACHABLE', `${endpoint.origin} cannot be reached (${why}): ${advice}`, {
    cause: error,
    // Asking again would take as long again.
    retryable: !late && !UNTRUSTED.test(why) && !NO_TLS.test(why),
  });
}
