import { type Database, openDatabase } from './database.js';
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

/** Those of the thread that serves. */
type Served = Exclude<keyof typeof LANES, 'relay'>;

export type OpenLanes = Readonly<Record<Served, Database>> & {
  /** Closes all but the writes. */
  close(): Promise<void>;
};

/** Opens the lanes of those who ask beside the writes, which are open. @param onError told of connections that break */
export async function openLanes(url: string, writes: Database, onError: (error: Error) => void): Promise<OpenLanes> {
  const names = (Object.keys(LANES) as (keyof typeof LANES)[]).filter((name) => name !== 'writes' && name !== 'relay');
  const opened = await Promise.all(
    names.map(async (name) => [name, await openDatabase(url, { lane: LANES[name], onError })] as const),
  );
  return {
    ...(Object.fromEntries(opened) as Record<Served, Database>),
    writes,
    close: async () => {
      await Promise.all(opened.map(([, database]) => database.close()));
    },
  };
}
