import { migrations } from '@trustcast/migrations';
import pg, { type ClientBase, type Pool, type PoolClient, type PoolConfig } from 'pg';
import { DataSource, type EntityManager, type Logger } from 'typeorm';
import { AskerGoneError, DatabaseUnavailableError, explainDatabaseError, isConflict } from './database-errors.js';
import { type Lane, PATIENT_OPTIONS, clientLimits, sessionOptions } from './session.js';
import { type Sql, type Statement, statement } from './statement.js';
import { SurvivingPool } from './surviving-pool.js';

/** One transaction, with prepared statements, and entities for rows that are seldom written. */
export interface Transaction extends Sql {
  readonly entities: EntityManager;
}

/** Isolation of a transaction; READ COMMITTED if omitted. */
export type Isolation = 'REPEATABLE READ';

/** Connections that read for a caller. */
export interface Reads extends Sql {
  /** Reads on behalf of a client; its queries are cancelled when `signal` aborts. */
  until(signal: AbortSignal, canceller: Sql): Sql;
  /** Commits what `work` does, or nothing. Conflicts with other transactions are tried again. */
  transaction<T>(work: (transaction: Sql) => Promise<T>, isolation?: Isolation): Promise<T>;
}

export interface Database extends Reads {
  readonly pool: Pool;
  /** Restricts reads to these environments, by the views of `trustcast_scope`. */
  scopedTo(environments: readonly string[]): Reads;
  transaction<T>(work: (transaction: Transaction) => Promise<T>, isolation?: Isolation): Promise<T>;
  migrate(): Promise<void>;
  close(): Promise<void>;
}

const CANCEL = statement<object>('session_cancel', 'SELECT pg_cancel_backend($1::integer)');
const SCOPE = statement<object>(
  'session_scope',
  `SELECT set_config('search_path', 'trustcast_scope, ' || current_setting('search_path'), true),
     set_config('trustcast.environments', $1, true)`,
);
const MIGRATION_LOCK = 7_305_801;
const MAX_ATTEMPTS = 10;

const nothing = () => undefined;
const SILENT: Logger = {
  logQuery: nothing,
  logQueryError: nothing,
  logQuerySlow: nothing,
  logSchemaBuild: nothing,
  logMigration: nothing,
  log: nothing,
};

export interface DatabaseOptions {
  /** Kind of its sessions; without one they have no time limits. */
  readonly lane?: Lane;
  /** Classes of the rows that its transactions write as entities. */
  readonly entities?: readonly (new () => object)[];
  /** Called with the error of a broken connection. */
  readonly onError?: (error: Error) => void;
}

function dataSource(url: string, { lane, entities = [], onError = () => undefined }: DatabaseOptions): DataSource {
  class DriverPool extends SurvivingPool {
    constructor(config: PoolConfig) {
      super(config, onError);
    }
  }
  return new DataSource({
    type: 'postgres',
    // TypeORM makes the pool and takes a client out before it hands it over.
    driver: { ...pg, Pool: DriverPool },
    url,
    entities: [...entities],
    migrations,
    migrationsTableName: 'migrations',
    migrationsTransactionMode: 'all',
    // Errors are thrown and logged once by the caller; TypeORM would print them as well.
    logger: SILENT,
    parseInt8: true,
    poolSize: lane?.connections ?? 2,
    applicationName: lane ? `trustcast ${lane.name}` : 'trustcast',
    connectTimeoutMS: 5_000,
    logging: false,
    poolErrorHandler: () => undefined,
    extra: lane ? { options: sessionOptions(lane), ...clientLimits(lane) } : { options: PATIENT_OPTIONS },
  });
}

const poolOf = (source: DataSource) => (source.driver as unknown as { master: Pool }).master;

