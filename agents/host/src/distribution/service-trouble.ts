import type { HttpAnswer } from '@trustcast/http-client';
import { RoadError } from '../errors.js';

/** Each has its remedy in the text that follows the code. */
const BY_CAUSE: readonly (readonly [RegExp, (url: URL, now: Date) => string])[] = [
  [
    /^(UNABLE_TO_|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED|CERT_SIGNATURE_FAILURE|CERT_UNTRUSTED|INVALID_CA)/,
    ({ host }) =>
      `SERVICE_CA_UNTRUSTED: no CA that is trusted here issued the certificate of ${host}: name a PEM file of its CA by TRUSTCAST_CA_FILE`,
  ],
  [
    /^(ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)$/,
    ({ hostname }) =>
      `SERVICE_NAME_MISMATCH: the certificate of the service is not for ${hostname}: TRUSTCAST_SERVICE_URL needs a name that stands in it`,
  ],
  [
    /^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/,
    ({ host }, now) =>
      `SERVICE_CERTIFICATE_OUT_OF_TIME: the certificate of ${host} is not valid now: renew it, or set the clock of this host, which says ${now.toISOString()}`,
  ],
  [
    /^(ENOTFOUND|EAI_AGAIN|EAI_FAIL|EAI_NODATA|EAI_NONAME)$/,
    ({ hostname }) =>
      `SERVICE_HOST_UNKNOWN: no address is known for ${hostname}: correct the host in TRUSTCAST_SERVICE_URL, or this host's name service`,
  ],
  [
    /^ECONNREFUSED$/,
    ({ host }) =>
      `SERVICE_PORT_CLOSED: nothing listens at ${host}: start the service, or correct the port in TRUSTCAST_SERVICE_URL`,
  ],
  [
    /^(EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ETIMEDOUT|ENETDOWN|EADDRNOTAVAIL)$/,
    ({ host }) =>
      `SERVICE_UNREACHABLE: there is no way to ${host}: look at the network, the firewall, and the host in TRUSTCAST_SERVICE_URL`,
  ],
  [
    /^(EPROTO|ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|RECORD_LAYER_FAILURE))$/,
    ({ host }) =>
      `SERVICE_SPEAKS_NO_TLS: ${host} answers without TLS, or with one that is not known here: use http:// or the port of TLS in TRUSTCAST_SERVICE_URL`,
  ],
  [
    /^HPE_/,
    ({ host }) =>
      `SERVICE_SPEAKS_NO_HTTP: what ${host} answers is no HTTP: use https:// or another port in TRUSTCAST_SERVICE_URL`,
  ],
];

/**
 * Why the service gives no answer that helps, as `CODE: what happened and what to do`; null for what passes by itself, or is
 * none of a request's failures. Administrators' decisions (401, 409) are the registrar's to name.
 */
export function serviceTrouble(error: unknown, url: URL, now = new Date()): string | null {
  if (!(error instanceof RoadError)) return null;
  if (error.answer) return troubleOf(error.answer, url);
  if (error.code === 'HTTP_TIMEOUT')
    return `SERVICE_UNREACHABLE: ${url.host} gives no whole answer: look at the network, and at the service`;
  if (error.code === 'HTTP_TOO_LARGE') return anotherService(url);
  const codes = [...codesOf(error.cause)];
  for (const [pattern, text] of BY_CAUSE) if (codes.some((code) => pattern.test(code))) return text(url, now);
  if (!codes.includes('ECONNRESET')) return null;
  const scheme = url.protocol === 'http:' ? 'https://' : 'http://';
  return `SERVICE_CLOSES: ${url.host} closes the connection without an answer: use ${scheme} or another port in TRUSTCAST_SERVICE_URL, or look at what stands before the service`;
}

/** What answers, and knows nothing of agents. */
export function anotherService({ host, pathname }: URL): string {
  const path = pathname === '/' ? '' : `, without the path ${pathname} or with the right one`;
  return `SERVICE_IS_ANOTHER: what answers at ${host} is not Trustcast: correct TRUSTCAST_SERVICE_URL${path}`;
}

function troubleOf({ status, headers, body }: HttpAnswer, url: URL): string | null {
  const code = codeIn(body);
  if (status === 401)
    return 'TOKEN_UNKNOWN: the service does not know the token; the agent was deleted, or the token is wrong: register the host anew and set TRUSTCAST_AGENT_TOKEN';
  if (code === 'OTHER_ENVIRONMENT')
    return 'ENVIRONMENT_MISMATCH: the token belongs to another environment than TRUSTCAST_ENVIRONMENT: correct one of them';
  if (code === 'ENVIRONMENT_NOT_FOUND')
    return 'ENVIRONMENT_DELETED: the environment of this token was deleted: register the host in another one';
  if (status === 409)
    return 'HOST_KEY_CHANGED: the service knows this host by another key; an administrator re-enrols it with reenrolAgent';
  if (status >= 300 && status < 400)
    return `SERVICE_MOVED: ${url.host} sends agents on to ${originOf(headers.location, url)}, which are not followed: correct TRUSTCAST_SERVICE_URL`;
  if (status === 404 || status === 405) return anotherService(url);
  if (status === 400 && url.protocol === 'http:')
    return `SERVICE_SPEAKS_NO_HTTP: ${url.host} refuses the request as such: use https:// where the port is one of TLS`;
  if (status === 403)
    return `SERVICE_REFUSES: ${url.host} answered 403 before Trustcast did: look at what stands before it`;
  return status >= 500
    ? `SERVICE_FAILS: ${url.host} answered ${status}: look at the service, or at what stands before it`
    : null;
}

/** Of problem details (RFC 9457). */
function codeIn(body: Buffer): unknown {
  try {
    return (JSON.parse(body.toString('utf8')) as { code?: unknown }).code;
  } catch {
    return undefined;
  }
}

function originOf(location: string | undefined, url: URL): string {
  return location !== undefined && URL.canParse(location, url.href) ? new URL(location, url).origin : 'another place';
}

/** Of a connection that was tried to several addresses, those of each. */
function* codesOf(error: unknown): Generator<string, void> {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as NodeJS.ErrnoException;
    if (code !== undefined) yield code;
    if (at instanceof AggregateError) for (const one of at.errors) yield* codesOf(one);
  }
}
