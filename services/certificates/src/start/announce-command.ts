import { createPublicKey } from 'node:crypto';
import { publicJwkOf } from '@trustcast/schema';
import type { Config } from '../config.js';
import { openDatabase } from '../platform/postgres/database.js';
import { FIRST_START_LOCK } from '../platform/postgres/installation.js';
import { announceSigningKey, readSigningKeys } from '../features/identity/sql/signing-keys.js';
import { checkServer } from './prepare-database.js';
import { StartError, explainDatabaseStart } from '../platform/start-error.js';
import { makeSigningKey, readSigningKey } from '../features/identity/signing-key.js';

/**
 * Tells agents of the key that is to sign next, from a file that is made where it is not there.
 *
 * @returns what to print
 * @throws StartError
 */
export async function announceCommand({ databaseUrl }: Config, file: string): Promise<string> {
  const database = await openDatabase(databaseUrl).catch((error: unknown) => {
    throw explainDatabaseStart(error) ?? error;
  });
  try {
    await checkServer(database);
    const key = (await readSigningKey(file)) ?? (await makeSigningKey(file));
    const jwk = await publicJwkOf(createPublicKey(key.privateKey));
    await database.transaction(async (transaction) => {
      await transaction.query(FIRST_START_LOCK);
      const current = (await readSigningKeys(transaction)).find((known) => known.current);
      if (!current)
        throw new StartError('SIGNING_KEY_MISSING', 'the database knows no signing key yet; start serve first');
      if (current.kid === key.kid)
        throw new StartError('SIGNING_KEY_CURRENT', `the key at ${file} signs already; name a file for the next one`);
      await announceSigningKey(transaction, key.kid, jwk);
    });
    return `${key.kid}\n`;
  } catch (error) {
    throw explainDatabaseStart(error) ?? error;
  } finally {
    await database.close();
  }
}
