import { isStorable } from '../../../platform/postgres/is-storable.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

/** What a change writes to, as far as its request names it. */
export interface Touched {
  /** Names; those that do not exist are refused elsewhere. */
  readonly environments?: readonly string[];
  /** Certificates by id or by name, with all environments that they are deployed to. */
  readonly certificateIds?: readonly string[];
  readonly certificateNames?: readonly string[];
  readonly jwkIds?: readonly string[];
}

const LOCK = statement<{ id: string }>(
  'environments_lock',
  `SELECT e.id FROM environments e
   WHERE e.id IN (
     SELECT id FROM environments WHERE name = ANY ($1)
     UNION ALL SELECT environment_id FROM definition_environments WHERE certificate_id = ANY ($2)
     UNION ALL SELECT p.environment_id FROM definition_environments p JOIN certificates c ON c.id = p.certificate_id
       WHERE c.name = ANY ($3)
     UNION ALL SELECT environment_id FROM jwks WHERE id = ANY ($4))
   ORDER BY e.id FOR NO KEY UPDATE OF e`,
);

/**
 * The first thing that every change does. Rows are locked in one order by everyone, so that two who meet wait and do not
 * deadlock: environments by id, certificates by id, new certificates by name, JWKs, X.509 certificates by fingerprint, what
 * is refused as compromised by fingerprint, the key of the request. Definitions, their entries and JWKs belong to
 * environments: whoever writes them holds those, and nobody else waits for them.
 */
export async function lockEnvironments(sql: Sql, touched: Touched): Promise<LockedEnvironments> {
  const { environments = [], certificateIds = [], certificateNames = [], jwkIds = [] } = touched;
  const storable = environments.filter(isStorable);
  const rows = await sql.query(LOCK, [storable, certificateIds, certificateNames.filter(isStorable), jwkIds]);
  return new LockedEnvironments(rows.map(({ id }) => id));
}

export class LockedEnvironments {
  readonly #ids: ReadonlySet<string>;

  constructor(ids: readonly string[]) {
    this.#ids = new Set(ids);
  }

  /** Requires that the environments of a certificate, which was locked after them, are among them. @throws MovedMeanwhileError */
  assertHold(entries: readonly { readonly environmentId: string }[]): void {
    if (!entries.every(({ environmentId }) => this.#ids.has(environmentId))) throw new MovedMeanwhileError();
  }
}

/** A conflict as PostgreSQL's own: the transaction is run again. */
class MovedMeanwhileError extends Error {
  /** serialization_failure */
  readonly code = '40001';

  constructor() {
    super('a certificate was deployed to another environment between two reads');
  }
}
