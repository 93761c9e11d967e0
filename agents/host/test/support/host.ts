import { randomUUID } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AgentProcess } from './agent-process.js';
import type { Nats } from './backends.js';
import { FakeService, TOKEN } from './fake-service.js';
import { temporaryDirectory } from './fixtures.js';

export const JAR = fileURLToPath(new URL('../../../../jvm/dist/trustcast-jvm.jar', import.meta.url));
type Env = Readonly<Record<string, string>>;

/** A service and one host whose agent can be started and ended. Tests get theirs from `useHost`. */
export class Host {
  readonly service: FakeService;
  readonly directory: string;
  readonly truststore: string;
  readonly #nats: Nats;
  readonly #home = temporaryDirectory();
  readonly #ends: (() => Promise<unknown>)[] = [];

  private constructor(service: FakeService, nats: Nats) {
    this.service = service;
    this.#nats = nats;
    this.directory = join(this.home, 'agent');
    this.truststore = join(this.directory, 'truststore.p12');
    // JVMs of other users have their way through it.
    chmodSync(this.home, 0o755);
  }

  static async start(nats: Nats): Promise<Host> {
    const access = { servers: [nats.url], user: null, password: null };
    const service = await FakeService.start(access, `t-${randomUUID().slice(0, 8)}`);
    await service.connectNats();
    return new Host(service, nats);
  }

  /** One more, which ends with this one. */
  async another(nats = this.#nats): Promise<Host> {
    const other = await Host.start(nats);
    this.onStop(() => other.stop());
    return other;
  }

  get home(): string {
    return this.#home.path;
  }
  /** The option by which {@link attaching} selects a JVM. It names no directory: a JVM that does would use it. */
  get selected(): string {
    return `-Dtrustcast.test=${basename(this.home)}`;
  }
  /** The option by which a JVM brings the agent. */
  get javaagent(): string {
    return `-javaagent:${JAR}=dir=${this.directory}`;
  }

  /** What `trustcast-agent run` is told. */
  env(over: Env = {}): Record<string, string> {
    return {
      TRUSTCAST_SERVICE_URL: this.service.url,
      TRUSTCAST_AGENT_TOKEN: TOKEN,
      TRUSTCAST_PINNED_KEYS: this.service.key.kid,
      ...this.#local,
      ...over,
    };
  }

  /** What more an agent is told that attaches. */
  attaching(over: Env = {}): Record<string, string> {
    return { TRUSTCAST_JVM_AGENT_JAR: JAR, TRUSTCAST_ATTACH: `command=${this.selected} -`, ...over };
  }

  agent(over: Env = {}, command?: readonly string[]): AgentProcess {
    const agent = new AgentProcess(['run'], this.env(over), command);
    this.onStop(() => {
      agent.kill('SIGKILL');
      return agent.exited;
    });
    return agent;
  }

  /** Starts the agent and waits until it has caught up with the service. */
  async running(over: Env = {}): Promise<AgentProcess> {
    const agent = this.agent(over);
    await agent.line('connected');
    await this.service.written();
    return agent;
  }

  /** Runs one command, which needs no service. */
  async cli(
    args: readonly string[],
    over: Env = {},
    command?: readonly string[],
  ): Promise<{ code: number | null; out: string; err: string }> {
    const process = new AgentProcess(args, { ...this.#local, ...over }, command);
    const code = await process.exited;
    return { code, out: process.output, err: process.stderr };
  }

  get #local(): Record<string, string> {
    return {
      TRUSTCAST_ENVIRONMENT: this.service.environment,
      TRUSTCAST_DIRECTORY: this.directory,
      TRUSTCAST_BASE: 'none',
    };
  }

  /** Ends what is ended when the host is. */
  onStop(end: () => Promise<unknown>): void {
    this.#ends.push(end);
  }

  async stop(): Promise<void> {
    for (const end of this.#ends.splice(0).reverse()) await end();
    await this.service.stop();
    this.#home.remove();
  }
}
