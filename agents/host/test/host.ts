import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { AgentProcess } from './agent-process.js';
import { type Nats, startNats } from './backends.js';
import { FakeService, TOKEN } from './fake-service.js';
import { temporaryDirectory } from './fixtures.js';

/** A service, a NATS server and one host whose agent can be started and ended. */
export class Host {
  readonly service: FakeService;
  readonly directory: string;
  readonly truststore: string;
  readonly #nats: Nats | null;
  readonly #home: ReturnType<typeof temporaryDirectory>;
  readonly #agents: AgentProcess[] = [];

  private constructor(service: FakeService, nats: Nats | null, home: ReturnType<typeof temporaryDirectory>) {
    this.service = service;
    this.#nats = nats;
    this.#home = home;
    this.directory = join(home.path, 'agent');
    this.truststore = join(this.directory, 'truststore.p12');
  }

  /** With a NATS server of its own, or with one that is given, or with an address where none listens. */
  static async start(given?: Nats | 'none'): Promise<Host> {
    const nats = given === undefined ? await startNats() : null;
    const url = given === 'none' ? `nats://127.0.0.1:${await closedPort()}` : (given ?? nats)!.url;
    const access = { servers: [url], user: null, password: null };
    const service = await FakeService.start(access, `t-${randomUUID().slice(0, 8)}`);
    if (given !== 'none') await service.connectNats();
    return new Host(service, nats, temporaryDirectory());
  }

  get home(): string {
    return this.#home.path;
  }

  env(over: Readonly<Record<string, string>> = {}): Record<string, string> {
    return {
      TRUSTCAST_SERVICE_URL: this.service.url,
      TRUSTCAST_AGENT_TOKEN: TOKEN,
      TRUSTCAST_PINNED_KEYS: this.service.key.kid,
      TRUSTCAST_ENVIRONMENT: this.service.environment,
      TRUSTCAST_DIRECTORY: this.directory,
      TRUSTCAST_BASE: 'none',
      ...over,
    };
  }

  agent(over: Readonly<Record<string, string>> = {}, command?: readonly string[]): AgentProcess {
    const agent = new AgentProcess(['run'], this.env(over), command);
    this.#agents.push(agent);
    return agent;
  }

  /** Starts the agent and waits until it has caught up with the service. */
  async running(over: Readonly<Record<string, string>> = {}): Promise<AgentProcess> {
    const agent = this.agent(over);
    await agent.line('connected');
    await this.service.written();
    return agent;
  }

  async stop(): Promise<void> {
    for (const agent of this.#agents) agent.kill('SIGKILL');
    await Promise.all(this.#agents.map(({ exited }) => exited));
    await this.service.stop();
    await this.#nats?.stop();
    this.#home.remove();
  }
}

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
