import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import type { Logger } from 'pino';

const LEADER_LOCK = 7_305_802;
const RETRY_MS = 500;
const PING_MS = 1_000;
/** A leader that is stopped keeps its connection: PostgreSQL ends the silent session, and the lock with it. */
const SILENCE_MS = 3_000;

/**
 * Leads while it holds an advisory lock on a connection of its own, and stands by otherwise.
 *
 * @param lead starts leading; answers how to stop
 * @returns stops for good
 */
export function standForLeader(
  databaseUrl: string,
  lead: () => { stop: () => Promise<void> },
  log: Logger,
): { readonly leading: () => boolean; readonly stop: () => Promise<void> } {
  const stopping = new AbortController();
  const stopped = new Promise<void>((resolve) => stopping.signal.addEventListener('abort', () => resolve()));
  let leading = false;

  const term = async (client: Client, lost: Promise<unknown>) => {
    await client.query(`SET idle_session_timeout = ${SILENCE_MS}`);
    const ended = Promise.race([lost, stopped]);
    const isOver = overAfter(ended);
    while (!isOver()) {
      const { rows } = await client.query<{ led: boolean }>('SELECT pg_try_advisory_lock($1) AS led', [LEADER_LOCK]);
      if (rows[0]?.led) break;
      await Promise.race([ended, delay(RETRY_MS)]);
    }
    if (isOver()) return;
    const { stop } = lead();
    leading = true;
    log.info('this process leads the relay');
    try {
      while (!isOver()) {
        await client.query('SELECT 1');
        await Promise.race([ended, delay(PING_MS)]);
      }
    } finally {
      leading = false;
      await stop();
    }
  };

  const run = async () => {
    while (!stopping.signal.aborted) {
      const client = new Client({
        connectionString: databaseUrl,
        application_name: 'trustcast relay',
        connectionTimeoutMillis: 5_000,
        query_timeout: 10_000,
      });
      const lost = new Promise((resolve) => {
        client.on('error', resolve);
        client.once('end', resolve);
      });
      try {
        await client.connect();
        await term(client, lost);
      } catch (error) {
        log.warn({ err: error }, 'the connection that the relay leads by is lost');
      }
      await client.end().catch(() => undefined);
      await Promise.race([stopped, delay(RETRY_MS)]);
    }
  };
  const running = run();
  return {
    leading: () => leading,
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

function overAfter(ended: Promise<unknown>): () => boolean {
  let over = false;
  void ended.then(() => (over = true));
  return () => over;
}
