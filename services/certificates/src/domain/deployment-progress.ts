import { type JvmReport, type Position, comparePositions } from '@trustcast/schema';
import { type AgentRecord, type HostState, hostState } from './agent-record.js';

/** A deployment to one environment: its position, who was there when it was made, and what they say now. */
export interface DeploymentRecord extends Position {
  readonly environmentId: string;
  readonly createdAt: string;
  readonly targetAgents: readonly string[];
  readonly targetJvms: readonly string[];
  readonly agents: readonly AgentRecord[];
}

export const DEPLOYMENT_STATES = ['PENDING', 'WRITTEN', 'LIVE', 'FAILED', 'NO_TARGETS'] as const;
export type DeploymentState = (typeof DEPLOYMENT_STATES)[number];

export interface JvmProgress {
  readonly jvm: JvmReport;
  /** It came after the deployment was made. */
  readonly joined: boolean;
  /** It proved this deployment, or a later one. */
  readonly live: boolean;
}

export interface HostProgress {
  readonly agent: AgentRecord;
  readonly joined: boolean;
  readonly state: HostState;
  readonly reason: string | null;
  readonly jvms: readonly JvmProgress[];
}

export interface EnvironmentProgress extends Position {
  readonly environmentId: string;
  readonly state: DeploymentState;
  readonly hosts: { readonly total: number; readonly written: number; readonly failed: number };
  readonly jvms: {
    readonly total: number;
    readonly live: number;
    readonly failed: number;
    readonly unsupported: number;
    readonly joined: number;
  };
  readonly targets: readonly HostProgress[];
}

/**
 * Counts the hosts and JVMs that were there when the deployment was made; those that joined since are listed beside.
 * A JVM that ended meanwhile is not counted: nothing is left that could trust or refuse.
 */
export function environmentProgress(record: DeploymentRecord): EnvironmentProgress {
  const { environmentId, epoch, revision } = record;
  // Positions of a host that diverged are of another history.
  const reached = ({ status }: AgentRecord, at: Position | null | undefined) =>
    status?.diverged === false && at != null && comparePositions(at, record) >= 0;
  const agents = new Set(record.targetAgents);
  const selected = new Set(record.targetJvms.map((id) => id.replaceAll('-', '')));

  const targets = record.agents.flatMap((agent): HostProgress[] => {
    const joined = !agents.has(agent.id);
    if (joined && hostState(agent).state === 'UNREACHABLE') return [];
    const jvms = (agent.status?.jvms ?? [])
      .filter(({ state }) => state !== 'UNMANAGED')
      .map((jvm) => ({
        jvm,
        joined: joined || !selected.has(jvm.id),
        live: jvm.state === 'LIVE' && reached(agent, jvm.at),
      }));
    return [{ agent, joined, jvms, ...hostProgress(agent, reached(agent, agent.status?.written)) }];
  });

  const hosts = targets.filter(({ joined }) => !joined);
  const all = targets.flatMap(({ jvms }) => jvms);
  const jvms = all.filter(({ joined }) => !joined);
  const counts = {
    hosts: {
      total: hosts.length,
      written: hosts.filter(({ state }) => state === 'WRITTEN').length,
      failed: hosts.filter(({ state }) => state === 'FAILED').length,
    },
    jvms: {
      total: jvms.length,
      live: jvms.filter(({ live }) => live).length,
      failed: jvms.filter(({ jvm }) => jvm.state === 'FAILED').length,
      unsupported: jvms.filter(({ jvm }) => jvm.state === 'UNSUPPORTED').length,
      joined: all.length - jvms.length,
    },
  };
  return { environmentId, epoch, revision, state: deploymentState(counts), ...counts, targets };
}

function hostProgress(agent: AgentRecord, written: boolean): { state: HostState; reason: string | null } {
  if (written) return { state: 'WRITTEN', reason: null };
  const { state, reason } = hostState(agent);
  return state === 'WRITTEN' || state === 'RECEIVED' ? { state: 'PENDING', reason } : { state, reason };
}

function deploymentState({ hosts, jvms }: Pick<EnvironmentProgress, 'hosts' | 'jvms'>): DeploymentState {
  if (hosts.total === 0 && jvms.total === 0) return 'NO_TARGETS';
  if (hosts.failed + jvms.failed + jvms.unsupported > 0) return 'FAILED';
  if (hosts.written < hosts.total) return 'PENDING';
  return jvms.total > 0 && jvms.live === jvms.total ? 'LIVE' : 'WRITTEN';
}
