import { useEffect, useState } from 'react';
import type { JvmState, ProgressSubscription } from '../api/answer-types.js';
import { PROGRESS } from '../api/operations/certificates.js';
import { useSession } from '../api/session.js';
import { Pill } from '../parts/pill.js';
import { toneOfState } from '../parts/tone-of-state.js';
import { useStrings } from '../strings/strings.js';

type Deployed = ProgressSubscription['deploymentProgress'];
type DeployedEnvironment = Deployed['environments'][number];

const TICK_MS = 100;

/** Hosts and JVMs on their way from received to live, as they report. */
export function DeploymentProgress({ id }: { readonly id: string }) {
  const { live } = useSession();
  const { progress, shell } = useStrings();
  const [deployed, setDeployed] = useState<Deployed | null>(null);
  useEffect(
    () => live.subscribe(PROGRESS, { id }, ({ deploymentProgress }) => setDeployed(deploymentProgress)),
    [live, id],
  );
  if (!deployed) return <p className="loading">{shell.loading}</p>;
  return (
    <section className="stack" aria-label={progress.title}>
      {deployed.environments.map((environment) => (
        <EnvironmentProgress key={environment.environment.name} of={environment} />
      ))}
    </section>
  );
}

function EnvironmentProgress({ of }: { readonly of: DeployedEnvironment }) {
  const { progress } = useStrings();
  const { environment, state, hosts, jvms, targets, revision } = of;
  const settled = state !== 'PENDING' && !(state === 'WRITTEN' && jvms.total > 0);
  const seconds = useElapsed(settled);
  return (
    <div className="panel">
      <div className="spread">
        <h2>{environment.title}</h2>
        <span role="status">
          <Pill tone={toneOfState(state)}>{progress.states[state]}</Pill>
        </span>
      </div>
      <p className="soft">
        {progress.revision(revision)} · <span className="elapsed">{progress.elapsed(seconds.toFixed(1))}</span>
      </p>
      <div className="steps">
        <Figure name={progress.hosts} part={hosts.written} total={hosts.total} />
        <Figure name={progress.jvms} part={jvms.live} total={jvms.total} />
        <Figure name={progress.failed} part={hosts.failed + jvms.failed} total={hosts.total + jvms.total} bad />
      </div>
      {targets.nodes.length > 0 && <Targets targets={targets.nodes} />}
      {targets.totalCount > targets.nodes.length && (
        <p className="note">{progress.more(targets.nodes.length, targets.totalCount)}</p>
      )}
    </div>
  );
}

/** Seconds since the first look, until it is settled. */
function useElapsed(settled: boolean): number {
  const [start] = useState(() => performance.now());
  const [now, setNow] = useState(start);
  useEffect(() => {
    setNow(performance.now());
    if (settled) return;
    const timer = setInterval(() => setNow(performance.now()), TICK_MS);
    return () => clearInterval(timer);
  }, [settled]);
  return (now - start) / 1_000;
}

function Figure({ name, part, total, bad }: { name: string; part: number; total: number; bad?: boolean }) {
  const { progress } = useStrings();
  const share = total === 0 ? 0 : part / total;
  return (
    <div>
      <div className="soft">{name}</div>
      <div className="figure">{progress.of(part, total)}</div>
      <div className="bar" data-bad={bad}>
        <span style={{ transform: `scaleX(${share})` }} />
      </div>
    </div>
  );
}

function Targets({ targets }: { readonly targets: DeployedEnvironment['targets']['nodes'] }) {
  const { progress } = useStrings();
  return (
    <div className="table">
      <table className="list">
        <thead>
          <tr>
            <th scope="col">{progress.host}</th>
            <th scope="col">{progress.hostState}</th>
            <th scope="col">{progress.reason}</th>
          </tr>
        </thead>
        {targets.map(({ agent, state, reason, jvms }) => (
          <tbody key={agent.id}>
            <tr>
              <td>
                <strong>{agent.name}</strong>
              </td>
              <td data-label={progress.hostState}>
                <Pill tone={toneOfState(state)}>{progress.hostStates[state]}</Pill>
              </td>
              <td data-label={progress.reason}>{reason ?? (jvms.length === 0 ? progress.nothing : '')}</td>
            </tr>
            {jvms.map((jvm) => (
              <tr key={jvm.id}>
                <td className="indented">{progress.jvm(jvm.pid, jvm.mainClass ?? `JDK ${jvm.jdkVersion ?? ''}`)}</td>
                <td data-label={progress.hostState}>
                  <JvmPill jvm={jvm} />
                </td>
                <td data-label={progress.reason}>{jvm.reason ?? jvm.lastError ?? ''}</td>
              </tr>
            ))}
          </tbody>
        ))}
      </table>
    </div>
  );
}

/** A JVM that is LIVE with an earlier revision has not proven this one yet. */
function JvmPill({ jvm: { state, live } }: { readonly jvm: { readonly state: JvmState; readonly live: boolean } }) {
  const { progress } = useStrings();
  if (live) return <Pill tone="good">{progress.jvmStates.LIVE}</Pill>;
  if (state === 'LIVE') return <Pill tone="plain">{progress.hostStates.PENDING}</Pill>;
  return <Pill tone={toneOfState(state)}>{progress.jvmStates[state]}</Pill>;
}
