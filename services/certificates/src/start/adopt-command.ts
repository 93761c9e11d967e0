import { publicJwkOf } from '@trustcast/schema';
import type { Config } from '../config.js';
import { handOverAdminToken } from '../features/identity/admin-token.js';
import { keyObjectOf } from '../features/identity/statement-signer.js';
import { makeSigningKey, readSigningKey } from '../features/identity/signing-key.js';
import { newApiToken } from '../features/identity/token.js';
import { openDatabase } from '../platform/postgres/database.js';
import { installationId } from '../platform/postgres/installation.js';
import { checkServer } from './prepare-database.js';
import { UsageError, explainFile } from '../platform/start-error.js';
import { explainDatabaseStart } from './explain-database-start.js';
import { adopt, otherInstallation } from './adopt.js';

/**
 * The command. Without the id of the installation that the database is a copy of, it changes nothing and says what it is.
 *
 * @returns what to print
 * @throws StartError
 * @throws UsageError
 */
export async function adoptCommand(config: Config, original: string | undefined): Promise<string> {
  const database = await openDatabase(config.databaseUrl).catch((error: unknown) => {
    throw explainDatabaseStart(error) ?? error;
  });
  try {
    await checkServer(database);
    const found = await installationId(database);
    if (original === undefined)
      throw new UsageError(
        `nothing was changed: this database is of the installation ${found}: if it is a copy, make it another installation, without its agents and tokens, by main.js adopt ${found}`,
      );
    if (original !== found) throw otherInstallation(found, original);
    await database.migrate();
    const { key, adminToken } = {
      key:
        (await readSigningKey(config.signingKeyFile, config.signingCommand)) ??
        (await makeSigningKey(config.signingKeyFile)),
      adminToken: newApiToken(),
    };
    const handOver = () => {
      try {
        handOverAdminToken(adminToken, config.adminTokenFile);
      } catch (error) {
        throw explainFile(error, 'TRUSTCAST_ADMIN_TOKEN_FILE', "the admin token's file");
      }
    };
    const jwk = await publicJwkOf(keyObjectOf(key));
    const adminTokenDays = config.apiTokenMaxDays;
    const id = await adopt(database, { original, key: { kid: key.kid, jwk }, adminToken, adminTokenDays, handOver });
    return `the copy of ${original} is the installation ${id} now\nsigning key ${key.kid}\n`;
  } catch (error) {
    throw explainDatabaseStart(error) ?? error;
  } finally {
    await database.close();
  }
}
