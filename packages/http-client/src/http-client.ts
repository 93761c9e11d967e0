import { setMaxListeners } from 'node:events';
import { Agent as HttpAgent, type IncomingHttpHeaders, type IncomingMessage, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { createBrotliDecompress, createGunzip } from 'node:zlib';
import { HttpError } from './errors.js';

/** Deadlines of a request, in milliseconds. */
export interface HttpLimits {
  /** Longest time in which nothing moves: while connecting, sending, waiting for the answer, and between its chunks. */
  readonly idleMs: number;
  /** From the request to the last byte of its answer. */
  readonly totalMs: number;
}

/** A set of 20,000 certificates over a bad link took 68 s. */
const LIMITS: HttpLimits = { idleMs: 30_000, totalMs: 10 * 60_000 };

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Largest answer, counted after decompression. */
  readonly maxBytes: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/**
 * Sends requests that always end. The deadlines are timers of the event loop: a time-out signal inside `AbortSignal.any` is
 * lost to garbage collection on Node 20. Redirects are not followed: they would carry credentials elsewhere.
 */
export class HttpClient {
  readonly #limits: HttpLimits;
  readonly #http: HttpAgent;
  readonly #https: HttpsAgent;
  readonly #stop = new AbortController();
  readonly #open = new Set<{ readonly since: number }>();

  /** `ca`: what {@link trustedAuthorities} gave; undefined for Node's own. */
  constructor({ ca, limits = LIMITS }: { ca?: readonly string[] | undefined; limits?: HttpLimits | undefined } = {}) {
    this.#limits = limits;
    // One listener per open request, however many there are.
    setMaxListeners(0, this.#stop.signal);
    const options = { keepAlive: true, maxSockets: 4 };
    this.#http = new HttpAgent(options);
    this.#https = new HttpsAgent({ ...options, ...(ca && { ca: [...ca] }) });
  }

  /** When the oldest request without a whole answer was sent, in milliseconds since the Unix epoch; null: none is open. */
  get waitingSince(): number | null {
    const [oldest] = this.#open;
    return oldest?.since ?? null;
  }

  /** @throws HttpError */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    const open = { since: Date.now() };
    this.#open.add(open);
    try {
      return await this.#exchange(request);
    } finally {
      this.#open.delete(open);
    }
  }

  /** Ends what is under way. */
  close(): void {
    this.#stop.abort();
    this.#http.destroy();
    this.#https.destroy();
  }

  #exchange({ method, url, headers, body, maxBytes }: HttpRequest): Promise<HttpAnswer> {
    const { idleMs, totalMs } = this.#limits;
    const what = `${method} ${url.pathname}`;
    const isHttps = url.protocol === 'https:';
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void => {
        clearTimeout(total);
        reject(error instanceof HttpError ? error : new HttpError('HTTP_FAILED', `${what} failed`, error));
      };
      const request = (isHttps ? httpsRequest : httpRequest)(
        url,
        {
          method,
          agent: isHttps ? this.#https : this.#http,
          signal: this.#stop.signal,
          // Of the socket, from its look-up on; what goes out counts as much as what comes in.
          timeout: idleMs,
          headers: {
            'accept-encoding': 'br, gzip',
            ...headers,
            ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
          },
        },
        (response) =>
          void readBody(response, what, maxBytes).then((bytes) => {
            clearTimeout(total);
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: bytes });
          }, fail),
      );
      const giveUp = (why: string): void => {
        fail(new HttpError('HTTP_TIMEOUT', `${what}: ${why}`));
        request.destroy();
      };
      const total = setTimeout(() => giveUp(`no whole answer within ${totalMs / 1_000} s`), totalMs);
      request.on('timeout', () => giveUp(`nothing moved for ${idleMs / 1_000} s`));
      request.on('error', fail);
      request.end(body);
    });
  }
}

async function readBody(response: IncomingMessage, what: string, maxBytes: number): Promise<Buffer> {
  const encoding = response.headers['content-encoding'] ?? 'identity';
  const decoder = encoding === 'gzip' ? createGunzip() : encoding === 'br' ? createBrotliDecompress() : null;
  if (!decoder && encoding !== 'identity') {
    response.destroy();
    throw new HttpError('HTTP_FAILED', `${what} answered in an encoding that was not asked for`);
  }
  const stream = decoder ? response.pipe(decoder) : response;
  // pipe() does not hand on errors.
  if (decoder) response.on('error', (error) => decoder.destroy(error));
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) throw new HttpError('HTTP_TOO_LARGE', `${what} answered more than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
  } finally {
    if (!response.complete) response.destroy();
  }
  return Buffer.concat(chunks, size);
}
