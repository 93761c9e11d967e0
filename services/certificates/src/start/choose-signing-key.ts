import { decodeKeyList, publicJwkOf, thumbprintOf } from '@trustcast/schema';
import type { Config } from '../config.js';
import { type StatementKey, keyObjectOf } from '../features/identity/statement-signer.js';
import { makeSigningKey, readSigningKey } from '../features/identity/signing-key.js';
import type { Database } from '../platform/postgres/database.js';
import { FIRST_START_LOCK } from '../platform/postgres/installation.js';
import { readKeyList } from '../features/identity/sql/key-lists.js';
import type { Sql } from '../platform/postgres/statement.js';
import { readSigningKeys, useSigningKey } from '../features/identity/sql/signing-keys.js';
import { StartError } from '../platform/start-error.js';

/**
 * Reads the key that this process signs with, which must be the one that the database holds current: agents believe what
 * they have pinned, and two keys that take turns leave them STALE. The first start makes it.
 *
 * @param options.replace an administrator said that the key of the file, made if it is not there, takes over
 * @throws StartError
 */
export function chooseSigningKey(
  database: Database,
  { signingKeyFile: file, signingCommand }: Pick<Config, 'signingKeyFile' | 'signingCommand'>,
  { replace = false }: { replace?: boolean } = {},
): Promise<StatementKey> {
  return database.transaction(async (transaction) => {
    await transaction.query(FIRST_START_LOCK);
    const current = (await readSigningKeys(transaction)).find((key) => key.current);
    const found = await readSigningKey(file, signingCommand);
    if (current && found?.kid === current.kid) return found;
    if (current && !replace) throw refusal(file, current.kid, found?.kid);
    await demandListed(transaction, found?.kid);
    const key = found ?? (await makeSigningKey(file));
    await useSigningKey(transaction, key.kid, await publicJwkOf(keyObjectOf(key)));
    return key;
  });
}

/** A key that hosts do not believe does not take over. */
async function demandListed(sql: Sql, kid: string | undefined): Promise<void> {
  const published = await readKeyList(sql);
  const list = published && decodeKeyList(published.document.list);
  const listed = list?.keys.find(({ key }) => thumbprintOf(key) === kid);
  const now = Date.now();
  if (!list || (listed && listed.notBefore <= now && now < Math.min(listed.notAfter, list.expiresAt))) return;
  throw new StartError(
    'SIGNING_KEY_NOT_LISTED',
    `hosts would not believe the key ${kid ?? 'that is made now'}: make it by main.js announce-key, add it to the key list with trustcast-keys, have the root sign that, and publish it by main.js publish-keys first`,
  );
}

function refusal(file: string, current: string, found: string | undefined): StartError {
  const cure = `put the file with that key there; if it is lost, have the agents pin the new key and start once with serve --new-signing-key`;
  return found === undefined
    ? new StartError(
        'SIGNING_KEY_MISSING',
        `there is no signing key at ${file} (TRUSTCAST_SIGNING_KEY_FILE), and the database knows one with the thumbprint ${current}: ${cure}`,
      )
    : new StartError(
        'SIGNING_KEY_NOT_CURRENT',
        `the signing key at ${file} (TRUSTCAST_SIGNING_KEY_FILE) has the thumbprint ${found}, and the database holds ${current} current: ${cure}`,
      );
}
