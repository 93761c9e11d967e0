import { parentPort, workerData } from 'node:worker_threads';
import { ATTACKS, type Target } from './attacks.js';

export interface AttackerGiven extends Target {
  readonly durationMs: number;
  readonly attacksAtOnce: number;
}

/** How often each attack was made. */
export type Rounds = Readonly<Record<string, number>>;

/** Makes every attack again and again, the rarest first. What an attacker meets is no result: connections are refused and reset. */
async function attackAll({ durationMs, attacksAtOnce, ...target }: AttackerGiven): Promise<Rounds> {
  const until = performance.now() + durationMs;
  const rounds: Record<string, number> = Object.fromEntries(Object.keys(ATTACKS).map((name) => [name, 0]));
  const attack = async () => {
    while (performance.now() < until) {
      const [name] = Object.entries(rounds).sort(([, a], [, b]) => a - b)[0] ?? [];
      if (name === undefined) return;
      rounds[name] = (rounds[name] ?? 0) + 1;
      await ATTACKS[name]?.(target).catch(() => undefined);
    }
  };
  await Promise.all(Array.from({ length: attacksAtOnce }, attack));
  return rounds;
}

/** A thread of its own: what an attack costs its maker must not be measured as the service's. */
void attackAll(workerData as AttackerGiven).then((rounds) => parentPort?.postMessage(rounds));
