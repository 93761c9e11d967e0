import {
  type HostReportedState,
  type JvmReport,
  type JvmState,
  type Position,
  comparePositions,
} from '@trustcast/schema';
import { type AgentRecord, type HostState, hostState, incompleteReason, isSilent } from '../../records/agent-record.js';

/** A deployment to one environment. */
export interface DeploymentRecord extends Position {
  readonly environmentId: string;
  readonly createdAt: string;
}

/** Facts of a host that decide its progress. */
export interface HostFacts {
  /** The host is a target of every deployment after this revision of its environment; null: of none. */
  readonly joinedRevision: number | null;
  readonly heard: 'NEVER' | 'LATELY' | 'LONG_AGO';
  readonly diverged: boolean;
  /** Whether two hosts report with its key; only one of them is visible here. */
  readonly duplicate: boolean;
  /** Whether a JVM that counts may be missing in its report. */
  readonly incomplete: boolean;
  /** Its last report. */
  readonly state: HostReportedState | null;
  readonly written: Position | null;
}

/** Facts of a selected JVM that decide its progress. */
export interface JvmFacts {
  readonly host: Pick<HostFacts, 'joinedRevision' | 'heard' | 'diverged' | 'duplicate'>;
  readonly joinedRevision: number | null;
  readonly state: JvmState;
  readonly at: Position | null;
}

type Counted<Facts> = Facts & { readonly number: number };

/** Counted hosts of an environment with their selected JVMs; those with the same facts form one group. */
export interface Fleet {
  readonly hosts: readonly Counted<HostFacts>[];
  readonly jvms: readonly Counted<JvmFacts>[];
  /** Number of hosts that were set aside; no other count includes them. */
  readonly setAside: number;
  /** Number of hosts that never registered; no other count includes them. */
  readonly unregistered: number;
}

/** A host with the revisions at which it and its selected JVMs joined. */
export interface FleetAgent extends AgentRecord {
  readonly joinedRevision: number | null;
  readonly jvmsJoined: Readonly<Record<string, number>>;
}

export const DEPLOYMENT_STATES = ['PENDING', 'WRITTEN', 'LIVE', 'FAILED', 'UNREACHABLE', 'NO_TARGETS'] as const;
export type DeploymentState = (typeof DEPLOYMENT_STATES)[number];

export interface JvmProgress {
  readonly jvm: JvmReport;
  /** Whether it appeared after the deployment was made. */
  readonly joined: boolean;
  /** Whether it has proven this deployment or a later one. */
  readonly live: boolean;
}

export interface HostProgress {
  readonly agent: AgentRecord;
  readonly joined: boolean;
  readonly state: HostState;
  readonly reason: string | null;
  readonly jvms: readonly JvmProgress[];
}

export interface EnvironmentProgress {
  readonly state: DeploymentState;
  readonly hosts: {
    readonly total: number;
    readonly written: number;
    readonly failed: number;
    readonly unreachable: number;
    readonly incomplete: number;
    readonly setAside: number;
    readonly unregistered: number;
  };
  readonly jvms: {
    readonly total: number;
    readonly live: number;
    readonly failed: number;
    readonly unsupported: number;
    readonly joined: number;
  };
}

/**
 * Counts the hosts and JVMs that existed when the deployment was made, and separately the JVMs that joined since.
 * A JVM that has ended is not counted, since it trusts nothing any more.
 */
export function environmentProgress(
  deployment: Position,
  { hosts: allHosts, jvms: allJvms, setAside, unregistered }: Fleet,
): EnvironmentProgress {
  const hosts = allHosts.filter((host) => !joinedSince(deployment, host));
  const all = allJvms.filter(({ host }) => !isGone(deployment, host));
  const jvms = all.filter((jvm) => !joinedSince(deployment, jvm.host) && !joinedSince(deployment, jvm));
  const counts = {
    hosts: {
      total: sum(hosts),
      written: sum(hosts.filter((host) => progressOfHost(deployment, host) === 'WRITTEN')),
      failed: sum(hosts.filter((host) => progressOfHost(deployment, host) === 'FAILED')),
      unreachable: sum(hosts.filter((host) => progressOfHost(deployment, host) === 'UNREACHABLE')),
      incomplete: sum(hosts.filter(({ incomplete }) => incomplete)),
      setAside,
      unregistered,
    },
    jvms: {
      total: sum(jvms),
      live: sum(jvms.filter((jvm) => isLive(deployment, jvm))),
      failed: sum(jvms.filter(({ state }) => state === 'FAILED')),
      unsupported: sum(jvms.filter(({ state }) => state === 'UNSUPPORTED')),
      joined: sum(all) - sum(jvms),
    },
  };
  return { state: deploymentState(counts), ...counts };
}

