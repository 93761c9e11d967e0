import { setTimeout as delay } from 'node:timers/promises';
import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { Config } from './config.js';
import { RefusedError, ServiceError, type UserError } from './errors.js';

const ATTEMPTS = 4;
const PAUSE_MS = 250;
const UNAVAILABLE = [502, 503, 504];
const UNAUTHORIZED = 'the service does not accept the token: see TRUSTCAST_TOKEN';

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

/** The service: its GraphQL endpoint, and the files beside it. */
export class Service {
  readonly #config: Config;
  readonly #endpoint: URL;
  #socket: Client | undefined;

  constructor(config: Config) {
    this.#config = config;
    this.#endpoint = this.#at('graphql');
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
   * A file that the service offers beside GraphQL.
   *
   * @throws ServiceError
   */
  async download(path: string, query: URLSearchParams): Promise<Download> {
    const url = this.#at(path);
    url.search = query.toString();
    return again(async () => {
      const response = await this.#fetch(url);
      const bytes = await response.arrayBuffer().catch((error: unknown) => {
        throw unreachable(url, error);
      });
      // The name becomes a path: whoever answers must not choose where that leads.
      const name = /\bfilename="(\w[\w.-]*)"/.exec(response.headers.get('content-disposition') ?? '')?.[1];
      if (response.ok && name !== undefined) return { name, bytes: new Uint8Array(bytes) };
      const { code, detail } = problemOf(bytes);
      throw new ServiceError(
        code ?? 'NOT_TRUSTCAST',
        detail ?? `${url.origin}${url.pathname} answered ${response.status} and no file: see TRUSTCAST_URL`,
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
    try {
      for await (const { data, errors } of this.#subscriptions().iterate<Data>({ query, variables })) {
        if (errors) throw new ServiceError('GRAPHQL', errors.map(({ message }) => message).join('; '));
        if (data) yield data;
      }
    } catch (error) {
      throw asServiceError(error, this.#endpoint);
    }
  }

  close(): void {
    void this.#socket?.dispose();
  }

  async #once<Data>(body: string | FormData): Promise<Data> {
    const response = await this.#fetch(this.#endpoint, { method: 'POST', body });
    const answer = (await response.json().catch(() => ({}))) as Answer<Data> & Problem;
    if (answer.errors?.length)
      throw new ServiceError(
        answer.errors[0]?.extensions?.code ?? 'GRAPHQL',
        answer.errors.map(({ message }) => message).join('; '),
        { retryable: answer.errors.every(({ extensions }) => extensions?.code === 'UNAVAILABLE') },
      );
    // Where nothing is, the URL is wrong.
    const problem = response.status === 404 ? undefined : answer;
    if (answer.data == null)
      throw new ServiceError(
        problem?.code ?? 'NOT_TRUSTCAST',
        problem?.detail ?? `${this.#endpoint.href} answered ${response.status} and no GraphQL: see TRUSTCAST_URL`,
      );
    return answer.data;
  }

  #at(path: string): URL {
    const { url } = this.#config;
    return new URL(`${url.pathname.replace(/\/$/, '')}/${path}`, url);
  }

  async #fetch(
    url: URL,
    init: { readonly method?: string; readonly body?: string | FormData } = {},
  ): Promise<Response> {
    const response = await fetch(url, {
      ...init,
      headers: {
        ...(typeof init.body === 'string' && { 'content-type': 'application/json' }),
        authorization: `Bearer ${this.#config.token}`,
      },
    }).catch((error: unknown) => {
      throw unreachable(url, error);
    });
    if (response.status === 401) throw new ServiceError('UNAUTHENTICATED', UNAUTHORIZED);
    if (UNAVAILABLE.includes(response.status))
      throw new ServiceError('UNAVAILABLE', `${url.origin} answered ${response.status}: try again`, {
        retryable: true,
      });
    return response;
  }

  #subscriptions(): Client {
    this.#socket ??= createClient({
      url: this.#endpoint.href.replace(/^http/, 'ws'),
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${this.#config.token}` },
      lazyCloseTimeout: 0,
    });
    return this.#socket;
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

/** A file beside the operation: https://github.com/jaydenseric/graphql-multipart-request-spec (v3). */
function formOf(query: string, { input }: Readonly<Record<string, unknown>>, content: Uint8Array): FormData {
  const form = new FormData();
  form.set('operations', JSON.stringify({ query, variables: { input: { ...(input as object), content: null } } }));
  form.set('map', JSON.stringify({ file: ['variables.input.content'] }));
  form.set('file', new Blob([Uint8Array.from(content)]));
  return form;
}

/** Problem details (RFC 9457), if that is what it is. */
interface Problem {
  readonly code?: string;
  readonly detail?: string;
}

function problemOf(bytes: ArrayBuffer): Problem {
  try {
    return JSON.parse(Buffer.from(bytes).toString()) as Problem;
  } catch {
    return {};
  }
}

function asServiceError(error: unknown, endpoint: URL): unknown {
  if (error instanceof ServiceError) return error;
  const { code } = error as { code?: unknown };
  if (code === 4403) return new ServiceError('UNAUTHENTICATED', UNAUTHORIZED);
  if (Array.isArray(error))
    return new ServiceError('GRAPHQL', error.map(({ message }: { message: string }) => message).join('; '));
  return unreachable(endpoint, error);
}

function unreachable(endpoint: URL, error: unknown): ServiceError {
  const { cause = error } = error as { cause?: unknown };
  const why = (cause as { code?: string }).code ?? (cause as Error).message;
  return new ServiceError(
    'UNREACHABLE',
    `${endpoint.origin} cannot be reached (${why}): does the service run, and is TRUSTCAST_URL right?`,
    { cause: error, retryable: true },
  );
}
