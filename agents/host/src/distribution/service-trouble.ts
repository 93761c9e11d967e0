import type { HttpAnswer } from '@trustcast/http-client';
import { TrustcastError, plainText } from '@trustcast/schema';
import { ServiceRequestError } from '../errors.js';

/** Every obstacle between agent and service; docs/operating.md lists them. */
export const SERVICE_TROUBLES = [
  'SERVICE_CA_UNTRUSTED',
  'SERVICE_NAME_MISMATCH',
  'SERVICE_CERTIFICATE_OUT_OF_TIME',
  'SERVICE_CERTIFICATE_UNUSABLE',
  'SERVICE_HOST_UNKNOWN',
  'SERVICE_PORT_CLOSED',
  'SERVICE_UNREACHABLE',
  'SERVICE_SPEAKS_NO_TLS',
  'SERVICE_REFUSES_TLS',
  'SERVICE_SPEAKS_NO_HTTP',
  'SERVICE_CLOSES',
  'SERVICE_IS_ANOTHER',
  'SERVICE_MOVED',
  'SERVICE_REFUSES',
  'SERVICE_LIMITS',
  'SERVICE_FAILS',
  'TOKEN_UNKNOWN',
  'KEY_UNKNOWN',
  'AGENT_REVOKED',
  'SIGNATURE_REFUSED',
  'HOST_KEY_CHANGED',
  'PIN_WRONG',
  'CLOCK_SKEW',
  'ENVIRONMENT_MISMATCH',
  'ENVIRONMENT_DELETED',
  'REGISTRATION_NOT_BELIEVED',
] as const;

/** Length of what somebody else says of a failure. */
const MAX_SAID = 120;

/** A name of DNS, its scheme and its port. */
const MAX_ORIGIN = 'https://'.length + 255 + ':65535'.length;

/** `CODE: what happened and what to do`. */
export type ServiceTrouble = `${(typeof SERVICE_TROUBLES)[number]}: ${string}`;

/** Context of a request: its URL, and the directory of the agent. */
export interface Asked {
  readonly url: URL;
  /** Directory of the agent, which holds the key of its host. */
  readonly directory: string;
  /** It signs its requests, and has no token. */
  readonly isEnrolled?: boolean;
}

