import { randomUUID } from 'node:crypto';
import { isUuid } from '../domain/is-uuid.js';
import type { JwkRecord } from '../domain/jwk-record.js';
import { type Refusal, refused } from '../domain/refusal.js';
import { type JwkPurpose, publicJwk } from '../jwks/public-jwk.js';
import { unknownEnvironment } from './change-environment.js';
import type { Database } from './database.js';
import { type Outcome, idempotent, keepAnswer } from './idempotent.js';
import { jwksById } from './read-jwks.js';
import { environmentsByName } from './read-environments.js';
import type { Request } from './request.js';
import { type Sql, statement } from './statement.js';
import { writeAudit } from './write-audit.js';

export interface NewJwk extends JwkPurpose {
  readonly certificateId: string;
  readonly environment: string;
  readonly name: string;
}

/** Against a change of the certificate at the same time: that takes the same row for itself alone. */
const SHARE = statement<{ id: string }>('jwk_certificate', 'SELECT id FROM certificates WHERE id = $1 FOR SHARE');
const CONTENT = statement<{ fingerprint: string; der: Buffer }>(
  'jwk_content',
  `SELECT p.fingerprint, x.der FROM definition_environments p JOIN x509_certificates x ON x.fingerprint = p.fingerprint
   WHERE p.certificate_id = $1 AND p.environment_id = $2`,
);
const INSERT = statement<object>(
  'jwk_create',
  `WITH current AS (DELETE FROM retiring_keys WHERE environment_id = $2 AND kid = $6)
   INSERT INTO jwks (id, environment_id, name, use, algorithm, kid, jwk, fingerprint, certificate_id)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
);

export function createJwk(database: Database, request: Request, input: NewJwk): Promise<Outcome<JwkRecord>> {
  const { certificateId, name, use, algorithm } = input;
  let wanted = { environmentId: '', kid: '' };
  const attempt = (): Promise<JwkRecord> =>
    database.transaction(async (transaction) => {
      if (!isUuid(certificateId) || (await transaction.query(SHARE, [certificateId])).length === 0)
        throw refused({
          code: 'CERTIFICATE_NOT_FOUND',
          message: 'there is no such certificate',
          field: ['certificateId'],
        });
      const [environment] = await environmentsByName(transaction, [input.environment]);
      if (!environment) throw refused({ ...unknownEnvironment(input.environment), field: ['environment'] });
      const [content] = await transaction.query(CONTENT, [certificateId, environment.id]);
      if (!content)
        throw refused({
          code: 'INVALID_INPUT',
          message: 'the certificate is not deployed to this environment',
          field: ['environment'],
        });
      const jwk = await publicJwk(content.der, input);
      if ('code' in jwk) throw refused(jwk);
      wanted = { environmentId: environment.id, kid: jwk.kid };
      const id = randomUUID();
      await transaction.query(INSERT, [
        id,
        environment.id,
        name,
        use,
        algorithm,
        jwk.kid,
        JSON.stringify(jwk),
        content.fingerprint,
        certificateId,
      ]);
      const [created] = await jwksById(transaction, [id]);
      if (!created) throw new Error('a JWK that was written is not there');
      const entry = { action: 'createJwk', certificateId, after: created };
      await writeAudit(transaction, request, entry, { environments: [environment.name] });
      await keepAnswer(transaction, request, created);
      return created;
    });
  return idempotent(database, request, attempt, () => explainJwkCollision(database, { ...wanted, name }));
}

const TAKEN = statement<{ id: string; name: string; named: boolean; keyed: boolean }>(
  'jwk_collision',
  `SELECT id, name, name = $2 AS named, kid = $3 AS keyed FROM jwks
   WHERE environment_id = $1 AND (name = $2 OR kid = $3)`,
);

/** What stands in the way of a JWK whose name or key broke a constraint. */
export async function explainJwkCollision(
  sql: Sql,
  { environmentId, name, kid }: { environmentId: string; name: string | null; kid: string },
): Promise<Refusal[]> {
  if (environmentId === '') return [];
  return (await sql.query(TAKEN, [environmentId, name, kid])).flatMap(
    ({ id, name: other, named, keyed }): Refusal[] => [
      ...(named
        ? [{ code: 'NAME_TAKEN' as const, message: 'the environment has a JWK with this name', field: ['name'] }]
        : []),
      ...(keyed
        ? [
            {
              code: 'KEY_TAKEN' as const,
              message: `the environment has a JWK of this very key: ${JSON.stringify(other)}`,
              field: null,
              jwkId: id,
            },
          ]
        : []),
    ],
  );
}
