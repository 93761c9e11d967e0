import { isUuid } from '../records/is-uuid.js';
import type { JwkRecord } from '../records/jwk-record.js';
import { refused } from '../records/refusal.js';
import type { Database } from '../../platform/postgres/database.js';
import type { Result } from '../records/result.js';
import { idempotent, storeAnswer } from '../requests/idempotent.js';
import { type RequestedJwk, explainJwkCollision } from './sql/jwk-collisions.js';
import { lockEnvironments } from '../environments/sql/lock-environments.js';
import { jwksById } from './sql/read-jwks.js';
import { environmentsById } from '../environments/sql/read-environments.js';
import type { Request } from '../requests/request.js';
import { type Sql, type Statement, statement } from '../../platform/postgres/statement.js';
import { writeAudit } from '../audit/sql/write-audit.js';

/** The answer to a change of a JWK: the JWK after it, or before its deletion. */
export interface JwkAnswer extends JwkRecord {
  /** false: nothing was changed; absent: it was. */
  readonly changed?: boolean;
}

export interface JwkVersion {
  readonly id: string;
  readonly expectedVersion: number;
}

const LOCK = statement<{ id: string }>('jwk_lock', 'SELECT id FROM jwks WHERE id = $1 FOR UPDATE');
const RENAME = statement<object>(
  'jwk_rename',
  'UPDATE jwks SET name = $2, version = version + 1, updated_at = now() WHERE id = $1',
);
const DISCONNECT = statement<object>(
  'jwk_disconnect',
  'UPDATE jwks SET certificate_id = NULL, version = version + 1, updated_at = now() WHERE id = $1',
);
const DELETE = statement<object>('jwk_delete', 'DELETE FROM jwks WHERE id = $1');

export function renameJwk(database: Database, request: Request, input: JwkVersion & { readonly name: string }) {
  return changeJwk(database, request, {
    ...input,
    action: 'renameJwk',
    change: RENAME,
    isDone: ({ name }) => name === input.name,
    values: [input.name],
  });
}

/** Disconnects a JWK: its bytes stay as they are and follow the certificate no more. */
export function disconnectJwk(database: Database, request: Request, input: JwkVersion) {
  return changeJwk(database, request, {
    ...input,
    action: 'disconnectJwk',
    change: DISCONNECT,
    isDone: ({ link }) => link === null,
  });
}

/** Deletes a JWK, which leaves the published set at once with its retiring keys. */
export function deleteJwk(database: Database, request: Request, input: JwkVersion) {
  return changeJwk(database, request, { ...input, action: 'deleteJwk', change: DELETE, isDone: () => false });
}

interface JwkChange extends JwkVersion {
  readonly action: string;
  readonly change: Statement<object>;
  /** Whether the change would leave the JWK as it is. */
  readonly isDone: (jwk: JwkRecord) => boolean;
  /** Parameters from $2 on. */
  readonly values?: readonly string[];
}

/** Changes a JWK. @returns the JWK after the change, or before its deletion */
function changeJwk(
  database: Database,
  request: Request,
  { id, expectedVersion, action, change, isDone, values = [] }: JwkChange,
): Promise<Result<JwkAnswer>> {
  let requested: RequestedJwk | null = null;
  const attempt = (): Promise<JwkAnswer> =>
    database.transaction(async (transaction) => {
      await lockEnvironments(transaction, { jwkIds: [id].filter(isUuid) });
      const before = await lockJwk(transaction, { id, expectedVersion });
      const { environmentId } = before;
      if (isDone(before)) {
        const unchanged = { ...before, changed: false };
        await storeAnswer(transaction, request, unchanged);
        return unchanged;
      }
      requested = { environmentId, name: values[0] ?? null, kid: '' };
      await transaction.query(change, [id, ...values]);
      const [after] = await jwksById(transaction, [id]);
      const environments = await environmentsById(transaction, [environmentId]);
      const entry = {
        action,
        ...(before.link && { certificateId: before.link.certificateId }),
        before,
        ...(after && { after }),
      };
      await writeAudit(transaction, request, entry, { environments: environments.map(({ name }) => name) });
      const answer = after ?? before;
      await storeAnswer(transaction, request, answer);
      return answer;
    });
  return idempotent(database, request, attempt, () => explainJwkCollision(database, requested));
}

async function lockJwk(sql: Sql, { id, expectedVersion }: JwkVersion): Promise<JwkRecord> {
  const [jwk] = isUuid(id) && (await sql.query(LOCK, [id])).length > 0 ? await jwksById(sql, [id]) : [];
  if (!jwk)
    throw refused({
      code: 'JWK_NOT_FOUND',
      message: 'there is no such JWK: it was deleted, or the id is another',
      field: ['id'],
    });
  if (jwk.version !== expectedVersion)
    throw refused({
      code: 'JWK_VERSION_CONFLICT',
      message: `the JWK is at version ${jwk.version}, not ${expectedVersion}: read it again and repeat the change`,
      field: ['expectedVersion'],
      current: jwk,
    });
  return jwk;
}
