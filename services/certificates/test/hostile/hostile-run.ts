import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Pool } from 'pg';
import { leaderPid } from '../support/leader-pid.js';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, deleteCertificate, pasted } from '../support/mutations.js';
import { residentBytes } from '../support/resident-bytes.js';
import type { ServiceProcess } from '../support/service-process.js';
import type { AttackerGiven, Rounds } from './attacker-thread.js';

export interface HostileReport {
  readonly rounds: Rounds;
  readonly healthMs: { readonly p50: number; readonly p99: number; readonly worst: number; readonly count: number };
  readonly mutationMs: { readonly p50: number; readonly worst: number; readonly count: number };
  readonly residentMb: { readonly before: number; readonly worst: number; readonly after: number };
  /** The sessions that held the relay's lead; more than one: it was lost. */
  readonly leaders: readonly string[];
}

/** So many certificates the caller who means well has at a time: an environment has no room for those of an hour. */
const CERTIFICATES = 40;

/** Every attack again and again at once, beside a caller who means well. @throws what the well-meaning caller meets */
export async function hostileRun(
  service: ServiceProcess,
  sql: Pool,
  durationMs: number,
  attacksAtOnce = 3,
): Promise<HostileReport> {
  await service.logged('this process leads the relay');
  const until = performance.now() + durationMs;
  const goesOn = () => performance.now() < until;
  const [healthMs, mutationMs, residentMb]: [number[], number[], number[]] = [[], [], []];
  const leaders = new Set<string>();
  const certificates: string[] = [];
  const resident = () => Math.round(residentBytes(service.pid) / 1e6);
  const before = resident();

  const given: AttackerGiven = { url: service.url, token: service.token, durationMs, attacksAtOnce };
  const attacker = new Worker(new URL('attacker-thread.js', import.meta.url), { workerData: given });
  const attacked = once(attacker, 'message') as Promise<[Rounds]>;
  const every = async (pauseMs: number, look: () => Promise<void>) => {
    while (goesOn()) {
      await look();
      await delay(pauseMs);
    }
  };
  const timed = async (times: number[], work: () => Promise<unknown>) => {
    const begin = performance.now();
    await work();
    times.push(performance.now() - begin);
  };
  const [[rounds]] = await Promise.all([
    attacked,
    every(50, () =>
      timed(healthMs, async () => {
        const { status } = await fetch(`${service.url}/healthz`);
        if (status !== 200) throw new Error(`/healthz answered ${status}`);
      }),
    ),
    every(500, () =>
      timed(mutationMs, async () => {
        const name = `hostile-${mutationMs.length}-${Date.now()}`;
        const definitions = [pasted(['apimanager'], name, makeCertificate(name).pem)];
        const oldest = certificates.length < CERTIFICATES ? undefined : certificates.shift();
        const { certificate, userErrors } = oldest
          ? await deleteCertificate(service, { id: oldest, expectedVersion: 1 })
          : await createCertificate(service, { name, definitions });
        if (userErrors.length > 0 || !certificate) throw new Error(JSON.stringify(userErrors));
        if (!oldest) certificates.push(certificate.id);
      }),
    ),
    every(500, async () => {
      residentMb.push(resident());
      leaders.add(String(await leaderPid(sql)));
    }),
  ]);
  return {
    rounds,
    healthMs: { p50: at(healthMs, 0.5), p99: at(healthMs, 0.99), worst: at(healthMs, 1), count: healthMs.length },
    mutationMs: { p50: at(mutationMs, 0.5), worst: at(mutationMs, 1), count: mutationMs.length },
    residentMb: { before, worst: Math.max(...residentMb), after: resident() },
    leaders: [...leaders],
  };
}

function at(times: readonly number[], part: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Infinity);
}
