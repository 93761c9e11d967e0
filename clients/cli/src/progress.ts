import type { Position } from '@trustcast/schema';
import { setTimeout as delay } from 'node:timers/promises';
import { ServiceError } from './errors.js';
import type { Service } from './service/service.js';
import type { FollowDeploymentSubscription } from './service/answer-types.js';
import { operation } from './service/operation.js';

/** How far the latest deployment of an environment is. */
export interface Progress extends Position, Pick<EnvironmentProgress, 'state' | 'hosts' | 'jvms'> {
  readonly environment: string;
  readonly deployment: string;
  /** What LIVE says nothing of: trust of applications' own, and connections that go on. */
  readonly beside: readonly string[];
  /** Of hosts and JVMs that are not where they should be. */
  readonly reasons: readonly string[];
  /** What keeps it from being LIVE, host by host. */
  readonly missing: readonly string[];
}

type EnvironmentProgress = NonNullable<FollowDeploymentSubscription['latestDeployment']>['environments'][number];
type FollowedHost = EnvironmentProgress['targets']['nodes'][number];
type FollowedJvm = FollowedHost['jvms'][number];

/** Hosts that are looked at one by one; the counts are of all. */
const MAX_TARGETS = 250;
const FIELDS = `
  environment { name }
  epoch revision state
  hosts { total written failed unreachable incomplete setAside unregistered }
  jvms { total live failed unsupported joined }
  targets(first: ${MAX_TARGETS}) { totalCount nodes {
    agent { name } joined state reason jvms { pid state joined live reason otherTrust { kind name count } olderConnections partial } } }`;
const FOLLOW = operation(
  'FollowDeployment',
  `subscription ($environment: String!) {
  latestDeployment(environment: $environment) { id environments { ${FIELDS} } }
}`,
);
const POLL = operation(
  'LatestDeployment',
  `query ($environment: String!) {
  environment(name: $environment) { history(first: 1) { nodes { deployment { id } progress { ${FIELDS} } } } }
}`,
);
const POLL_MS = 1_000;

/**
 * As it is, and after every change; null: nothing was deployed yet. Ends when there is no such environment. Where no
 * WebSocket reaches the service, as through some proxies, progress is read every second instead, and a notice says so.
 *
 * @throws ServiceError
 */
export async function* followProgress(
  service: Service,
  environment: string,
  notify: (text: string) => void,
): AsyncGenerator<Progress | null, void> {
  try {
    for await (const { latestDeployment } of service.follow(FOLLOW, { environment })) {
      const found = latestDeployment?.environments.find((each) => each.environment.name === environment);
      yield latestDeployment && found ? progressOf(latestDeployment.id, found) : null;
    }
    return;
  } catch (error) {
    if (!(error instanceof ServiceError) || error.code !== 'UNREACHABLE') throw error;
    notify(`${environment}: no WebSocket to the service; reading the progress every second instead`);
  }
  for (;;) {
    const { environment: polled } = await service.ask(POLL, { environment });
    if (!polled) return;
    const [latest] = polled.history.nodes;
    yield latest ? progressOf(latest.deployment?.id ?? '', latest.progress) : null;
    await delay(POLL_MS);
  }
}

function progressOf(deployment: string, { targets, ...progress }: EnvironmentProgress): Progress {
  const { nodes, totalCount } = targets;
  const reasons = nodes.flatMap(({ agent, reason, joined, jvms }) => [
    ...(reason === null ? [] : [`${agent.name}: ${reason}${joined ? ' (not counted)' : ''}`]),
    ...jvms.flatMap((jvm) => (jvm.reason === null ? [] : [`${agent.name} pid ${jvm.pid}: ${jvm.reason}`])),
  ]);
  if (totalCount > nodes.length) reasons.push(`${totalCount - nodes.length} more hosts are counted and not named here`);
  const beside = nodes.flatMap(({ agent, jvms }) =>
    jvms.flatMap((jvm) => notCoveredByLive(jvm).map((text) => `${agent.name} pid ${jvm.pid} ${text}`)),
  );
  const missing = nodes.flatMap(missingOf);
  return { ...progress, environment: progress.environment.name, deployment, reasons, missing, beside };
}

/** What a host that counts has not done. */
function missingOf({ agent, joined, state, reason, jvms }: FollowedHost): string[] {
  if (joined) return [];
  const counted = jvms.filter((jvm) => !jvm.joined);
  const host = state === 'WRITTEN' ? [] : [`${agent.name} is ${state}${reason === null ? '' : ` (${reason})`}`];
  if (state === 'WRITTEN' && reason !== null) host.push(`${agent.name}: ${reason}`);
  if (state === 'WRITTEN' && counted.length === 0)
    host.push(`${agent.name} has no JVM${jvms.length === 0 ? '' : ' that ran when the change was made'}`);
  const behind = counted.filter(({ live }) => !live);
  return [
    ...host,
    ...behind.map(
      (jvm) =>
        `${agent.name} pid ${jvm.pid} ${jvm.state === 'LIVE' ? 'has not proven this change' : `is ${jvm.state}`}${jvm.reason === null ? '' : ` (${jvm.reason})`}`,
    ),
  ];
}

/** What a JVM has in use that LIVE says nothing of. */
function notCoveredByLive({ otherTrust, olderConnections, partial }: FollowedJvm): string[] {
  const trust = otherTrust.map(
    ({ kind, name, count }) => `also trusts by ${kind} ${name}${count > 1 ? ` (${count})` : ''}`,
  );
  if (partial.includes('otherTrust')) trust.push('also trusts by more than its host reports');
  const isAll = !partial.includes('olderConnections');
  if (olderConnections === null || (olderConnections === 0 && isAll)) return trust;
  if (olderConnections === 0) return [...trust, 'may hold connections of before the last removal'];
  return [...trust, `holds ${isAll ? '' : 'at least '}${olderConnections} connections of before the last removal`];
}

/** One line for people. */
export function progressText(progress: Progress): string {
  const { environment, revision, state, hosts, jvms, reasons, beside } = progress;
  const joined = jvms.joined === 0 ? '' : `, ${jvms.joined} joined`;
  const aside = hosts.setAside === 0 ? '' : `, ${hosts.setAside} set aside`;
  const unregistered = hosts.unregistered === 0 ? '' : `, ${hosts.unregistered} never registered`;
  const incomplete = hosts.incomplete === 0 ? '' : `, ${hosts.incomplete} of them incomplete`;
  const counts = `${hosts.written}/${hosts.total} hosts written${incomplete}${aside}${unregistered}, ${jvms.live}/${jvms.total} JVMs live${joined}`;
  return [`${environment} revision ${revision} ${state}: ${counts}`, ...reasons, ...beside].join('; ');
}