export async function openDatabase(url: string, options: DatabaseOptions = {}): Promise<Database> {
  const source = dataSource(url, options);
  try {
    await source.initialize();
  } catch (error) {
    throw explainDatabaseError(error);
  }
  const pool = poolOf(source);

  const transactionOnce = async <T>(work: (transaction: Transaction) => Promise<T>, isolation?: Isolation) => {
    const runner = source.createQueryRunner();
    let client: ClientBase | undefined;
    try {
      client = (await runner.connect()) as ClientBase;
      await runner.startTransaction(isolation);
      const result = await work({ ...onClient(client), entities: runner.manager });
      await runner.commitTransaction();
      return result;
    } catch (error) {
      const explained = explainDatabaseError(error);
      if (client && explained instanceof DatabaseUnavailableError) breakOff(client);
      else if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
      throw explained;
    } finally {
      await runner.release();
    }
  };

  const transaction: Database['transaction'] = async (work, isolation) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await transactionOnce(work, isolation);
      } catch (error) {
        if (!isConflict(error) || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  };

  return {
    pool,
    ...onPool(pool),
    transaction,
    until: (signal, canceller) => onPool(pool, { signal, cancel: (pid) => canceller.query(CANCEL, [pid]) }),
    scopedTo: (environments) => {
      const scope = environments.join(',');
      return {
        ...onPool(pool, { scope }),
        until: (signal, canceller) => onPool(pool, { scope, signal, cancel: (pid) => canceller.query(CANCEL, [pid]) }),
        transaction: (work, isolation) =>
          transaction(async (opened) => {
            await opened.query(SCOPE, [scope]);
            return work(opened);
          }, isolation),
      };
    },
    migrate: () => migrate(url),
    close: () => source.destroy(),
  };
}

/** Migrates on a connection of its own without time limits, since it may wait for another process and rewrite tables. */
async function migrate(url: string): Promise<void> {
  const source = dataSource(url, {});
  try {
    await source.initialize();
    const client = await poolOf(source).connect();
    try {
      await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
      await source.runMigrations();
    } finally {
      // Ending the session releases the lock.
      client.release(true);
    }
  } catch (error) {
    throw explainDatabaseError(error);
  } finally {
    if (source.isInitialized) await source.destroy();
  }
}

function onClient(client: ClientBase): Sql {
  return {
    query: async (given, values) => {
      try {
        return await rowsOf(client, given, values);
      } catch (error) {
        throw explainDatabaseError(error);
      }
    },
  };
}

interface OnPool {
  /** Aborts when the client is gone: no further query runs for it, and the running one is cancelled. */
  readonly signal?: AbortSignal;
  /** Cancels the running query of a session. */
  readonly cancel?: (pid: number) => Promise<unknown>;
  /** Names of the visible environments, separated by commas; undefined: all. */
  readonly scope?: string;
}

/** Runs prepared statements on the clients of a pool. */
export function onPool(pool: Pool, { signal, cancel, scope }: OnPool = {}): Sql {
  return {
    query: async (given, values) => {
      if (signal?.aborted) throw new AskerGoneError();
      let client: PoolClient;
      try {
        client = await pool.connect();
      } catch (error) {
        throw explainDatabaseError(error);
      }
      let cancelled: Promise<unknown> | undefined;
      const onAbort = () => {
        const { processID } = client as unknown as { processID: number | null };
        cancelled = processID === null ? Promise.resolve() : cancel?.(processID).catch(() => undefined);
      };
      let broken = false;
      try {
        if (signal?.aborted) throw new AskerGoneError();
        signal?.addEventListener('abort', onAbort, { once: true });
        // Each statement is a transaction of its own here: after a conflict it is tried again.
        for (let attempt = 1; ; attempt++) {
          try {
            if (scope === undefined) return await rowsOf(client, given, values);
            return await scopedRowsOf(client, scope, given, values);
          } catch (error) {
            if (!isConflict(error) || attempt === MAX_ATTEMPTS) throw error;
          }
        }
      } catch (error) {
        broken = isBroken(error);
        throw signal?.aborted ? new AskerGoneError() : explainDatabaseError(error);
      } finally {
        signal?.removeEventListener('abort', onAbort);
        // The cancellation must not hit the next statement of this session.
        await cancelled;
        if (broken) breakOff(client);
        client.release(broken);
      }
    },
  };
}

async function rowsOf<Row>(
  client: ClientBase,
  { name, text }: Statement<Row>,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  return (await client.query({ name, text, values: [...values] })).rows as Row[];
}

/** Both settings end with the transaction: the next one of the session sees everything again. */
async function scopedRowsOf<Row>(
  client: ClientBase,
  scope: string,
  given: Statement<Row>,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  await client.query('BEGIN');
  try {
    await rowsOf(client, SCOPE, [scope]);
    const rows = await rowsOf(client, given, values);
    await client.query('COMMIT');
    return rows;
  } catch (error) {
    if (!isBroken(error)) await client.query('ROLLBACK');
    throw error;
  }
}

/** Error that pg raised because PostgreSQL ended the session or did not answer. */
const isBroken = (error: unknown) => (error as { severity?: string }).severity !== 'ERROR';

/** Closes a connection at once; an orderly end would wait for an answer that does not come. */
function breakOff(client: ClientBase): void {
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
}
