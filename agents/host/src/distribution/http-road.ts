import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { createBrotliDecompress, createGunzip } from 'node:zlib';
import {
  type BaseAnswer,
  type BaseReport,
  LIMITS,
  type Position,
  type Registration,
  type RegistrationRequest,
  agentPaths,
  decodeBaseAnswer,
  decodeRegistration,
  encodeBaseReport,
  formatPosition,
} from '@trustcast/schema';
import type { ServiceAccess } from '../config.js';
import { RoadError } from '../errors.js';

const TIMEOUT_MS = 30_000;
const REGISTRATION_BYTES = 64 * 1024;

/** The agents' HTTP interface of the service. Redirects are not followed: they would carry the token elsewhere. */
export class HttpRoad {
  readonly #access: ServiceAccess;
  readonly #connections: HttpAgent;
  readonly #stop = new AbortController();

  constructor(access: ServiceAccess) {
    this.#access = access;
    this.#connections = new (access.url.protocol === 'https:' ? HttpsAgent : HttpAgent)({
      keepAlive: true,
      maxSockets: 2,
    });
  }

  async register(request: RegistrationRequest): Promise<Registration> {
    const answer = await this.#send('POST', agentPaths.register, REGISTRATION_BYTES, JSON.stringify(request));
    return decodeRegistration(JSON.parse(answer.toString('utf8')));
  }

  async base(report: BaseReport): Promise<BaseAnswer> {
    const answer = await this.#send('POST', agentPaths.base, REGISTRATION_BYTES, encodeBaseReport(report));
    return decodeBaseAnswer(JSON.parse(answer.toString('utf8')));
  }

  async heartbeat(environment: string): Promise<Buffer> {
    return this.#send('GET', agentPaths.heartbeat(environment), LIMITS.messageBytes);
  }

  /** What leads on from `after`; the whole set for null. */
  async set(environment: string, after: Position | null): Promise<Buffer> {
    const query = after ? `?after=${formatPosition(after)}` : '';
    return this.#send('GET', agentPaths.set(environment) + query, LIMITS.messageBytes);
  }

  close(): void {
    this.#stop.abort();
    this.#connections.destroy();
  }

  #send(method: 'GET' | 'POST', path: string, maxBytes: number, body?: string): Promise<Buffer> {
    const { url, token } = this.#access;
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const fail = (cause: unknown): void =>
        reject(cause instanceof RoadError ? cause : new RoadError('HTTP_FAILED', `${method} ${path} failed`, cause));
      const request = send(
        new URL(url.pathname.replace(/\/$/, '') + path, url),
        {
          method,
          agent: this.#connections,
          signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(TIMEOUT_MS)]),
          headers: {
            authorization: `Bearer ${token}`,
            'accept-encoding': 'br, gzip',
            accept: 'application/json',
            ...(body === undefined
              ? {}
              : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
          },
        },
        (response) => void readBody(response, `${method} ${path}`, maxBytes).then(resolve, fail),
      );
      request.on('error', fail);
      request.end(body);
    });
  }
}

/** Reads a 200's body up to a size that counts after decompression. */
async function readBody(response: IncomingMessage, what: string, maxBytes: number): Promise<Buffer> {
  if (response.statusCode !== 200) {
    response.resume();
    throw new RoadError('HTTP_STATUS', `${what} answered ${response.statusCode ?? 0}`);
  }
  const encoding = response.headers['content-encoding'] ?? 'identity';
  const decoder = encoding === 'gzip' ? createGunzip() : encoding === 'br' ? createBrotliDecompress() : null;
  if (!decoder && encoding !== 'identity') {
    response.destroy();
    throw new RoadError('HTTP_FAILED', `${what} answered in an encoding that was not asked for`);
  }
  const stream = decoder ? response.pipe(decoder) : response;
  // pipe() does not hand on errors.
  if (decoder) response.on('error', (error) => decoder.destroy(error));
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) throw new RoadError('HTTP_TOO_LARGE', `${what} answered more than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
  } finally {
    if (!response.complete) response.destroy();
  }
  return Buffer.concat(chunks, size);
}
