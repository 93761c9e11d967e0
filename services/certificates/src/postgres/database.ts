import { migrations } from '@trustcast/migrations';
import pg, { type ClientBase, type Pool, type PoolConfig } from 'pg';
import { DataSource, type EntityManager } from 'typeorm';
import { AgentEntity } from './agent-entity.js';
import { EnvironmentIdCache } from './environment-ids.js';
import { EnvironmentEntity } from './environment-entity.js';
import { explainDatabaseError, isConflict } from './errors.js';
import type { Sql, Statement } from './statement.js';
import { SurvivingPool } from './surviving-pool.js';

/** One transaction: prepared statements, and entities for what is written rarely. */
export interface Transaction extends Sql {
  readonly entities: EntityManager;
}

/** None: READ COMMITTED. */
export type Isolation = 'REPEATABLE READ';

export interface Database extends Sql {
  readonly pool: Pool;
  readonly environmentIds: EnvironmentIdCache;
  /** Commits what `work` does, or nothing. Conflicts with other transactions are tried again. */
  transaction<T>(work: (transaction: Transaction) => Promise<T>, isolation?: Isolation): Promise<T>;
  migrate(): Promise<void>;
  close(): Promise<void>;
}

/** Planning the large statements costs several times what running them does; their plans do not depend on values. */
export const SESSION_OPTIONS = '-c plan_cache_mode=force_generic_plan -c jit=off';

const MIGRATION_LOCK = 7_305_801;
const MAX_ATTEMPTS = 10;

/** @param onError told of connections that break */
export async function openDatabase(
  url: string,
  { poolSize = 16, onError = () => undefined }: { poolSize?: number; onError?: (error: Error) => void } = {},
): Promise<Database> {
  class DriverPool extends SurvivingPool {
    constructor(config: PoolConfig) {
      super(config, onError);
    }
  }
  const source = new DataSource({
    type: 'postgres',
    // TypeORM makes the pool and takes a client out before it hands it over.
    driver: { ...pg, Pool: DriverPool },
    url,
    entities: [AgentEntity, EnvironmentEntity],
    migrations,
    migrationsTableName: 'migrations',
    migrationsTransactionMode: 'all',
    parseInt8: true,
    poolSize,
    applicationName: 'trustcast',
    connectTimeoutMS: 5_000,
    logging: false,
    poolErrorHandler: () => undefined,
    extra: { options: SESSION_OPTIONS },
  });
  try {
    await source.initialize();
  } catch (error) {
    throw explainDatabaseError(error);
  }
  const pool = (source.driver as unknown as { master: Pool }).master;

  const transactionOnce = async <T>(work: (transaction: Transaction) => Promise<T>, isolation?: Isolation) => {
    const runner = source.createQueryRunner();
    try {
      const client = (await runner.connect()) as ClientBase;
      await runner.startTransaction(isolation);
      const result = await work({ ...on(client), entities: runner.manager });
      await runner.commitTransaction();
      return result;
    } catch (error) {
      if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
      throw explainDatabaseError(error);
    } finally {
      await runner.release();
    }
  };

  return {
    pool,
    environmentIds: new EnvironmentIdCache(),
    ...on(pool),
    transaction: async (work, isolation) => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await transactionOnce(work, isolation);
        } catch (error) {
          if (!isConflict(error) || attempt === MAX_ATTEMPTS) throw error;
        }
      }
    },
    migrate: async () => {
      try {
        const client = await pool.connect();
        try {
          await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
          await source.runMigrations();
        } finally {
          // Ending the session lets the lock go.
          client.release(true);
        }
      } catch (error) {
        throw explainDatabaseError(error);
      }
    },
    close: () => source.destroy(),
  };
}

/** Runs prepared statements on a client; or on a pool, where each is a transaction of its own and is tried again after a conflict. */
export function on(client: Pool | ClientBase): Sql {
  const maxAttempts = client instanceof pg.Pool ? MAX_ATTEMPTS : 1;
  return {
    query: async <Row>({ name, text }: Statement<Row>, values: readonly unknown[] = []) => {
      for (let attempt = 1; ; attempt++) {
        try {
          return (await client.query({ name, text, values: [...values] })).rows as Row[];
        } catch (error) {
          if (!isConflict(error) || attempt === maxAttempts) throw explainDatabaseError(error);
        }
      }
    },
  };
}
