import { beforeAll, beforeEach } from '@jest/globals';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Position } from '@trustcast/schema';
import type { Harness } from '../support/harness.js';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, createEnvironment, pasted } from '../support/mutations.js';
import type { ServiceProcess } from '../support/service-process.js';

/** What the agent of an environment has before anything is deployed. */
export const START: Position = { epoch: 1, revision: 0 };

export interface Progress {
  readonly state: string;
  readonly hosts: Readonly<Record<'total' | 'written' | 'failed', number>>;
  readonly jvms: Readonly<Record<'total' | 'live' | 'failed' | 'unsupported' | 'joined', number>>;
  readonly targets: readonly {
    readonly state: string;
    readonly reason: string | null;
    readonly joined: boolean;
    readonly jvms: readonly { readonly state: string; readonly joined: boolean; readonly live: boolean }[];
  }[];
}

/** An environment of its own for each test, to which it deploys. */
export class DeploymentStage {
  static #serial = 0;
  nats!: NatsConnection;
  environment = '';
  environmentId = '';

  private constructor(private readonly service: ServiceProcess) {}

  static use(harness: Harness, service: ServiceProcess): DeploymentStage {
    const stage = new DeploymentStage(service);
    beforeAll(async () => {
      stage.nats = await harness.connectNats();
    });
    beforeEach(async () => {
      stage.environment = `stage-${++DeploymentStage.#serial}`;
      stage.environmentId = await createEnvironment(service, stage.environment);
    });
    return stage;
  }

  /** Deploys one more certificate. */
  readonly deploy = async (): Promise<{ id: string; at: Position }> => {
    const name = `${this.environment}-${++DeploymentStage.#serial}`;
    const { deployment } = await createCertificate(this.service, {
      name,
      definitions: [pasted([this.environment], name, makeCertificate().pem)],
    });
    const { epoch, revision } = deployment!.environments[0]!;
    return { id: deployment!.id, at: { epoch, revision } };
  };

  readonly progress = async (id: string): Promise<Progress> => {
    type Paged = Omit<Progress, 'targets'> & { readonly targets: { readonly nodes: Progress['targets'] } };
    const { deployment } = await this.service.query<{ deployment: { environments: Paged[] } }>(
      `query ($id: ID!) { deployment(id: $id) { environments { state hosts { total written failed }
         jvms { total live failed unsupported joined }
         targets(first: 500) { nodes { state reason joined jvms { state joined live } } } } } }`,
      { id },
    );
    const { targets, ...found } = deployment.environments[0]!;
    return { ...found, targets: targets.nodes };
  };

  /** The first host of the environment, as the API has it. */
  readonly hostState = async () => {
    const { agents } = await this.service.query<{
      agents: { nodes: { state: string; reason: string | null; revision: number | null }[] };
    }>('query ($environment: String!) { agents(environment: $environment) { nodes { state reason revision } } }', {
      environment: this.environment,
    });
    return agents.nodes[0]!;
  };
}
