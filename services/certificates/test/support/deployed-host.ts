import type { NatsConnection } from '@nats-io/transport-node';
import { beforeAll, beforeEach } from '@jest/globals';
import type { AgentStatus, Position } from '@trustcast/schema';
import { type Harness, until } from './harness.js';
import { makeCertificate } from './make-certificate.js';
import { createCertificate, createEnvironment, pasted } from './mutations.js';
import type { ServiceProcess } from './service-process.js';
import { TestAgent, jvm } from './test-agent.js';

/** A deployment to one host with one JVM, before it has told anything of it; another environment for each test. */
export class DeployedHost {
  readonly #harness: Harness;
  readonly #service: ServiceProcess;
  #serial = 0;
  nats!: NatsConnection;
  environment!: string;
  agent!: TestAgent;
  deployment!: { id: string; at: Position };

  private constructor(harness: Harness, service: ServiceProcess) {
    this.#harness = harness;
    this.#service = service;
  }

  /** @param before what the host's status before the deployment has besides */
  static use(
    harness: Harness,
    service: ServiceProcess,
    prefix: string,
    before: () => Partial<AgentStatus>,
  ): DeployedHost {
    const host = new DeployedHost(harness, service);
    beforeAll(async () => {
      host.nats = await harness.connectNats();
    });
    beforeEach(() => host.#deploy(prefix, before()));
    return host;
  }

  async #deploy(prefix: string, before: Partial<AgentStatus>): Promise<void> {
    const environment = (this.environment = `${prefix}-${++this.#serial}`);
    await createEnvironment(this.#service, environment);
    this.agent = await TestAgent.enroll(this.#service, environment, 'host-1');
    const start = { epoch: 1, revision: 0 };
    await this.stored(this.agent.status(start, { jvms: [jvm('a', start)], ...before }));
    const made = await createCertificate(this.#service, {
      name: environment,
      definitions: [pasted([environment], environment, makeCertificate().pem)],
    });
    const { epoch, revision } = made.deployment!.environments[0]!;
    this.deployment = { id: made.deployment!.id, at: { epoch, revision } };
  }

  /** What the host says when all is well, and its JVM has loaded what was deployed. */
  readonly live = (more: Partial<AgentStatus>): AgentStatus => {
    const { at } = this.deployment;
    return this.agent.status(at, { jvms: [jvm('a', at)], ...more });
  };

  /** Publishes it and waits until it is stored. */
  async stored(status: AgentStatus): Promise<void> {
    await this.agent.send(this.nats, status);
    await until(
      async () => {
        const { rows } = await this.#harness.sql.query<{ sequence: string }>(
          'SELECT sequence FROM agent_statuses WHERE agent_id = $1',
          [status.agent],
        );
        return Number(rows[0]?.sequence);
      },
      (sequence) => sequence === status.sequence,
    );
  }

  /** What the deployment and its host are when that has been told. */
  readonly told = async (status: AgentStatus): Promise<Progress> => {
    await this.stored(status);
    return this.progress();
  };

  readonly progress = async (): Promise<Progress> => {
    const answer = await this.#service.query<{
      deployment: { environments: { state: string; targets: { nodes: { state: string; reason: string | null }[] } }[] };
    }>('query ($id: ID!) { deployment(id: $id) { environments { state targets { nodes { state reason } } } } }', {
      id: this.deployment.id,
    });
    const { state, targets } = answer.deployment.environments[0]!;
    return { state, host: targets.nodes[0]! };
  };
}

interface Progress {
  readonly state: string;
  readonly host: { readonly state: string; readonly reason: string | null };
}
