import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { TCP, optionsText } from './session.js';

/** Interval of the keep-alive of a long session. */
export const KEEP_ALIVE_MS = 500;
const ANSWER_MS = 2_500;
/** PostgreSQL ends a session that is silent for this long and releases its locks, because a stopped process keeps its connection. */
const SILENCE_MS = 2_500;
const GOODBYE_MS = 500;

/** Connection that lasts. Its owner calls `keepSessionAlive` regularly, and each end notices when the other is gone. */
export function longSession(databaseUrl: string, name: string): Client {
  return new Client({
    connectionString: databaseUrl,
    application_name: `trustcast ${name}`,
    connectionTimeoutMillis: 2_500,
    query_timeout: ANSWER_MS,
    keepAlive: true,
    options: optionsText({ ...TCP, idle_session_timeout: SILENCE_MS, statement_timeout: ANSWER_MS }),
  });
}

/** Sends what keeps a session from being ended for its silence. @throws when PostgreSQL does not answer */
export async function keepSessionAlive(client: Client): Promise<void> {
  await client.query('SELECT 1');
}

/** Ends a long session with PostgreSQL, even if that is unreachable. */
export async function endLongSession(client: Client): Promise<void> {
  const ended = client.end().catch(() => undefined);
  if (await Promise.race([ended.then(() => true), delay(GOODBYE_MS, false, { ref: false })])) return;
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
}

export function overAfter(ended: Promise<unknown>): () => boolean {
  let over = false;
  void ended.then(() => (over = true));
  return () => over;
}
