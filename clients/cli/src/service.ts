import { setTimeout as delay } from 'node:timers/promises';
import { type HttpAnswer, HttpClient, HttpError, type HttpRequest, trustedAuthorities } from '@trustcast/http-client';
import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { Config } from './config.js';
import { RefusedError, ServiceError, type UserError } from './errors.js';

const ATTEMPTS = 4;
const PAUSE_MS = 250;
/** A deployment of many certificates, or an export, may be thought about for a while. */
const LIMITS = { idleMs: 120_000, totalMs: 15 * 60_000 };
const SOCKET_WAIT_MS = 30_000;
const MAX_ANSWER_BYTES = 512 * 1024 * 1024;
const MAX_READINESS_BYTES = 64 * 1024;
const UNAVAILABLE = [502, 503, 504];
/** Codes of Node and OpenSSL where the chain of a server leads to no CA that is trusted. */
const UNTRUSTED = /SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|CERT_UNTRUSTED/;

interface Answer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

interface Changed<Payload> {
  readonly payload: Payload & { readonly userErrors: readonly UserError[] };
}

/** A file, and the name that it is offered under. */
interface Download {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Of one WebSocket; the service takes 100. */
const MAX_OPERATIONS = 50;

interface Socket {
  readonly client: Client;
  operations: number;
}

/** The service: its GraphQL endpoint, and the files beside it. */
export class Service {
  readonly #config: Config;
  readonly #endpoint: URL;
  readonly #authorities: string[] | undefined;
  readonly #client: HttpClient;
  readonly #sockets: Socket[] = [];

  constructor(config: Config) {
    this.#config = config;
    this.#endpoint = this.#at('graphql');
    this.#authorities = config.ca === null ? undefined : trustedAuthorities(config.ca);
    this.#client = new HttpClient({ ca: this.#authorities, limits: LIMITS });
  }

  /** As agents are told it. */
  get url(): string {
    return this.#config.url.href.replace(/\/$/, '');
  }

  /**
   * Asks once more where it is not known whether the service heard it, and asking twice does not matter.
   *
   * @param content a file, which becomes `content` of the input
   * @throws ServiceError
   */
  async ask<Data>(
    query: string,
    variables: Readonly<Record<string, unknown>> = {},
    content?: Uint8Array,
  ): Promise<Data> {
    const input = variables.input as { idempotencyKey?: string } | undefined;
    const repeatable = !query.trimStart().startsWith('mutation') || input?.idempotencyKey !== undefined;
    const once = () =>
      this.#once<Data>(content ? formOf(query, variables, content) : JSON.stringify({ query, variables }));
    return repeatable ? again(once) : once();
  }

