import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { publicJwkOf } from '@trustcast/schema';
import type { Config } from '../config.js';
import { openDatabase } from '../platform/postgres/database.js';
import { FIRST_START_LOCK } from '../platform/postgres/installation.js';
import { announceSigningKey, readSigningKeys } from '../features/identity/sql/signing-keys.js';
import { checkServer } from './prepare-database.js';
import { StartError } from '../platform/start-error.js';
import { explainDatabaseStart } from './explain-database-start.js';
import { makeSigningKey, readKeyFile } from '../features/identity/signing-key.js';

const WHAT = 'the argument of announce-key';

/**
 * Tells agents of the key that is to sign next, from a file that is made where it is not there, in a folder that is.
 *
 * @param options.replace another key that was announced is withdrawn
 * @returns what to print
 * @throws StartError
 */
export async function announceCommand(
  { databaseUrl }: Config,
  file: string,
  { replace }: { readonly replace: boolean },
): Promise<string> {
  const folder = dirname(resolve(file));
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new StartError(
      'FOLDER_MISSING',
      `there is no folder ${folder}; create it, or name the key file in another one`,
    );
  const database = await openDatabase(databaseUrl).catch((error: unknown) => {
    throw explainDatabaseStart(error) ?? error;
  });
  try {
    await checkServer(database);
    const found = await readKeyFile(file, WHAT);
    return await database.transaction(async (transaction) => {
      await transaction.query(FIRST_START_LOCK);
      const known = await readSigningKeys(transaction);
      const current = known.find((each) => each.current);
      if (!current)
        throw new StartError('SIGNING_KEY_MISSING', 'the database knows no signing key yet; start serve first');
      if (current.kid === found?.kid)
        throw new StartError('SIGNING_KEY_CURRENT', `the key at ${file} signs already; name a file for the next one`);
      const announced = known.find((each) => each.announced);
      if (announced && announced.kid !== found?.kid && !replace)
        throw new StartError(
          'SIGNING_KEY_ANNOUNCED',
          `the key ${announced.kid} is announced already, and hosts may pin it; name its file, or announce ${file} in its place with --replace`,
        );
      // Nothing is made before it is known that it may be announced.
      const key = found ?? (await makeSigningKey(file, WHAT));
      await announceSigningKey(
        transaction,
        key.kid,
        await publicJwkOf('privateKey' in key ? key.privateKey : key.publicKey),
      );
      return `${key.kid}\n`;
    });
  } catch (error) {
    throw explainDatabaseStart(error) ?? error;
  } finally {
    await database.close();
  }
}
