import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { makeCertificate } from '../make-certificate.js';
import { createCertificate, pasted } from '../mutations.js';
import { residentBytes } from '../resident-bytes.js';
import type { ServiceProcess } from '../service-process.js';
import { ATTACKS } from './attacks.js';

export interface HostileReport {
  readonly rounds: Readonly<Record<string, number>>;
  readonly healthMs: { readonly p50: number; readonly p99: number; readonly worst: number; readonly count: number };
  readonly mutationMs: { readonly p50: number; readonly worst: number; readonly count: number };
  readonly residentMb: { readonly before: number; readonly worst: number; readonly after: number };
  /** Who held the relay's lead; more than one: it was lost. */
  readonly leaders: readonly string[];
}

/** Every attack again and again at once, beside a caller who means well. @throws what the well-meaning caller meets */
export async function hostileRun(
  service: ServiceProcess,
  sql: Pool,
  durationMs: number,
  attacksAtOnce = 3,
): Promise<HostileReport> {
  const until = performance.now() + durationMs;
  const goesOn = () => performance.now() < until;
  const rounds: Record<string, number> = Object.fromEntries(Object.keys(ATTACKS).map((name) => [name, 0]));
  const [healthMs, mutationMs, residentMb]: [number[], number[], number[]] = [[], [], []];
  const leaders = new Set<string>();
  const resident = () => Math.round(residentBytes(service.pid) / 1e6);
  const before = resident();

  const attack = async () => {
    while (goesOn()) {
      const [name] = Object.entries(rounds).sort(([, a], [, b]) => a - b)[0] ?? [];
      if (name === undefined) return;
      rounds[name] = (rounds[name] ?? 0) + 1;
      // What an attacker meets is no result: connections are refused and reset.
      await ATTACKS[name]?.(service).catch(() => undefined);
    }
  };
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
  await Promise.all([
    ...Array.from({ length: attacksAtOnce }, attack),
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
        const { userErrors } = await createCertificate(service, { name, definitions });
        if (userErrors.length > 0) throw new Error(JSON.stringify(userErrors));
      }),
    ),
    every(500, async () => {
      residentMb.push(resident());
      const { rows } = await sql.query<{ pid: number }>(
        `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY pid`,
      );
      leaders.add(rows.map(({ pid }) => pid).join());
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