/** Lists every host with its JVMs, including hosts that joined later, are silent, or never registered. */
export function environmentTargets(deployment: Position, agents: readonly FleetAgent[]): HostProgress[] {
  return agents.map((agent): HostProgress => {
    if (!isRegistered(agent)) return { agent, joined: true, jvms: [], ...hostState(agent) };
    const host = hostFacts(agent);
    const joined = joinedSince(deployment, host);
    // JVMs that a host reported before it fell silent, and that appeared after the deployment, are not counted.
    const jvms = (isGone(deployment, host) ? [] : selectedJvms(agent)).map((jvm) => {
      const facts = jvmFacts(agent, jvm);
      return { jvm, joined: joined || joinedSince(deployment, facts), live: isLive(deployment, facts) };
    });
    const state = progressOfHost(deployment, host);
    return { agent, joined, jvms, state, reason: reasonOf(agent, state) };
  });
}

/** Groups agents in memory as the database groups them. */
export function fleetOf(agents: readonly FleetAgent[]): Fleet {
  const hosts = agents.filter(isRegistered);
  return {
    hosts: hosts.map((agent) => ({ ...hostFacts(agent), number: 1 })),
    jvms: hosts.flatMap((agent) => selectedJvms(agent).map((jvm) => ({ ...jvmFacts(agent, jvm), number: 1 }))),
    setAside: 0,
    unregistered: agents.length - hosts.length,
  };
}

const isRegistered = ({ joined, status }: FleetAgent) => joined || status !== null;

function hostFacts({ joinedRevision, status }: FleetAgent): HostFacts {
  return {
    joinedRevision,
    heard: !status ? 'NEVER' : isSilent(status) ? 'LONG_AGO' : 'LATELY',
    diverged: status?.diverged ?? false,
    duplicate: status?.duplicate != null,
    incomplete: status?.incomplete ?? false,
    state: status?.state ?? null,
    written: status?.written ?? null,
  };
}

function jvmFacts(agent: FleetAgent, { id, state, at }: JvmReport): JvmFacts {
  const { joinedRevision, heard, diverged, duplicate } = hostFacts(agent);
  return {
    host: { joinedRevision, heard, diverged, duplicate },
    joinedRevision: agent.jvmsJoined[id] ?? null,
    state,
    at,
  };
}

/** Whether all counted JVMs are known; a host that has written the change may not have listed all of them. */
function reasonOf(agent: AgentRecord, state: HostState): string | null {
  if (state !== 'WRITTEN') return hostState(agent).reason;
  return agent.status && incompleteReason(agent.status);
}

const selectedJvms = ({ status }: AgentRecord) => (status?.jvms ?? []).filter(({ state }) => state !== 'UNMANAGED');
const sum = (counted: readonly { readonly number: number }[]) =>
  counted.reduce((total, { number }) => total + number, 0);

function joinedSince({ revision }: Position, { joinedRevision }: { readonly joinedRevision: number | null }): boolean {
  return joinedRevision === null || joinedRevision >= revision;
}

/** Whether the agent neither existed when the deployment was made nor exists now. */
function isGone(deployment: Position, host: Pick<HostFacts, 'joinedRevision' | 'heard'>): boolean {
  return joinedSince(deployment, host) && host.heard !== 'LATELY';
}

/** Whether a position proves the deployment; positions of a diverged host belong to another history. */
function hasReached(deployment: Position, { diverged }: Pick<HostFacts, 'diverged'>, at: Position | null): boolean {
  return !diverged && at !== null && comparePositions(at, deployment) >= 0;
}

function isLive(deployment: Position, { host, state, at }: JvmFacts): boolean {
  // The last report of a silent host does not prove what its JVMs trust now.
  return state === 'LIVE' && host.heard === 'LATELY' && !host.duplicate && hasReached(deployment, host, at);
}

function progressOfHost(deployment: Position, host: HostFacts): HostState {
  if (host.heard !== 'LATELY') return 'UNREACHABLE';
  if (host.duplicate) return 'FAILED';
  if (hasReached(deployment, host, host.written)) return 'WRITTEN';
  if (host.diverged) return 'DIVERGED';
  return host.state === null || host.state === 'WRITTEN' || host.state === 'RECEIVED' ? 'PENDING' : host.state;
}

function deploymentState({ hosts, jvms }: Pick<EnvironmentProgress, 'hosts' | 'jvms'>): DeploymentState {
  if (hosts.total === 0 && jvms.total === 0) return 'NO_TARGETS';
  if (hosts.failed + jvms.failed + jvms.unsupported > 0) return 'FAILED';
  if (hosts.unreachable > 0) return 'UNREACHABLE';
  if (hosts.written < hosts.total) return 'PENDING';
  return jvms.total > 0 && jvms.live === jvms.total && hosts.incomplete === 0 ? 'LIVE' : 'WRITTEN';
}
