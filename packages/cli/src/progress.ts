import type { Service } from './service.js';

/** How far the latest deployment of an environment is. */
export interface Progress {
  readonly environment: string;
  readonly deployment: string;
  readonly epoch: number;
  readonly revision: number;
  readonly state: 'PENDING' | 'WRITTEN' | 'LIVE' | 'FAILED' | 'NO_TARGETS';
  readonly hosts: { readonly total: number; readonly written: number; readonly failed: number };
  readonly jvms: {
    readonly total: number;
    readonly live: number;
    readonly failed: number;
    readonly unsupported: number;
    readonly joined: number;
  };
  /** Of hosts and JVMs that are not where they should be. */
  readonly reasons: readonly string[];
}

interface Followed {
  readonly latestDeployment: {
    readonly id: string;
    readonly environments: readonly (Omit<Progress, 'environment' | 'deployment' | 'reasons'> & {
      readonly environment: { readonly name: string };
      readonly targets: readonly {
        readonly agent: { readonly name: string };
        readonly reason: string | null;
        readonly jvms: readonly { readonly pid: number; readonly reason: string | null }[];
      }[];
    })[];
  } | null;
}

const FOLLOW = `subscription ($environment: String!) {
  latestDeployment(environment: $environment) {
    id
    environments {
      environment { name }
      epoch revision state
      hosts { total written failed }
      jvms { total live failed unsupported joined }
      targets { agent { name } reason jvms { pid reason } }
    }
  }
}`;

/** As it is, and after every change; null: nothing was deployed yet. Ends when there is no such environment. */
export async function* followProgress(service: Service, environment: string): AsyncGenerator<Progress | null, void> {
  for await (const { latestDeployment } of service.follow<Followed>(FOLLOW, { environment })) {
    const found = latestDeployment?.environments.find((each) => each.environment.name === environment);
    if (!latestDeployment || !found) {
      yield null;
      continue;
    }
    const { targets, ...progress } = found;
    const reasons = targets.flatMap(({ agent, reason, jvms }) => [
      ...(reason === null ? [] : [`${agent.name}: ${reason}`]),
      ...jvms.flatMap((jvm) => (jvm.reason === null ? [] : [`${agent.name} pid ${jvm.pid}: ${jvm.reason}`])),
    ]);
    yield { ...progress, environment, deployment: latestDeployment.id, reasons };
  }
}

/** One line for people. */
export function progressText(progress: Progress): string {
  const { environment, revision, state, hosts, jvms, reasons } = progress;
  const joined = jvms.joined === 0 ? '' : `, ${jvms.joined} joined`;
  const counts = `${hosts.written}/${hosts.total} hosts written, ${jvms.live}/${jvms.total} JVMs live${joined}`;
  return [`${environment} revision ${revision} ${state}: ${counts}`, ...reasons].join('; ');
}
