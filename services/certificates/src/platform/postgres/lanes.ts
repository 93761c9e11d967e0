import { type Database, openDatabase } from './database.js';
import type { LANES, lanesOf } from './lane-sizes.js';

/** Those of the thread that serves. */
type Served = Exclude<keyof typeof LANES, 'relay'>;

export type OpenLanes = Readonly<Record<Served, Database>> & {
  /** Closes all but the writes. */
  close(): Promise<void>;
};

/** Opens the lanes of those who ask beside the writes, which are open. @param onError told of connections that break */
export async function openLanes(
  { url, lanes }: { readonly url: string; readonly lanes: ReturnType<typeof lanesOf> },
  writes: Database,
  onError: (error: Error) => void,
): Promise<OpenLanes> {
  const names = (Object.keys(lanes) as (keyof typeof LANES)[]).filter((name) => name !== 'writes' && name !== 'relay');
  const opened = await Promise.all(
    names.map(async (name) => [name, await openDatabase(url, { lane: lanes[name], onError })] as const),
  );
  return {
    ...(Object.fromEntries(opened) as Record<Served, Database>),
    writes,
    close: async () => {
      await Promise.all(opened.map(([, database]) => database.close()));
    },
  };
}