/** Troubles by error code; the text after the code is the remedy. */
const BY_CAUSE: readonly (readonly [RegExp, (url: URL, now: Date, said: string) => ServiceTrouble])[] = [
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
      `SERVICE_UNREACHABLE: no route to ${host}: check the network, the firewall, and the host in TRUSTCAST_SERVICE_URL`,
  ],
  [
    /^(UNSPECIFIED|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|ERROR_IN_CERT_\w+|CERT_(CHAIN_TOO_LONG|REVOKED|REJECTED))$/,
    ({ host }, _now, said) =>
      `SERVICE_CERTIFICATE_UNUSABLE: the certificate of ${host}, or one of its chain, is refused (${said}): issue it anew, for TLS servers, with RSA of 2048 bits or more or EC, and SHA-256`,
  ],
  [
    /^TLS_ALERT$/,
    ({ host }, _now, said) =>
      `SERVICE_REFUSES_TLS: ${host} ends the TLS handshake (${said}): what stands there must speak TLS 1.2 or later, know the name, and ask agents for no certificate`,
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

/** Classifies a failed request; null for failures that pass by themselves and for other errors. */
export function serviceTrouble(error: unknown, asked: Asked, now = new Date()): ServiceTrouble | null {
  if (!(error instanceof ServiceRequestError)) return null;
  const { url } = asked;
  if (error.answer) return troubleOf(error.answer, asked);
  if (error.code === 'ANOTHER_SERVICE') return anotherService(url);
  if (error.code === 'HTTP_TIMEOUT')
    return `SERVICE_UNREACHABLE: ${url.host} gives no whole answer: look at the network, and at the service`;
  if (error.code === 'HTTP_TOO_LARGE') return anotherService(url);
  const causes = [...causesOf(error.cause)];
  for (const [pattern, text] of BY_CAUSE) {
    const cause = causes.find(({ code }) => pattern.test(code));
    if (cause) return text(url, now, cause.said);
  }
  if (!causes.some(({ code }) => code === 'ECONNRESET')) return unknownTrouble(url, causes);
  const scheme = url.protocol === 'http:' ? 'https://' : 'http://';
  return `SERVICE_CLOSES: ${url.host} closes the connection without an answer: use ${scheme} or another port in TRUSTCAST_SERVICE_URL, or look at what stands before the service`;
}

/** What keeps a host from enrolling, with its remedy. */
export function enrollmentTrouble(error: unknown, asked: Asked): string {
  if (error instanceof ServiceRequestError && error.answer) {
    const { code, detail } = problemIn(error.answer.body);
    if (typeof code === 'string' && typeof detail === 'string') return plainText(`${code}: ${detail}`).slice(0, 900);
  }
  if (error instanceof ServiceRequestError) return serviceTrouble(error, asked) ?? error.message;
  if (!(error instanceof TrustcastError)) return error instanceof Error ? error.message : String(error);
  const { host } = asked.url;
  if (error.code === 'NO_PINNED_KEY')
    return (
      `PIN_WRONG: what answers at ${host} does not sign with the key that the token names: correct TRUSTCAST_SERVICE_URL; ` +
      'where the signing key was replaced since the token was made, create another token'
    );
  return `REGISTRATION_NOT_BELIEVED: ${error.code}: ${error.message}: look at who answers at ${host}`;
}

/** Trouble of a server that is not Trustcast. */
export function anotherService({ host, pathname }: URL): ServiceTrouble {
  const path = pathname === '/' ? '' : `, without the path ${pathname} or with the right one`;
  return `SERVICE_IS_ANOTHER: what answers at ${host} is not Trustcast: correct TRUSTCAST_SERVICE_URL${path}`;
}

/** Remedy for an unknown token. */
const TOKEN_UNKNOWN =
  'the service does not know this token; the agent was deleted, or the token is wrong: set TRUSTCAST_AGENT_TOKEN, ' +
  'or the file of TRUSTCAST_AGENT_TOKEN_FILE, to what createAgent returned for this host; where its agent was deleted, create one again with createAgent';

/** Remedy for an unknown key. */
const KEY_UNKNOWN =
  'the service does not know the key of this host; its agent was deleted, or another directory is its own: correct ' +
  'TRUSTCAST_DIRECTORY, or enroll the host once more: trustcast-agent enroll --new-key with an enrollment token';

/** Reason why an answer of 401 lasts until an administrator changes something; null where it does not. */
export function unknownHere(answer: Pick<HttpAnswer, 'body'>, isEnrolled: boolean): string | null {
  const { code, detail } = problemIn(answer.body);
  if (code === 'AGENT_REVOKED') return `REVOKED: ${remedyIn(detail)}`;
  if (!isEnrolled) return `REVOKED: ${TOKEN_UNKNOWN}`;
  return code === 'AGENT_KEY_UNKNOWN' ? `REVOKED: ${KEY_UNKNOWN}` : null;
}

/** Trouble of a request that is not believed. */
function unbelieved(code: unknown, detail: unknown, isEnrolled: boolean): ServiceTrouble {
  if (code === 'CLOCK_SKEW') return `CLOCK_SKEW: ${remedyIn(detail)}`;
  if (code === 'AGENT_REVOKED') return `AGENT_REVOKED: ${remedyIn(detail)}`;
  if (!isEnrolled) return `TOKEN_UNKNOWN: ${TOKEN_UNKNOWN}`;
  if (code === 'AGENT_KEY_UNKNOWN') return `KEY_UNKNOWN: ${KEY_UNKNOWN}`;
  return `SIGNATURE_REFUSED: ${remedyIn(detail)}: look at what stands between this host and the service, it must leave path, query, body and header as they are`;
}

/** What the service says of a refusal. */
function remedyIn(detail: unknown): string {
  return typeof detail === 'string' ? plainText(detail).slice(0, 700) : 'the service refuses this host';
}

/** What Trustcast says of an answer; nothing where something else has given it. */
function reasonIn(code: unknown, detail: unknown): string {
  if (typeof code !== 'string' || typeof detail !== 'string') return '';
  return ` (${plainText(code, 64)}: ${plainText(detail, MAX_SAID)})`;
}

/** Trouble of a refused key. The agent of another directory, with another key, is the likeliest cause and the cheapest to rule out. */
export function keyRefused(answer: Pick<HttpAnswer, 'body'>, directory: string): ServiceTrouble {
  const { detail } = problemIn(answer.body);
  const said =
    typeof detail === 'string'
      ? plainText(detail).slice(0, 700)
      : 'the service knows this host by another key; an administrator re-enrolls it with reenrollAgent';
  return `HOST_KEY_CHANGED: is ${directory} the directory of this agent? If not, correct TRUSTCAST_DIRECTORY. If it is: ${said}`;
}

function troubleOf(
  { status, headers, body }: HttpAnswer,
  { url, directory, isEnrolled = false }: Asked,
): ServiceTrouble | null {
  const { code, detail } = problemIn(body);
  if (status === 401) return unbelieved(code, detail, isEnrolled);
  if (code === 'CONTENT_DIGEST_MISMATCH') return unbelieved(code, detail, true);
  if (code === 'OTHER_ENVIRONMENT')
    return 'ENVIRONMENT_MISMATCH: the token belongs to another environment than TRUSTCAST_ENVIRONMENT: correct one of them';
  if (code === 'ENVIRONMENT_NOT_FOUND')
    return 'ENVIRONMENT_DELETED: the environment of this token was deleted: create an agent in another one with createAgent';
  if (status === 409) return keyRefused({ body }, directory);
  if (status >= 300 && status < 400)
    return `SERVICE_MOVED: ${url.host} sends agents on to ${originOf(headers.location, url)}, which are not followed: correct TRUSTCAST_SERVICE_URL`;
  if (status === 404 || status === 405) return anotherService(url);
  if (status === 400 && url.protocol === 'http:')
    return `SERVICE_SPEAKS_NO_HTTP: ${url.host} refuses the request as such: use https:// where the port is one of TLS`;
  if (status === 403)
    return `SERVICE_REFUSES: ${url.host} answered 403 before Trustcast did: look at what stands before it`;
  const limit = limitOf(status, code);
  if (limit !== null) return `SERVICE_LIMITS: ${url.host} answers ${status}: ${limit}`;
  if (status >= 500)
    return `SERVICE_FAILS: ${url.host} answered ${status}${reasonIn(code, detail)}: look at the service, or at what stands before it`;
  // Every refusal of Trustcast names its code.
  return code === undefined && status !== 408 ? anotherService(url) : null;
}

/** What a limit that was reached says and does, without the seconds to wait, with which a reason would change; null for none. */
function limitOf(status: number, code: unknown): string | null {
  if (status === 429)
    return (
      'more was asked with the key or token of this agent, or from its address, than is answered: it asks again by itself; ' +
      'where this lasts, look for what else asks with them, and at what stands before the service'
    );
  return status === 503 && code === 'OVERLOADED'
    ? 'the service has as many requests as it takes at once: the agent asks again by itself; where this lasts, the service needs another process'
    : null;
}

/** Problem details (RFC 9457); none where it is something else. */
function problemIn(body: Buffer): { readonly code?: unknown; readonly detail?: unknown } {
  try {
    return (JSON.parse(body.toString('utf8')) as { code?: unknown; detail?: unknown } | null) ?? {};
  } catch {
    return {};
  }
}

function originOf(location: string | undefined, url: URL): string {
  if (location === undefined || !URL.canParse(location, url.href)) return 'another place';
  const { origin } = new URL(location, url);
  return origin.length > MAX_ORIGIN ? 'a host with a name of more than 255 characters' : origin;
}

/** An alert of TLS as OpenSSL names it: it comes from a peer that speaks TLS. */
const ALERT = /:([^:]* alert [^:]*):/;

interface Cause {
  readonly code: string;
  readonly said: string;
}

/** Error codes of a chain of causes, with what they say; of a connection that was tried to several addresses, those of each. */
function* causesOf(error: unknown): Generator<Cause, void> {
  for (let at = error; at instanceof Error; at = at.cause) {
    const alert = ALERT.exec(at.message)?.[1];
    const { code } = at as NodeJS.ErrnoException;
    if (alert !== undefined) yield { code: 'TLS_ALERT', said: plainText(alert, MAX_SAID) };
    else if (code !== undefined) yield { code, said: plainText(at.message, MAX_SAID) };
    if (at instanceof AggregateError) for (const one of at.errors) yield* causesOf(one);
  }
}

/** A failure that none of the others is. One that this agent has ended itself is no trouble of the service. */
function unknownTrouble({ host }: URL, causes: readonly Cause[]): ServiceTrouble | null {
  const [cause] = causes;
  if (!cause || cause.code === 'ABORT_ERR') return null;
  return `SERVICE_FAILS: the request to ${host} failed (${cause.code}: ${cause.said}): look at the service, or at what stands before it`;
}
