import { type Database, openDatabase } from './database.js';
import type { LANES, lanesOf } from './lane-sizes.js';

/** Lanes of the serving thread. */
type Served = Exclude<keyof typeof LANES, 'relay'>;

export type OpenLanes = Readonly<Record<Served, Database>> & {
  /** Closes all lanes but that of the writes. */
  close(): Promise<void>;
};

/** Opens the lanes of readers; that of the writes is open already. @param onError called with the error of a broken connection */
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
