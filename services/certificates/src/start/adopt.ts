import { randomUUID } from 'node:crypto';
import type { Ed25519Jwk } from '@trustcast/schema';
import { addAdminToken } from '../features/identity/sql/api-tokens.js';
import type { Database } from '../platform/postgres/database.js';
import { FIRST_START_LOCK, installationId } from '../platform/postgres/installation.js';
import { BY_SERVICE } from '../features/requests/request.js';
import { readSigningKeys } from '../features/identity/sql/signing-keys.js';
import { statement } from '../platform/postgres/statement.js';
import { writeAudit } from '../features/audit/sql/write-audit.js';
import { StartError } from '../platform/start-error.js';

/** Held by the process that leads: a service runs on the database. */
const LEADER = statement<{ free: boolean }>('adopt_leader', 'SELECT pg_try_advisory_xact_lock(7305802) AS free');
const RENAME = statement<object>(
  'adopt_installation',
  'UPDATE installation SET copy_of = coalesce(copy_of, id), id = $1, created_at = now()',
);
const USE_KEY = statement<object>('adopt_key', 'INSERT INTO signing_keys (kid, jwk) VALUES ($1, $2)');
/** What spoke for the original, or to it. Certificates, JWKs, revisions and the audit stay. */
const FORGET = [
  'agents',
  'api_tokens',
  'enrollment_tokens',
  'grants',
  'signing_keys',
  'idempotency_keys',
  'divergences',
  'held_sets',
  'key_lists',
  'publications',
].map((table) => statement<object>(`adopt_forget_${table}`, `DELETE FROM ${table}`));

export interface Adoption {
  /** The installation that the database is a copy of, as its administrator knows it. */
  readonly original: string;
  readonly key: { readonly kid: string; readonly jwk: Ed25519Jwk };
  readonly adminToken: string;
  /** How long it lasts; null: for ever. */
  readonly adminTokenDays: number | null;
  /** Called before the commit: what it throws leaves everything as it was. */
  readonly handOver: () => void;
}

/**
 * Makes the copy of a database another installation, so that it neither speaks to the hosts of the original nor lets in
 * who had a right there.
 *
 * @returns the new installation's id
 * @throws StartError
 */
export function adopt(database: Database, adoption: Adoption): Promise<string> {
  const { original, key, adminToken, adminTokenDays, handOver } = adoption;
  return database.transaction(async (transaction) => {
    await transaction.query(FIRST_START_LOCK);
    if ((await transaction.query(LEADER))[0]?.free !== true)
      throw new StartError(
        'SERVICE_RUNS',
        'a service runs on this database; end it first, and make sure that this is the copy',
      );
    const before = await installationId(transaction);
    if (before !== original) throw otherInstallation(before, original);
    if ((await readSigningKeys(transaction)).some(({ kid }) => kid === key.kid))
      throw new StartError(
        'SIGNING_KEY_OF_ORIGINAL',
        'the signing key of the file is the original’s; set TRUSTCAST_SIGNING_KEY_FILE to a file that is not there yet',
      );
    const id = randomUUID();
    for (const table of FORGET) await transaction.query(table);
    await transaction.query(RENAME, [id]);
    await transaction.query(USE_KEY, [key.kid, JSON.stringify(key.jwk)]);
    await addAdminToken(transaction, adminToken, adminTokenDays);
    const after = { installation: id, signingKeyIds: [key.kid] };
    await writeAudit(transaction, BY_SERVICE, { action: 'adopt', before: { installation: before }, after });
    handOver();
    return id;
  });
}

export function otherInstallation(found: string, original: string): StartError {
  return new StartError('OTHER_INSTALLATION', `this database is of the installation ${found}, not ${original}`);
}
