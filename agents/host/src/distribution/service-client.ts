import { createPublicKey } from 'node:crypto';
import { HttpClient, HttpError, type HttpLimits, trustedAuthorities } from '@trustcast/http-client';
import {
  type AgentOfItself,
  type BaseAnswer,
  type BaseReport,
  type HeldSet,
  type HeldSetAnswer,
  LIMITS,
  type EnrollmentToken,
  type Position,
  type SigningKey,
  agentPaths,
  contentDigestOf,
  decode,
  decodeAgentOfItself,
  decodeBaseAnswer,
  decodeHeldSetAnswer,
  encodeBaseReport,
  encodeHeldSet,
  formatPosition,
  signHttpRequest,
} from '@trustcast/schema';
import type { ServiceAccess } from '../config.js';
import { ServiceRequestError } from '../errors.js';
import { serviceTrouble } from './service-trouble.js';

const SMALL_BYTES = 64 * 1024;
/** A registration, and the list of signing keys beside it. */
const REGISTRATION_BYTES = SMALL_BYTES + 2 * LIMITS.keyDocumentBytes;
/** What of a refusal is logged: anybody may be between agent and service, and every attempt has a line. */
const MAX_CODE = 64;
const MAX_DETAIL = 500;

/** Client of the service's HTTP interface for agents. */
export class ServiceClient {
  readonly #access: ServiceAccess;
  readonly #directory: string;
  readonly #key: () => SigningKey | null;
  readonly #client: HttpClient;
  #trouble: string | null = null;

  /**
   * @param directory of the agent, for the message about a refused key
   * @param key with which the requests of an enrolled host are signed; null where there is none
   */
  constructor(access: ServiceAccess, directory: string, key: () => SigningKey | null, limits?: HttpLimits) {
    this.#access = access;
    this.#directory = directory;
    this.#key = key;
    this.#client = new HttpClient({ limits, ca: access.ca === null ? undefined : trustedAuthorities(access.ca) });
  }

  /** Directory of the agent that sends the requests. */
  get directory(): string {
    return this.#directory;
  }

  /** Start of the oldest request without a whole answer, in milliseconds since the Unix epoch; null where none is open. */
  get waitingSince(): number | null {
    return this.#client.waitingSince;
  }

  /** Reason why the last request failed, with a remedy; null where it did not, or where the reason passes by itself. */
  get trouble(): string | null {
    return this.#trouble;
  }

  /** Sends a signed request; the answer is not verified here. */
  async register(request: string): Promise<unknown> {
    // Not the signed part: an answer without that is refused as unsigned, and not as another server's.
    const body = JSON.stringify({ request });
    const answer = await this.#send('POST', agentPaths.register, REGISTRATION_BYTES, 'signingKeys', body);
    return decode.json(answer, REGISTRATION_BYTES, 'registration');
  }

  /** Sends the request of a host that enrolls, signed with the key of its token; the answer is not verified here. */
  async enroll(request: string, { privateKey, publicKey }: EnrollmentToken): Promise<unknown> {
    const body = JSON.stringify({ request });
    const signed = signHttpRequest(
      { method: 'POST', target: agentPaths.enroll, contentDigest: contentDigestOf(body) },
      { tag: 'trustcast-enrollment', privateKey, keyId: publicKey.x },
    );
    const answer = await this.#send('POST', agentPaths.enroll, REGISTRATION_BYTES, 'signingKeys', body, signed);
    return decode.json(answer, REGISTRATION_BYTES, 'registration');
  }

  /** Sends the request of a key that takes over; the answer is not verified here. @param signer the key so far */
  async renewKey(request: string, signer: SigningKey): Promise<unknown> {
    const body = JSON.stringify({ request });
    const signed = this.#signature(signer, 'POST', agentPaths.renewKey, body);
    const answer = await this.#send('POST', agentPaths.renewKey, SMALL_BYTES, 'signingKeys', body, signed);
    return decode.json(answer, SMALL_BYTES, 'registration');
  }

  async base(report: BaseReport): Promise<BaseAnswer> {
    const answer = await this.#send('POST', agentPaths.base, SMALL_BYTES, 'known', encodeBaseReport(report));
    return decodeBaseAnswer(JSON.parse(answer.toString('utf8')));
  }

