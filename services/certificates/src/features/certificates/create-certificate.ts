import { randomUUID } from 'node:crypto';
import type { DefinitionPlan } from './rules/definition-input.js';
import { changesBetween } from '../records/placement.js';
import { definitionRecords, placementsOf } from './rules/planned-placements.js';
import { type CertificateAnswer, warningsOf, withOutgrown } from './certificate-answer.js';
import type { Database } from '../../platform/postgres/database.js';
import { type DeployedPosition, WHEN_LOCKED, deployClauses, deployValues, sizesOf } from '../deployments/deploy.js';
import { environmentIdCache } from '../environments/sql/environment-ids.js';
import { explainCollision } from './sql/explain-collision.js';
import type { Outcome } from '../records/outcome.js';
import { deployOnce } from '../deployments/deploy-once.js';
import { placed } from './rules/place-refusals.js';
import type { Request } from '../requests/request.js';
import { statement } from '../../platform/postgres/statement.js';
import { storeClauses, storeValues } from './sql/store-definitions.js';

const MADE = `made AS (
  INSERT INTO certificates (id, name, description, created_at, updated_at)
  SELECT $13::uuid, $14::text, $15::text, $16::timestamptz, $16::timestamptz WHERE ${WHEN_LOCKED}
  RETURNING id
)`;

/** All of it in one statement, which is one transaction: the path that must carry hundreds of changes per second. */
const CREATE = statement<DeployedPosition>(
  'certificate_create',
  `WITH ${deployClauses({
    clauses: `${MADE}, ${storeClauses(10, WHEN_LOCKED)},`,
    written:
      '(SELECT count(*) FROM made) > 0 AND (SELECT count(*) FROM stored) >= 0 AND (SELECT count(*) FROM placed) > 0',
  })}`,
);

export interface NewCertificate extends DefinitionPlan {
  readonly name: string;
  readonly description: string;
}

export function createCertificate(
  database: Database,
  request: Request,
  input: NewCertificate,
): Promise<Outcome<CertificateAnswer>> {
  const { name, description, definitions, certificates } = input;
  const names = definitions.flatMap(({ environments }) => environments);
  const attempt = async (): Promise<CertificateAnswer> => {
    const id = randomUUID();
    const deploymentId = randomUUID();
    const ids = await environmentIdCache(database).resolve(database, names);
    const placements = placementsOf(definitions, ids, deploymentId);
    const now = new Date().toISOString();
    const answer: CertificateAnswer = {
      certificate: {
        id,
        name,
        description,
        version: 1,
        createdAt: now,
        updatedAt: now,
        definitions: definitionRecords(definitions, ids),
      },
      deploymentId,
      warnings: warningsOf(input),
      changed: true,
    };
    const deployed = await database.query(CREATE, [
      ...deployValues({
        deploymentId,
        changes: changesBetween([], placements),
        sizes: sizesOf(certificates),
        request,
        audit: { action: 'createCertificate', certificateId: id, after: answer.certificate, details: { deploymentId } },
        answer,
      }),
      ...storeValues([{ certificateId: id, definitions, certificates, placements }]),
      id,
      name,
      description,
      now,
    ]);
    return { ...withOutgrown(answer, deployed), deployed };
  };
  const outcome = deployOnce(database, request, attempt, () => {
    environmentIdCache(database).forget();
    return explainCollision(database, { certificateId: null, name, definitions });
  });
  return placed(outcome, () => [{ at: [], definitions }]);
}
