import type { Config } from '../config.js';
import { handOverAdminToken } from '../features/identity/admin-token.js';
import { type Database, openDatabase } from '../platform/postgres/database.js';
import { lanesOf } from '../platform/postgres/lane-sizes.js';
import { type OpenLanes, openLanes } from '../platform/postgres/lanes.js';
import { ENTITIES } from './entities.js';
import { ensureAdminToken } from '../features/identity/first-start.js';
import { auditOrigin, installationId } from '../platform/postgres/installation.js';
import type { StatementKey } from '../features/identity/statement-signer.js';
import { type KnownSigningKey, readSigningKeys } from '../features/identity/sql/signing-keys.js';
import { type Sql, statement } from '../platform/postgres/statement.js';
import { chooseSigningKey } from './choose-signing-key.js';
import { StartError, explainFile } from '../platform/start-error.js';
import { explainDatabaseStart } from './explain-database-start.js';

/** What the service needs of the database before it can serve. */
export interface Prepared {
  /** Where changes are made: one of the lanes. */
  readonly database: Database;
  readonly lanes: OpenLanes;
  readonly installation: string;
  /** The installation that the audit's chain began with. */
  readonly auditOrigin: string;
  readonly signingKey: StatementKey;
  readonly knownKeys: readonly KnownSigningKey[];
}

const OLDEST = 140_000;
const SERVER = statement<{ encoding: string; version: string }>(
  'server',
  `SELECT current_setting('server_encoding') AS encoding, current_setting('server_version_num') AS version`,
);

/**
 * Opens the database, migrates it and makes what a first start makes.
 *
 * @throws StartError where an operator must act; DatabaseUnavailableError where it may pass
 */
export async function prepareDatabase(
  config: Config,
  { replaceKey, onError }: { replaceKey: boolean; onError: (error: Error) => void },
): Promise<Prepared> {
  let database: Database | undefined;
  try {
    const sizes = lanesOf(config.databaseConnections);
    database = await openDatabase(config.databaseUrl, { lane: sizes.writes, entities: ENTITIES, onError });
    await checkServer(database);
    if (config.migrate) await database.migrate();
    await ensureAdminToken(database, config.apiTokenMaxDays, (token) => {
      try {
        handOverAdminToken(token, config.adminTokenFile);
      } catch (error) {
        throw explainFile(error, 'TRUSTCAST_ADMIN_TOKEN_FILE', "the admin token's file");
      }
    });
    const signingKey = await chooseSigningKey(database, config, { replace: replaceKey });
    const installation = await installationId(database);
    const origin = await auditOrigin(database);
    const knownKeys = await readSigningKeys(database);
    const lanes = await openLanes({ url: config.databaseUrl, lanes: sizes }, database, onError);
    return { database, lanes, installation, auditOrigin: origin, signingKey, knownKeys };
  } catch (error) {
    await database?.close().catch(() => undefined);
    throw explainDatabaseStart(error) ?? error;
  }
}

/** @throws StartError */
export async function checkServer(sql: Sql): Promise<void> {
  const [server] = await sql.query(SERVER);
  if (server && Number(server.version) < OLDEST)
    throw new StartError('DATABASE_TOO_OLD', 'PostgreSQL is older than 14; use 14 or later');
  if (server && server.encoding !== 'UTF8')
    throw new StartError(
      'DATABASE_ENCODING',
      `the database has the encoding ${server.encoding}; make one by CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0`,
    );
}