  /** Reports the held set to a service that is behind it. */
  async held(environment: string, held: HeldSet): Promise<HeldSetAnswer> {
    const answer = await this.#send('POST', agentPaths.held(environment), SMALL_BYTES, 'known', encodeHeldSet(held));
    return decodeHeldSetAnswer(JSON.parse(answer.toString('utf8')));
  }

  /** Reports a status over HTTP instead of NATS. @returns a heartbeat */
  async status(environment: string, status: string): Promise<Buffer> {
    const body = JSON.stringify({ status });
    return this.#send('POST', agentPaths.status(environment), LIMITS.messageBytes, 'statement', body);
  }

  /** What the service knows of this agent, for its doctor. */
  async self(): Promise<AgentOfItself> {
    return decodeAgentOfItself(await this.#send('GET', agentPaths.self, SMALL_BYTES, 'duplicate'));
  }

  async heartbeat(environment: string): Promise<Buffer> {
    return this.#send('GET', agentPaths.heartbeat(environment), LIMITS.messageBytes, 'statement');
  }

  /** Fetches the changes after a position; the whole set for null. */
  async set(environment: string, after: Position | null): Promise<Buffer> {
    const query = after ? `?after=${formatPosition(after)}` : '';
    return this.#send('GET', agentPaths.set(environment) + query, LIMITS.messageBytes, 'statement');
  }

  close(): void {
    this.#client.close();
  }

  /** @param member name that every answer of Trustcast to this request has */
  async #send(
    method: 'GET' | 'POST',
    path: string,
    maxBytes: number,
    member: string,
    body?: string,
    credentials = this.#credentials(method, path, body ?? ''),
  ): Promise<Buffer> {
    try {
      const answer = await this.#exchange(method, path, maxBytes, credentials, body);
      if (!isObjectWith(answer, member))
        throw new ServiceRequestError('ANOTHER_SERVICE', `${method} ${path} answered 200 and nothing of Trustcast`);
      this.#trouble = null;
      return answer;
    } catch (error) {
      this.#trouble = serviceTrouble(error, {
        url: this.#access.url,
        directory: this.#directory,
        isEnrolled: this.#access.token === null,
      });
      throw error;
    }
  }

  async #exchange(
    method: 'GET' | 'POST',
    path: string,
    maxBytes: number,
    credentials: Readonly<Record<string, string>>,
    body?: string,
  ): Promise<Buffer> {
    const { url } = this.#access;
    const answer = await this.#client
      .send({
        method,
        url: new URL(url.pathname.replace(/\/$/, '') + path, url),
        headers: {
          ...credentials,
          accept: 'application/json',
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body }),
        maxBytes,
      })
      .catch((error: unknown) => {
        throw error instanceof HttpError
          ? new ServiceRequestError(error.code, error.message, { cause: error.cause })
          : error;
      });
    if (answer.status !== 200)
      throw new ServiceRequestError(
        'HTTP_STATUS',
        `${method} ${path} answered ${answer.status}${detailOf(answer.body)}`,
        {
          answer,
        },
      );
    return answer.body;
  }

  /** The signature of an enrolled host, or the token of another one. */
  #credentials(method: string, target: string, body: string): Record<string, string> {
    const { token } = this.#access;
    if (token !== null) return { authorization: `Bearer ${token}` };
    const key = this.#key();
    return key ? this.#signature(key, method, target, body) : {};
  }

  #signature(key: SigningKey, method: string, target: string, body: string): Record<string, string> {
    const { installation } = this.#access;
    if (installation === null) return {};
    const { x: keyId = '' } = createPublicKey(key.privateKey).export({ format: 'jwk' });
    const request = { method, target, contentDigest: contentDigestOf(body), installation };
    return signHttpRequest(request, { tag: 'trustcast-agent', privateKey: key.privateKey, keyId });
  }
}

/** Looks for a member without parsing, since an answer may have megabytes. */
function isObjectWith(answer: Buffer, member: string): boolean {
  return /^\s*\{/.test(answer.toString('latin1', 0, 64)) && answer.includes(`"${member}"`);
}

/** Code and detail of a refusal (RFC 9457), for the log. */
function detailOf(body: Buffer): string {
  try {
    const { code, detail } = JSON.parse(body.toString('utf8')) as { code?: unknown; detail?: unknown };
    return typeof code === 'string' && typeof detail === 'string'
      ? `: ${code.slice(0, MAX_CODE)}: ${detail.slice(0, MAX_DETAIL)}`
      : '';
  } catch {
    return '';
  }
}
