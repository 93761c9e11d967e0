import { type KeyObject, generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from '@nats-io/transport-node';
import {
  type AgentStatus,
  type ChangeMessage,
  type Delta,
  type Ed25519Jwk,
  type Entry,
  type NatsAccess,
  type Position,
  type Registration,
  type RegistrationAnswer,
  type SigningKey,
  agentPaths,
  checkHttpSignature,
  contentDigestOf,
  decodeBaseReport,
  encodeChangeMessage,
  formatEnrollmentToken,
  keyFromJwk,
  parseEnrollmentToken,
  publicJwkOf,
  readHttpSignature,
  signRegistration,
  signingKeyOf,
  subjectsOf,
  thumbprintOf,
  verifyAgentStatus,
  verifyEnrollmentRequest,
  verifyRegistrationRequest,
} from '@trustcast/schema';
import { bodyOf, reply } from './fake-http.js';
import { FakeSets } from './fake-sets.js';

export const TOKEN = 'agent-token';
type NatsClient = Awaited<ReturnType<typeof connect>>;
type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<boolean> | boolean;

/** HTTP and NATS of a service, with real signatures and a set in memory. No database, no rules of its own. */
export class FakeService extends FakeSets {
  readonly agent = randomUUID();
  readonly #server: Server;
  readonly #nats: NatsAccess;
  #client: NatsClient | null = null;
  #port = 0;
  #statuses: AgentStatus[] = [];
  #waiting: (() => void)[] = [];
  #agentKeys: Parameters<typeof verifyAgentStatus>[1] = new Map();
  /** Lets a test answer a request itself: true when it did. */
  intercept: Answer = () => false;
  /** Keys that it offers beside the one that signs. */
  announced: readonly SigningKey[] = [];
  readonly requests: string[] = [];
  /** Headers that carried a token. */
  readonly bearers: string[] = [];
  /** Names that hosts enrolled with. */
  readonly enrolled: string[] = [];
  /** `x` of the key that the host has by enrollment or renewal. */
  agentKeyId = '';
  /** What it says of another host with the key of this one. */
  duplicate: string | null = null;
  /** It takes keys that are renewed, and its answers do not arrive. */
  loseAnswers = false;
  #tokenKey: KeyObject | null = null;
  baseReports = 0;
  session = 0;
  lastAnswer: RegistrationAnswer | null = null;
  /** What agents reported, by digest. */
  readonly bases = new Map<string, readonly Entry[]>();

  private constructor(key: SigningKey, nats: NatsAccess, environment: string) {
    super(key, environment);
    this.#nats = nats;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
    });
  }

  /** `nats` may name a server that does not run; {@link connectNats} is separate. */
  static async start(nats: NatsAccess, environment = 'apimanager', key?: SigningKey): Promise<FakeService> {
    key ??= await signingKeyOf(generateKeyPairSync('ed25519').privateKey);
    const service = new FakeService(key, nats, environment);
    await service.listen();
    return service;
  }

  /** Makes a token with which hosts may enroll. @param pin names another key than the one that signs */
  enrollmentToken(pin = this.key.kid): string {
    const token = formatEnrollmentToken(randomBytes(32), pin);
    this.#tokenKey = keyFromJwk(parseEnrollmentToken(token).publicKey);
    return token;
  }

  async listen(port = this.#port): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async connectNats(): Promise<void> {
    this.#client = await connect({
      servers: [...this.#nats.servers],
      maxReconnectAttempts: -1,
      reconnectTimeWait: 100,
    });
    this.#client.subscribe(subjectsOf(this.scope.installation).status(this.environment, this.agent), {
      callback: (error, message) => {
        if (error) throw error;
        this.#take(message.string());
      },
    });
    await this.#client.flush();
  }

  /** Also while it does not listen. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }
  get statuses(): readonly AgentStatus[] {
    return this.#statuses;
  }

  override rewind(revision: number): void {
    super.rewind(revision);
    this.#statuses = [];
  }

  override restore(history: FakeSets['history']): void {
    super.restore(history);
    this.#statuses = [];
  }

  async publish(message: ChangeMessage | Uint8Array, subject: 'changed' | 'heartbeat' = 'changed'): Promise<void> {
    const bytes = message instanceof Uint8Array ? message : encodeChangeMessage(message);
    this.#client!.publish(subjectsOf(this.scope.installation)[subject](this.environment), bytes);
    await this.#client!.flush();
  }

  /** Changes and publishes: what the real service does. */
  async deploy(delta: Partial<Delta>): Promise<Position> {
    const position = this.change(delta);
    await this.publish(await this.event());
    return position;
  }

  /** Resolves to the first status for which `test` holds, past ones included when it is the last one. */
  async status(test: (status: AgentStatus) => boolean, timeoutMs = 15_000): Promise<AgentStatus> {
    const until = Date.now() + timeoutMs;
    for (;;) {
      const last = this.#statuses.at(-1);
      if (last && test(last)) return last;
      if (Date.now() > until)
        throw new Error(`no such status; the last was ${JSON.stringify(last ?? null).slice(0, 4_000)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 250);
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** Resolves once the agent has written this revision. */
  async written(revision = this.position.revision): Promise<AgentStatus> {
    return this.status(({ written, state }) => written?.revision === revision && state === 'WRITTEN');
  }

  async stop(): Promise<void> {
    await this.#client?.close();
    await this.stopHttp();
  }

  async stopHttp(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => void this.#server.close(() => resolve()));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // The base is reported beside everything else, whenever that is.
    if (request.url !== agentPaths.base) this.requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
    if (await this.intercept(request, response)) return;
    if (request.headers.authorization !== undefined) this.bearers.push(request.headers.authorization);
    const body = request.method === 'POST' ? await bodyOf(request) : Buffer.alloc(0);
    if (!this.#isKnown(request, body))
      return void response.writeHead(401).end(JSON.stringify({ code: 'AGENT_KEY_UNKNOWN', detail: 'not known' }));
    const url = new URL(request.url!, 'http://localhost');
    if (url.pathname === agentPaths.register) {
      await this.#register(body, response);
      return;
    }
    if (url.pathname === agentPaths.enroll) {
      await this.#enroll(body, response);
      return;
    }
    if (url.pathname === agentPaths.renewKey) {
      await this.#renewKey(body, response);
      return;
    }
    if (url.pathname === agentPaths.base) {
      this.baseReports++;
      const { digest, entries } = decodeBaseReport(JSON.parse(body.toString()));
      if (entries) this.bases.set(digest, entries);
      response.writeHead(200).end(JSON.stringify({ known: this.bases.has(digest) }));
      return;
    }
    if (url.pathname === agentPaths.status(this.environment)) {
      const { status } = JSON.parse(body.toString()) as { status: string };
      this.#take(status);
      reply(response, await this.heartbeat());
      return;
    }
    if (url.pathname === agentPaths.self) {
      response.writeHead(200).end(JSON.stringify({ duplicate: this.duplicate }));
      return;
    }
    if (url.pathname === agentPaths.heartbeat(this.environment)) {
      reply(response, await this.heartbeat());
      return;
    }
    if (url.pathname !== agentPaths.set(this.environment)) return void response.writeHead(404).end();
    reply(response, await this.since(url.searchParams.get('after')));
  }

  #take(compact: string): void {
    this.#statuses.push(verifyAgentStatus(compact, this.#agentKeys));
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Whether a request has the token of createAgent, or a signature of the host's key or of the enrollment token's. */
  #isKnown({ headers, method = '', url = '' }: IncomingMessage, body: Buffer): boolean {
    if (headers.authorization !== undefined) return headers.authorization === `Bearer ${TOKEN}`;
    const signature = readHttpSignature(method, url, headers);
    if (signature?.request.contentDigest !== contentDigestOf(body)) return false;
    const keys = signature.tag === 'trustcast-agent' ? [...this.#agentKeys.values()] : [this.#tokenKey];
    const key = keys.find((each) => each?.export({ format: 'jwk' }).x === signature.keyId);
    if (!key) return false;
    checkHttpSignature(signature, key);
    return true;
  }

  async #enroll(body: Buffer, response: ServerResponse): Promise<void> {
    const { request: compact } = JSON.parse(body.toString()) as { request: string };
    const { publicKey, name } = verifyEnrollmentRequest(compact);
    this.enrolled.push(name);
    this.agentKeyId = publicKey.x;
    this.#agentKeys = new Map([[thumbprintOf(publicKey), keyFromJwk(publicKey)]]);
    response.writeHead(200).end(JSON.stringify(await this.answerTo(compact)));
  }

  async #register(body: Buffer, response: ServerResponse): Promise<void> {
    const { request: compact } = JSON.parse(body.toString()) as { request: string };
    const { publicKey } = verifyRegistrationRequest(compact);
    this.#goOnWith(thumbprintOf(publicKey), publicKey);
    this.lastAnswer = await this.answerTo(compact);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(this.lastAnswer));
  }

  /** Keys before it end. What was renewed meanwhile stays: a registration may come late. */
  #goOnWith(kid: string, publicKey: Ed25519Jwk): void {
    const known = [...this.#agentKeys];
    const at = known.findIndex(([each]) => each === kid);
    this.#agentKeys = new Map(at < 0 ? [[kid, keyFromJwk(publicKey)]] : known.slice(at));
  }

  /** The key so far stays known until the agent registers. */
  async #renewKey(body: Buffer, response: ServerResponse): Promise<void> {
    const { request: compact } = JSON.parse(body.toString()) as { request: string };
    const { publicKey } = verifyRegistrationRequest(compact);
    this.#agentKeys = new Map([...this.#agentKeys, [thumbprintOf(publicKey), keyFromJwk(publicKey)]]);
    this.agentKeyId = publicKey.x;
    if (this.loseAnswers) response.destroy();
    else response.writeHead(200).end(JSON.stringify(await this.answerTo(compact)));
  }

  /** Of the keys that it knows, only the newest stays. */
  endPreviousKeys(): void {
    this.#agentKeys = new Map([...this.#agentKeys].slice(-1));
  }

  /** What it says to whoever registers with a token of its environment. */
  async answerTo(request: string): Promise<RegistrationAnswer> {
    const registration: Registration = {
      agent: this.agent,
      installation: this.scope.installation,
      environment: { id: this.scope.environment, name: this.environment },
      session: ++this.session,
      issuedAt: Date.now() + this.clockMs,
      position: this.position,
      signingKeys: await Promise.all([this.signer, ...this.announced].map(({ privateKey }) => publicJwkOf(privateKey))),
      nats: this.#nats,
    };
    return {
      signingKeys: registration.signingKeys,
      registration: await signRegistration(registration, request, this.signer),
      ...(this.keyList && { keyList: this.keyList }),
    };
  }
}
