import type { Lane } from './session.js';

export const LANES = {
  /** Mutations. */
  writes: { name: 'writes', connections: 12, statementMs: 30_000 },
  /** What people read. */
  reads: { name: 'reads', connections: 8, statementMs: 10_000, readOnly: true },
  /** The relay and what else the leader does, in a thread of its own. */
  relay: { name: 'relay', connections: 4, statementMs: 10_000 },
  /** What agents ask over HTTP. */
  agents: { name: 'agents', connections: 6, statementMs: 20_000 },
  /** What agents report. They repeat it. */
  statuses: { name: 'statuses', connections: 2, statementMs: 10_000, mayBeLost: true },
  /** Who asks, and whether the database is there: short, and before everything else. */
  system: { name: 'system', connections: 2, statementMs: 5_000 },
} as const satisfies Record<string, Lane>;

/** The relay's lead, and the notifications of each of the two threads, have one each beside the lanes. */
const BESIDE_LANES = 3;
const LEAST_PER_LANE = 2;
const NAMES = Object.keys(LANES) as (keyof typeof LANES)[];
const total = (connections: readonly number[]) => connections.reduce((sum, number) => sum + number, 0);

/** Connections to PostgreSQL that one process holds at most, unless told otherwise. */
export const DATABASE_CONNECTIONS = BESIDE_LANES + total(NAMES.map((name) => LANES[name].connections));
export const LEAST_DATABASE_CONNECTIONS = BESIDE_LANES + LEAST_PER_LANE * NAMES.length;

/** The lanes of a process that may hold so many connections in all: each has the least that it needs, and its share of the rest. */
export function lanesOf(connections: number): Record<keyof typeof LANES, Lane> {
  const share = (connections - LEAST_DATABASE_CONNECTIONS) / (DATABASE_CONNECTIONS - LEAST_DATABASE_CONNECTIONS);
  const sized = NAMES.map((name): [keyof typeof LANES, Lane] => {
    const lane = LANES[name];
    const more = Math.floor((lane.connections - LEAST_PER_LANE) * share);
    return [name, { ...lane, connections: LEAST_PER_LANE + more }];
  });
  return Object.fromEntries(sized) as Record<keyof typeof LANES, Lane>;
}
