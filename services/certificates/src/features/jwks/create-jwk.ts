import { randomUUID } from 'node:crypto';
import { isUuid } from '../records/is-uuid.js';
import type { JwkRecord } from '../records/jwk-record.js';
import { RefusedError, refused } from '../records/refusal.js';
import { type JwkPurpose, publicJwk } from './public-jwk.js';
import { unknownEnvironment } from '../environments/change-environment.js';
import type { Database } from '../../platform/postgres/database.js';
import type { Result } from '../records/result.js';
import { idempotent, storeAnswer } from '../requests/idempotent.js';
import { insertJwks } from './sql/insert-jwks.js';
import { type RequestedJwk, explainJwkCollision } from './sql/jwk-collisions.js';
import { lockEnvironments } from '../environments/sql/lock-environments.js';
import { environmentsByName } from '../environments/sql/read-environments.js';
import type { Request } from '../requests/request.js';
import { statement } from '../../platform/postgres/statement.js';
import { writeAudit } from '../audit/sql/write-audit.js';

export interface NewJwk extends JwkPurpose {
  readonly certificateId: string;
  readonly environment: string;
  readonly name: string;
}

/** Excludes a change of the certificate at the same time, which locks the row exclusively. */
const SHARE = statement<{ id: string }>('jwk_certificate', 'SELECT id FROM certificates WHERE id = $1 FOR SHARE');
const CONTENT = statement<{ fingerprint: string; der: Buffer }>(
  'jwk_content',
  `SELECT p.fingerprint, x.der FROM definition_environments p JOIN x509_certificates x ON x.fingerprint = p.fingerprint
   WHERE p.certificate_id = $1 AND p.environment_id = $2`,
);

export function createJwk(database: Database, request: Request, input: NewJwk): Promise<Result<JwkRecord>> {
  const { certificateId, name, use, algorithm } = input;
  let requested: RequestedJwk | null = null;
  const attempt = (): Promise<JwkRecord> =>
    database.transaction(async (transaction) => {
      await lockEnvironments(transaction, { environments: [input.environment] });
      if (!isUuid(certificateId) || (await transaction.query(SHARE, [certificateId])).length === 0)
        throw refused({
          code: 'CERTIFICATE_NOT_FOUND',
          message: 'there is no such certificate: it was deleted, or the id is another',
          field: ['certificateId'],
        });
      const [environment] = await environmentsByName(transaction, [input.environment]);
      if (!environment) throw refused({ ...unknownEnvironment(input.environment), field: ['environment'] });
      const [content] = await transaction.query(CONTENT, [certificateId, environment.id]);
      if (!content)
        throw refused({
          code: 'INVALID_INPUT',
          message:
            'the certificate is not deployed to this environment: deploy it there first, or name an environment that has it',
          field: ['environment'],
        });
      const made = await publicJwk(content.der, input);
      if (!made.ok) throw new RefusedError(made.refusals);
      const jwk = made.value;
      requested = { environmentId: environment.id, name, kid: jwk.kid };
      const { fingerprint } = content;
      const row = {
        id: randomUUID(),
        environmentId: environment.id,
        name,
        use,
        algorithm,
        jwk,
        fingerprint,
        certificateId,
      };
      const [created] = await insertJwks(transaction, [row]);
      if (!created) throw new Error('a JWK that was written is not there');
      const entry = { action: 'createJwk', certificateId, after: created };
      await writeAudit(transaction, request, entry, { environments: [environment.name] });
      await storeAnswer(transaction, request, created);
      return created;
    });
  return idempotent(database, request, attempt, () => explainJwkCollision(database, requested));
}