  /**
   * Asks by a mutation that changes nothing: twice is the same as once.
   *
   * @throws ServiceError
   */
  async look<Data>(mutation: string, input: Readonly<Record<string, unknown>>): Promise<Data> {
    return again(() => this.#once<Data>(JSON.stringify({ query: mutation, variables: { input } })));
  }

  /**
   * A file that the service offers beside GraphQL.
   *
   * @throws ServiceError
   */
  async download(path: string, query: URLSearchParams): Promise<Download> {
    const url = this.#at(path);
    url.search = query.toString();
    return again(async () => {
      const { status, headers, body } = await this.#send(url);
      // The name becomes a path: whoever answers must not choose where that leads.
      const name = /\bfilename="(\w[\w.-]*)"/.exec(headers['content-disposition'] ?? '')?.[1];
      if (status === 200 && name !== undefined) return { name, bytes: body };
      const { code, detail } = problemOf(body);
      throw new ServiceError(
        code ?? 'NOT_TRUSTCAST',
        detail ?? `${url.origin}${url.pathname} answered ${status} and no file: see TRUSTCAST_URL`,
      );
    });
  }

  /**
   * Asks for the mutation's `payload`.
   *
   * @param content a file, which becomes `content` of the input
   * @throws RefusedError with its user errors, ServiceError
   */
  async change<Payload>(
    query: string,
    input: Readonly<Record<string, unknown>>,
    content?: Uint8Array,
  ): Promise<Payload> {
    const { payload } = await this.ask<Changed<Payload>>(query, { input }, content);
    if (payload.userErrors.length > 0) throw new RefusedError(payload.userErrors);
    return payload;
  }

  /** What a subscription brings; connections that break are made again. */
  async *follow<Data>(query: string, variables: Readonly<Record<string, unknown>>): AsyncGenerator<Data, void> {
    const socket = this.#socketWithRoom();
    socket.operations += 1;
    try {
      for await (const { data, errors } of socket.client.iterate<Data>({ query, variables })) {
        if (errors) throw new ServiceError('GRAPHQL', errors.map(({ message }) => message).join('; '));
        if (data) yield data;
      }
    } catch (error) {
      throw asServiceError(error, this.#endpoint, this.#config);
    } finally {
      socket.operations -= 1;
    }
  }

  close(): void {
    for (const { client } of this.#sockets) void client.dispose();
    this.#client.close();
  }

  async #once<Data>(body: string | FormData): Promise<Data> {
    const { status, body: bytes } = await this.#send(this.#endpoint, body);
    const answer = problemOf(bytes) as Answer<Data> & Problem;
    if (answer.errors?.length)
      throw new ServiceError(
        answer.errors[0]?.extensions?.code ?? 'GRAPHQL',
        answer.errors.map(({ message }) => message).join('; '),
        { retryable: answer.errors.every(({ extensions }) => extensions?.code === 'UNAVAILABLE') },
      );
    // Where nothing is, the URL is wrong.
    const problem = status === 404 ? undefined : answer;
    if (answer.data == null)
      throw new ServiceError(
        problem?.code ?? 'NOT_TRUSTCAST',
        problem?.detail ?? `${this.#endpoint.href} answered ${status} and no GraphQL: see TRUSTCAST_URL`,
      );
    return answer.data;
  }

  #at(path: string): URL {
    const { url } = this.#config;
    return new URL(`${url.pathname.replace(/\/$/, '')}/${path}`, url);
  }

  async #send(url: URL, body?: string | FormData): Promise<HttpAnswer> {
    const answer = await this.#client
      .send({
        method: body === undefined ? 'GET' : 'POST',
        url,
        ...(await encoded(body, `Bearer ${this.#config.token}`)),
        maxBytes: MAX_ANSWER_BYTES,
      })
      .catch((error: unknown) => {
        throw unreachable(url, error);
      });
    if (answer.status === 401) throw unauthenticated(this.#config);
    if (UNAVAILABLE.includes(answer.status)) {
      const cause = await this.trouble();
      const why = cause === null ? '' : ` (${cause})`;
      throw new ServiceError('UNAVAILABLE', `${url.origin} answered ${answer.status}${why}: try again`, {
        retryable: true,
      });
    }
    return answer;
  }

  /** Why the service takes no requests, as it says itself; null: it does, or nobody can say. */
  async trouble(): Promise<string | null> {
    const url = this.#at('readyz');
    try {
      const { status, body } = await this.#client.send({
        method: 'GET',
        url,
        headers: {},
        maxBytes: MAX_READINESS_BYTES,
      });
      if (status !== 503) return null;
      const { reasons = [], problems = [] } = problemOf(body) as Readiness;
      const causes = reasons.map((code) => {
        const cause = problems.find((problem) => problem.code === code)?.cause;
        return cause === undefined ? code : `${code}: ${cause}`;
      });
      return causes.join('; ') || null;
    } catch {
      return null;
    }
  }

  #socketWithRoom(): Socket {
    const found = this.#sockets.find(({ operations }) => operations < MAX_OPERATIONS);
    if (found) return found;
    const socket = { client: this.#connect(), operations: 0 };
    this.#sockets.push(socket);
    return socket;
  }

