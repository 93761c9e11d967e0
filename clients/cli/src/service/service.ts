import { type HttpAnswer, HttpClient, trustedAuthorities } from '@trustcast/http-client';
import type { Config } from '../config.js';
import { RefusedError, ServiceError, type UserError } from '../errors.js';
import { type Answer, type Problem, type Readiness, problemOf } from './answers.js';
import { encoded, formOf } from './bodies.js';
import { again, asServiceError, unauthenticated, unreachable } from './failures.js';
import type { Operation } from './operation.js';
import type { WayToSignIn } from '../sign-in/provider.js';
import { Sockets } from './sockets.js';

/** A deployment of many certificates, or an export, may take the service a while. */
const LIMITS = { idleMs: 120_000, totalMs: 15 * 60_000 };
const MAX_ANSWER_BYTES = 512 * 1024 * 1024;
const MAX_READINESS_BYTES = 64 * 1024;
const UNAVAILABLE = [502, 503, 504];

/** A file, and the name that it is offered under. */
interface Download {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The service: its GraphQL endpoint, and the files beside it. */
export class Service {
  readonly #config: Config;
  readonly #endpoint: URL;
  readonly #client: HttpClient;
  readonly #sockets: Sockets;
  readonly #others: Service[] = [];
  readonly #token: () => Promise<string>;
  #tokenEnd: Date | null = null;

  constructor(config: Config, token: () => Promise<string>) {
    this.#config = config;
    this.#token = token;
    this.#endpoint = this.#at('graphql');
    const ca = config.ca === null ? undefined : trustedAuthorities(config.ca);
    this.#client = new HttpClient({ ca, limits: LIMITS });
    this.#sockets = new Sockets(this.#endpoint, config, token);
  }

  /** When the API token expires that it is asked with; null: not within two weeks. */
  get tokenEnd(): Date | null {
    return this.#tokenEnd;
  }

  /** URL of the service as agents receive it. */
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
    { text }: Operation<Data>,
    variables: Readonly<Record<string, unknown>> = {},
    content?: Uint8Array,
  ): Promise<Data> {
    const input = variables.input as { idempotencyKey?: string } | undefined;
    const repeatable = !text.trimStart().startsWith('mutation') || input?.idempotencyKey !== undefined;
    const once = () =>
      this.#once<Data>(content ? formOf(text, variables, content) : JSON.stringify({ query: text, variables }));
    return repeatable ? again(once) : once();
  }

  /**
   * Asks by a mutation that changes nothing: twice is the same as once.
   *
   * @throws ServiceError
   */
  async look<Data>({ text }: Operation<Data>, input: Readonly<Record<string, unknown>>): Promise<Data> {
    return again(() => this.#once<Data>(JSON.stringify({ query: text, variables: { input } })));
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
  async change<Payload extends { readonly userErrors: readonly UserError[] }>(
    operation: Operation<{ readonly payload: Payload }>,
    input: Readonly<Record<string, unknown>>,
    content?: Uint8Array,
  ): Promise<Payload> {
    const { payload } = await this.ask(operation, { input }, content);
    if (payload.userErrors.length > 0) throw new RefusedError(payload.userErrors);
    return payload;
  }

  /** What a subscription brings; connections that break are made again. */
  async *follow<Data>(
    { text }: Operation<Data>,
    variables: Readonly<Record<string, unknown>>,
  ): AsyncGenerator<Data, void> {
    const socket = this.#sockets.withRoom();
    socket.operations += 1;
    try {
      for await (const { data, errors } of socket.client.iterate<Data>({ query: text, variables })) {
        if (errors) throw new ServiceError('GRAPHQL', errors.map(({ message }) => message).join('; '));
        if (data) yield data;
      }
    } catch (error) {
      throw asServiceError(error, this.#endpoint, this.#config);
    } finally {
      socket.operations -= 1;
    }
  }

  /** The same service, asked with another token; it is closed with this one. */
  withToken(token: () => Promise<string>): Pick<Service, 'ask'> {
    const service = new Service(this.#config, token);
    this.#others.push(service);
    return service;
  }

  /** How people can sign in. @throws ServiceError */
  async waysToSignIn(): Promise<readonly WayToSignIn[]> {
    const url = this.#at('sign-in');
    return again(async () => {
      const { status, body } = await this.#client
        .send({ method: 'GET', url, headers: {}, maxBytes: MAX_READINESS_BYTES })
        .catch((error: unknown) => {
          throw unreachable(url, error);
        });
      const { issuers } = problemOf(body) as { readonly issuers?: readonly WayToSignIn[] };
      if (status === 200 && issuers) return issuers;
      throw new ServiceError('NOT_TRUSTCAST', `${url.href} answered ${status} and no issuers: see TRUSTCAST_URL`);
    });
  }

  close(): void {
    for (const other of this.#others) other.close();
    this.#sockets.close();
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
        ...(await encoded(body, `Bearer ${await this.#token()}`)),
        maxBytes: MAX_ANSWER_BYTES,
      })
      .catch((error: unknown) => {
        throw unreachable(url, error);
      });
    this.#tokenEnd = timeOf(answer.headers['trustcast-token-expires']) ?? this.#tokenEnd;
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
}

function timeOf(header: string | string[] | undefined): Date | null {
  const time = new Date(String(header));
  return Number.isNaN(time.getTime()) ? null : time;
}
