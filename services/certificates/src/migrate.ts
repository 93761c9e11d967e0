import type { Log } from '@trustcast/config';
import type { Config } from './config.js';
import { openDatabase } from './platform/postgres/database.js';
import { tellReleased } from './start/tell-released.js';
import { checkServer } from './start/prepare-database.js';

export async function migrate({ databaseUrl }: Config, log: Log): Promise<void> {
  const database = await openDatabase(databaseUrl);
  try {
    await checkServer(database);
    await database.migrate();
    log.info('the database is migrated');
    await tellReleased(database, log);
  } finally {
    await database.close();
  }
}
