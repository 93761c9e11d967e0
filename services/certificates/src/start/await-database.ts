import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '@trustcast/config';
import type { Config } from '../config.js';
import type { Problems } from '../platform/problems/problems.js';
import type { ServerTls } from '../platform/tls/server-tls.js';
import { DatabaseFullError, DatabaseUnavailableError } from '../platform/postgres/database-errors.js';
import { type Prepared, prepareDatabase } from './prepare-database.js';
import { type WaitingServer, listenWaiting } from './waiting-server.js';

/** A database that is there is prepared sooner; the port is not opened twice then. */
const PATIENCE_MS = 2_000;
const RETRY_MS = 1_000;

/**
 * Prepares the database, for as long as it takes: what the database's absence causes passes, and whoever starts the
 * service again and again would give up. Meanwhile the service listens and says that it is not ready.
 *
 * @returns also the port that it listened on, which it should listen on again
 */
export async function awaitDatabase(
  config: Config,
  {
    replaceKey,
    problems,
    log,
    signal,
    tls,
  }: { replaceKey: boolean; problems: Problems; log: Log; signal: AbortSignal; tls: ServerTls | null },
): Promise<Prepared & { port: number }> {
  let waiting: Promise<WaitingServer> | undefined;
  const wait = () =>
    (waiting ??= listenWaiting(config, () => problems.current, tls).then((server) => {
      log.info('listening; not ready until the database is', { url: server.url });
      return server;
    }));
  const prepare = async () => {
    for (;;) {
      try {
        return await prepareDatabase(config, {
          replaceKey,
          onError: (error) => log.debug('a connection broke', { error }),
        });
      } catch (error) {
        if (!(error instanceof DatabaseUnavailableError || error instanceof DatabaseFullError)) throw error;
        signal.throwIfAborted();
        problems.began(error.code, 'the database is not available; trying again', error.cause);
        await wait();
        await delay(RETRY_MS, undefined, { signal });
      }
    }
  };
  const aborted = new Promise<never>((_resolve, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
  );
  const prepared = prepare();
  prepared.catch(() => undefined);
  aborted.catch(() => undefined);
  try {
    const late = await Promise.race([prepared.then(() => false), aborted, delay(PATIENCE_MS, true, { ref: false })]);
    if (late) await wait();
    const ready = await Promise.race([prepared, aborted]);
    for (const code of ['DATABASE_UNAVAILABLE', 'DATABASE_FULL']) problems.ended(code, 'the database is available');
    return { ...ready, port: waiting ? (await waiting).port : config.port };
  } finally {
    await waiting?.then(
      (server) => server.close(),
      () => undefined,
    );
  }
}
