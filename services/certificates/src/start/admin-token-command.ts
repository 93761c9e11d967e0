import { randomUUID } from 'node:crypto';
import type { Config } from '../config.js';
import { writeAudit } from '../features/audit/sql/write-audit.js';
import { addApiToken } from '../features/identity/sql/api-tokens.js';
import { newApiToken } from '../features/identity/token.js';
import { PERMISSIONS } from '../features/records/grants.js';
import { readName } from '../features/records/certificate-input.js';
import { BY_SERVICE } from '../features/requests/request.js';
import { openDatabase } from '../platform/postgres/database.js';
import { UsageError } from '../platform/start-error.js';
import { explainDatabaseStart } from './explain-database-start.js';

const LIFETIME_MS = 24 * 3_600_000;

/**
 * Creates an API token for an operator on the service's own host, who needs none for that: whoever may read the settings
 * of the service holds its database.
 *
 * @returns the token
 * @throws StartError
 * @throws UsageError
 */
export async function adminTokenCommand(config: Config, name: string): Promise<string> {
  if (!readName(name).ok) throw new UsageError('the name of the token must have 1 to 128 characters');
  const database = await openDatabase(config.databaseUrl).catch((error: unknown) => {
    throw explainDatabaseStart(error) ?? error;
  });
  try {
    await database.migrate();
    const token = newApiToken();
    await database.transaction(async (transaction) => {
      const expiresAt = new Date(Date.now() + LIFETIME_MS);
      const row = { id: randomUUID(), name, permissions: PERMISSIONS, environments: null, expiresAt };
      await addApiToken(transaction, { ...row, token, createdBy: BY_SERVICE.actor });
      await writeAudit(transaction, BY_SERVICE, { action: 'createApiToken', after: row });
    });
    return token;
  } catch (error) {
    throw explainDatabaseStart(error) ?? error;
  } finally {
    await database.close();
  }
}
