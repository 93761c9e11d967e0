import { setTimeout as delay } from 'node:timers/promises';
import type { ProblemReports } from '../problems/problem-reports.js';
import { KEEP_ALIVE_MS, endLongSession, longSession, overAfter, keepSessionAlive } from './long-session.js';

export const CHANNELS = [
  'trustcast_revisions',
  'trustcast_status',
  'trustcast_agents',
  'trustcast_imports',
  'trustcast_keys',
] as const;
export type Channel = (typeof CHANNELS)[number];

export interface Notifications {
  /** @returns ends the subscription */
  on(channel: Channel, listener: (payload: string) => void): () => void;
  /** Called when notifications may have been missed, so that subscribers read the state again. @returns ends the subscription */
  onResumed(listener: () => void): () => void;
  readonly listening: () => boolean;
  stop(): Promise<void>;
}

const RETRY_MS = 250;

/** Listens on a connection of its own and connects again when it is lost. */
export function listen(databaseUrl: string, problems: ProblemReports): Notifications {
  const listeners = new Map<Channel, Set<(payload: string) => void>>(CHANNELS.map((channel) => [channel, new Set()]));
  const resumed = new Set<() => void>();
  const stopping = new AbortController();
  const stopped = new Promise<void>((resolve) => stopping.signal.addEventListener('abort', () => resolve()));
  let listening = false;

  const run = async () => {
    while (!stopping.signal.aborted) {
      const client = longSession(databaseUrl, 'notifications');
      const lost = new Promise<unknown>((resolve) => {
        client.on('error', resolve);
        client.once('end', resolve);
      });
      client.on('notification', ({ channel, payload = '' }) => {
        for (const listener of listeners.get(channel as Channel) ?? []) listener(payload);
      });
      try {
        await client.connect();
        await client.query(CHANNELS.map((channel) => `LISTEN ${channel}`).join('; '));
        listening = true;
        problems.ended('NOTIFICATIONS_UNAVAILABLE', 'the LISTEN connection is back');
        for (const listener of resumed) listener();
        const ended = Promise.race([lost, stopped]);
        const over = overAfter(ended);
        while (!over()) {
          await keepSessionAlive(client);
          await Promise.race([ended, delay(KEEP_ALIVE_MS)]);
        }
        const error = await ended;
        if (error instanceof Error) throw error;
      } catch (error) {
        problems.failed('NOTIFICATIONS_UNAVAILABLE', 'the LISTEN connection is lost; trying again', error);
      }
      listening = false;
      await endLongSession(client);
      await Promise.race([stopped, delay(RETRY_MS * (0.5 + Math.random()))]);
    }
  };
  const running = run();
  const subscribe = <T>(set: Set<T> | undefined, listener: T) => {
    set?.add(listener);
    return () => void set?.delete(listener);
  };
  return {
    on: (channel, listener) => subscribe(listeners.get(channel), listener),
    onResumed: (listener) => subscribe(resumed, listener),
    listening: () => listening,
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}
