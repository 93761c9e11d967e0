import { readFileSync } from 'node:fs';
import { TrustcastError, parseKeyDocument } from '@trustcast/schema';
import type { Config } from '../config.js';
import { publishKeys } from '../features/identity/publish-keys.js';
import { openDatabase } from '../platform/postgres/database.js';
import { FIRST_START_LOCK, installationId } from '../platform/postgres/installation.js';
import { StartError, explainFile } from '../platform/start-error.js';
import { explainDatabaseStart } from './explain-database-start.js';
import { checkServer } from './prepare-database.js';

const WHAT = 'the argument of publish-keys';

/**
 * Hands hosts the list of signing keys in a file that `trustcast-keys` has written. All processes of the service hand it on.
 *
 * @returns what to print
 * @throws StartError
 */
export async function publishKeysCommand({ databaseUrl }: Config, file: string): Promise<string> {
  const document = readDocument(file);
  const database = await openDatabase(databaseUrl).catch((error: unknown) => {
    throw explainDatabaseStart(error) ?? error;
  });
  try {
    await checkServer(database);
    return await database.transaction(async (transaction) => {
      await transaction.query(FIRST_START_LOCK);
      const installation = await installationId(transaction);
      const { trusted, isNew, notes } = await publishKeys(transaction, installation, document);
      const { rootId, list } = trusted;
      const what = `list ${list.version} of root ${list.rootVersion}, ${list.keys.length} keys, ends ${new Date(list.expiresAt).toISOString()}`;
      const pin = rootId === null ? [] : [`hosts pin ${rootId}`];
      return `${[isNew ? `published ${what}` : `published already: ${what}`, ...pin, ...notes].join('\n')}\n`;
    });
  } catch (error) {
    throw explainDatabaseStart(error) ?? error;
  } finally {
    await database.close();
  }
}

function readDocument(file: string) {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw explainFile(error, WHAT, 'the key list');
  }
  try {
    return parseKeyDocument(text);
  } catch (error) {
    if (!(error instanceof TrustcastError)) throw error;
    throw new StartError('KEY_LIST_REFUSED', `${file} is no key list of trustcast-keys: ${error.message}`, error);
  }
}
