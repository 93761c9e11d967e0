import type { Lane } from './session.js';

export const LANES = {
  /** Mutations. */
  writes: { name: 'writes', connections: 12, statementMs: 30_000 },
  /** Reads of users. */
  reads: { name: 'reads', connections: 8, statementMs: 10_000, readOnly: true },
  /** Work of the leader, such as the relay, in a thread of its own. */
  relay: { name: 'relay', connections: 4, statementMs: 10_000 },
  /** Requests of agents over HTTP. */
  agents: { name: 'agents', connections: 6, statementMs: 20_000 },
  /** Reports of agents, which repeat them. */
  statuses: { name: 'statuses', connections: 2, statementMs: 10_000, mayBeLost: true },
  /** Authentication and health checks, which are short and come first. */
  system: { name: 'system', connections: 2, statementMs: 5_000 },
} as const satisfies Record<string, Lane>;

/** Connections beside the lanes: the lock of the leader, and LISTEN of each of the two threads. */
const BESIDE_LANES = 3;
const LEAST_PER_LANE = 2;
const NAMES = Object.keys(LANES) as (keyof typeof LANES)[];
const total = (connections: readonly number[]) => connections.reduce((sum, number) => sum + number, 0);

/** Default of the maximum number of PostgreSQL connections of one process. */
export const DATABASE_CONNECTIONS = BESIDE_LANES + total(NAMES.map((name) => LANES[name].connections));
export const LEAST_DATABASE_CONNECTIONS = BESIDE_LANES + LEAST_PER_LANE * NAMES.length;

/** Divides the connections of a process among its lanes: each gets its minimum and a share of the rest. */
export function lanesOf(connections: number): Record<keyof typeof LANES, Lane> {
  const share = (connections - LEAST_DATABASE_CONNECTIONS) / (DATABASE_CONNECTIONS - LEAST_DATABASE_CONNECTIONS);
  const sized = NAMES.map((name): [keyof typeof LANES, Lane] => {
    const lane = LANES[name];
    const more = Math.floor((lane.connections - LEAST_PER_LANE) * share);
    return [name, { ...lane, connections: LEAST_PER_LANE + more }];
  });
  return Object.fromEntries(sized) as Record<keyof typeof LANES, Lane>;
}