  #connect(): Client {
    let connected = false;
    return createClient({
      url: this.#endpoint.href.replace(/^http/, 'ws'),
      webSocketImpl: socketsOf(this.#authorities),
      connectionAckWaitTimeout: SOCKET_WAIT_MS,
      connectionParams: { authorization: `Bearer ${this.#config.token}` },
      // A connection that never was is no outage: whoever follows asks in another way.
      on: { connected: () => (connected = true) },
      shouldRetry: () => connected,
      lazyCloseTimeout: 0,
    });
  }
}

async function again<Result>(once: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once();
    } catch (error) {
      if (attempt === ATTEMPTS || !(error instanceof ServiceError) || !error.retryable) throw error;
      await delay(PAUSE_MS * 2 ** attempt * (0.5 + Math.random()));
    }
  }
}

/** `ws` with the CAs that are trusted, and an end to waiting for the handshake. */
function socketsOf(ca: string[] | undefined): unknown {
  return class extends WebSocket {
    constructor(address: string | URL, protocols?: string | string[]) {
      super(address, protocols, { handshakeTimeout: SOCKET_WAIT_MS, ...(ca && { ca }) });
    }
  };
}

/** Headers and bytes of a body; those of a form are multipart. */
async function encoded(
  body: string | FormData | undefined,
  authorization: string,
): Promise<Pick<HttpRequest, 'headers' | 'body'>> {
  if (body === undefined) return { headers: { authorization } };
  if (typeof body === 'string') return { headers: { authorization, 'content-type': 'application/json' }, body };
  const form = new Response(body);
  const bytes = new Uint8Array(await form.arrayBuffer());
  return { headers: { authorization, 'content-type': form.headers.get('content-type') ?? '' }, body: bytes };
}

/** A file beside the operation: https://github.com/jaydenseric/graphql-multipart-request-spec (v3). */
function formOf(query: string, { input }: Readonly<Record<string, unknown>>, content: Uint8Array): FormData {
  const form = new FormData();
  form.set('operations', JSON.stringify({ query, variables: { input: { ...(input as object), content: null } } }));
  form.set('map', JSON.stringify({ file: ['variables.input.content'] }));
  form.set('file', new Blob([Uint8Array.from(content)]));
  return form;
}

/** What `/readyz` answers. */
interface Readiness {
  readonly reasons?: readonly string[];
  readonly problems?: readonly { readonly code: string; readonly cause: string }[];
}

/** Problem details (RFC 9457), if that is what it is. */
interface Problem {
  readonly code?: string;
  readonly detail?: string;
}

function problemOf(bytes: Uint8Array): Problem {
  try {
    return JSON.parse(Buffer.from(bytes).toString()) as Problem;
  } catch {
    return {};
  }
}

function asServiceError(error: unknown, endpoint: URL, config: Config): unknown {
  if (error instanceof ServiceError) return error;
  const { code } = error as { code?: unknown };
  if (code === 4403) return unauthenticated(config);
  if (Array.isArray(error))
    return new ServiceError('GRAPHQL', error.map(({ message }: { message: string }) => message).join('; '));
  return unreachable(endpoint, error);
}

function unauthenticated({ tokenFrom }: Config): ServiceError {
  return new ServiceError('UNAUTHENTICATED', `the service does not accept the token: see ${tokenFrom}`);
}

function unreachable(endpoint: URL, error: unknown): ServiceError {
  const { cause = error } = error as { cause?: unknown };
  const late = error instanceof HttpError && error.code === 'HTTP_TIMEOUT';
  const why = late ? error.message : ((cause as { code?: string }).code ?? (cause as Error).message);
  const advice = UNTRUSTED.test(why)
    ? 'name its CA with TRUSTCAST_CA_FILE'
    : 'does the service run, and is TRUSTCAST_URL right?';
  return new ServiceError('UNREACHABLE', `${endpoint.origin} cannot be reached (${why}): ${advice}`, {
    cause: error,
    // Asking again would take as long again.
    retryable: !late && !UNTRUSTED.test(why),
  });
}
