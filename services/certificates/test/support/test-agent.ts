import { generateKeyPairSync } from 'node:crypto';
import type { NatsConnection } from '@nats-io/transport-node';
import {
  type AgentStatus,
  type ChangeMessage,
  type JvmReport,
  type InstallationSubjects,
  type Position,
  type Registration,
  type SigningKey,
  type Statement,
  agentPaths,
  decodeChangeMessage,
  factsOf,
  formatPosition,
  keyFromJwk,
  registrationTokenOf,
  signAgentStatus,
  signRegistrationRequest,
  signingKeyOf,
  subjectsOf,
  verifyRegistration,
  verifyStatement,
} from '@trustcast/schema';
import type { ServiceProcess } from './service-process.js';

export interface Pulled {
  readonly message: ChangeMessage;
  readonly statement: Statement;
}

/** Speaks for a host, as far as the service can tell. */
export class TestAgent {
  sequence = 0;
  startedAt = Date.now();

  constructor(
    readonly service: ServiceProcess,
    readonly token: string,
    readonly key: SigningKey,
    readonly registration: Registration,
    readonly pinned: readonly string[],
  ) {}

  static async enroll(service: ServiceProcess, environment: string, name: string): Promise<TestAgent> {
    const { token, pins } = await createAgent(service, environment, name);
    const key = await TestAgent.newKey();
    const request = await registrationRequest(token, key);
    const response = await register(service, token, key, request);
    const registration = verifyRegistration(await response.json(), request, pins);
    return new TestAgent(service, token, key, registration, pins);
  }

  /** The same agent, asking another process. */
  at(service: ServiceProcess): TestAgent {
    return new TestAgent(service, this.token, this.key, this.registration, this.pinned);
  }

  static newKey(): Promise<SigningKey> {
    return signingKeyOf(generateKeyPairSync('ed25519').privateKey);
  }

  /** The same agent after it has registered once more. */
  async restarted(): Promise<TestAgent> {
    const request = await registrationRequest(this.token, this.key);
    const response = await register(this.service, this.token, this.key, request);
    const registration = verifyRegistration(await response.json(), request, this.pinned);
    return new TestAgent(this.service, this.token, this.key, registration, this.pinned);
  }

  registerAgain(): Promise<Response> {
    return register(this.service, this.token, this.key);
  }

  request(path: string): Promise<Response> {
    return fetch(`${this.service.url}${path}`, { headers: { authorization: `Bearer ${this.token}` } });
  }

  async pull(after?: Position): Promise<Pulled> {
    const { name } = this.registration.environment;
    const response = await this.request(`${agentPaths.set(name)}${after ? `?after=${formatPosition(after)}` : ''}`);
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    return this.read(Buffer.from(await response.arrayBuffer()));
  }

  read(body: Uint8Array): Pulled {
    const message = decodeChangeMessage(body);
    const keys = new Map(
      this.registration.signingKeys.map((jwk, index) => [this.pinned[index] ?? '', keyFromJwk(jwk)]),
    );
    return { message, statement: verifyStatement(message.statement, keys) };
  }

  /** The next status; everything is at `at`. */
  status(at: Position | null, more: Partial<AgentStatus> = {}): AgentStatus {
    const { agent, installation, environment, session } = this.registration;
    return {
      session,
      agent,
      installation,
      environment: environment.id,
      startedAt: this.startedAt,
      sequence: ++this.sequence,
      sentAt: Date.now(),
      agentVersion: '0.1.0',
      hostname: 'host.example',
      bootId: null,
      state: 'WRITTEN',
      reason: null,
      written: at,
      managed: 0,
      base: 140,
      ...factsOf(null),
      statement: null,
      clockOffsetMs: 0,
      refused: {},
      jvms: [],
      leftOut: null,
      quarantine: null,
      ...more,
    };
  }

  get subjects(): InstallationSubjects {
    return subjectsOf(this.registration.installation);
  }

  async send(nats: NatsConnection, status: AgentStatus, key = this.key): Promise<void> {
    const { environment, agent } = this.registration;
    nats.publish(this.subjects.status(environment.name, agent), await signAgentStatus(status, key));
    await nats.flush();
  }
}

export function jvm(id: string, at: Position | null, more: Partial<JvmReport> = {}): JvmReport {
  return {
    id: id.repeat(32).slice(0, 32),
    pid: 4242,
    startedAt: Date.now(),
    jdkVersion: '17.0.1',
    mainClass: 'ApiManager',
    via: 'premain',
    state: 'LIVE',
    reason: null,
    at,
    alsoInBase: [],
    otherTrust: [],
    olderConnections: null,
    maxEntries: null,
    lastError: null,
    partial: [],
    ...more,
  };
}

export async function createAgent({ query }: ServiceProcess, environment: string, name: string) {
  const { payload } = await query<{
    payload: {
      agent: { id: string } | null;
      token: string;
      pins: string[];
      userErrors: { code: string; node?: object }[];
    };
  }>(
    `mutation ($input: CreateAgentInput!) {
       payload: createAgent(input: $input) { agent { id } token pins
         userErrors { code ... on NameTaken { node { __typename id } } } } }`,
    { input: { environment, name } },
  );
  return payload;
}

export function registrationRequest(token: string, key: SigningKey): Promise<string> {
  const said = { hostname: 'host.example', agentVersion: '0.1.0', token: registrationTokenOf(token) };
  return signRegistrationRequest(said, key);
}

export async function register(
  { url }: ServiceProcess,
  token: string,
  key: SigningKey,
  request?: string,
): Promise<Response> {
  return fetch(`${url}${agentPaths.register}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ request: request ?? (await registrationRequest(token, key)) }),
  });
}
