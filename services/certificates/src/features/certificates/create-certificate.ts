import { randomUUID } from 'node:crypto';
import { type CertificateTexts, certificateTexts, textsOf } from '@trustcast/schema';
import { type DefinitionPlan } from './rules/definition-input.js';
import { definitionRecords } from './rules/definition-records.js';
import { writtenChange } from './rules/written-change.js';
import { type CertificateAnswer, warningsOf, withOutgrown } from './certificate-answer.js';
import { environmentChanges, recordOf } from './change-certificates.js';
import type { Database } from '../../platform/postgres/database.js';
import {
  type DeployValues,
  type DeployedPosition,
  WHEN_LOCKED,
  deployClauses,
  deployValues,
  sizesOf,
} from '../deployments/deploy.js';
import { environmentIdCache } from '../environments/sql/environment-ids.js';
import { explainCollision } from './sql/explain-collision.js';
import { TEXT_COLUMNS } from '../records/sql/text-columns.js';
import type { EnvironmentChange } from '../records/entry.js';
import type { AdmittedCertificate } from '../gate/rules/validate-certificate.js';
import type { Sql } from '../../platform/postgres/statement.js';
import type { Result } from '../records/result.js';
import { deployOnce } from '../deployments/deploy-once.js';
import { placed } from './rules/place-refusals.js';
import type { Request } from '../requests/request.js';
import { groupCommit } from '../../platform/postgres/group-commit.js';
import { namedStatement, queryNamed } from '../../platform/postgres/named-statement.js';
import { type StoreValues, storeClauses, storeValues } from './sql/store-definitions.js';

interface CreateValues extends DeployValues, StoreValues, CertificateTexts {
  readonly id: string;
  readonly name: string;
  readonly now: string;
}

const MADE = `made AS (
  INSERT INTO certificates (id, name, ${TEXT_COLUMNS}, created_at, updated_at)
  SELECT $id::uuid, $name::text, ${certificateTexts.map((name) => `$${name}::text`).join(', ')}, $now::timestamptz, $now::timestamptz WHERE ${WHEN_LOCKED}
  RETURNING id
)`;

/** All of it in one statement, which is one transaction: the path that must carry hundreds of changes per second. */
const CREATE = namedStatement<DeployedPosition, CreateValues>(
  'certificate_create',
  `WITH ${deployClauses({
    clauses: `${MADE}, ${storeClauses(WHEN_LOCKED)},`,
    written:
      '(SELECT count(*) FROM made) > 0 AND (SELECT count(*) FROM stored) >= 0 AND (SELECT count(*) FROM entered) > 0',
  })}`,
);

export interface NewCertificate extends DefinitionPlan, CertificateTexts {
  readonly name: string;
}

/** Creates a certificate by the rules of `changeCertificates`, in one statement. */
export function createCertificate(
  database: Database,
  request: Request,
  input: NewCertificate,
): Promise<Result<CertificateAnswer>> {
  const { name, definitions, certificates } = input;
  const texts = textsOf(input);
  const names = definitions.flatMap(({ environments }) => environments);
  const attempt = async (): Promise<CertificateAnswer> => {
    const [id, deploymentId, now] = [randomUUID(), randomUUID(), new Date().toISOString()];
    const ids = await environmentIdCache(database).resolve(database, names);
    const after = { id, name, ...texts, definitions: definitionRecords(definitions, ids), certificates };
    const written = writtenChange({ before: null, after }, { deploymentId, now });
    const { certificate, entries } = written.result;
    const answer: CertificateAnswer = { certificate, deploymentId, warnings: warningsOf(input), changed: true };
    const environments = environmentChanges([written]);
    const sql = placeOf(database, environments, certificates);
    const deployed = await queryNamed(sql, CREATE, {
      ...deployValues({
        deploymentId,
        changes: environments,
        sizes: sizesOf(certificates),
        request,
        audit: { ...recordOf(written), details: { deploymentId } },
        answer,
      }),
      ...storeValues([{ certificateId: id, definitions: certificate.definitions, certificates, entries }]),
      ...{ id, name, ...texts, now },
    });
    return { ...withOutgrown(answer, deployed), deployed };
  };
  const result = deployOnce(database, request, attempt, () => {
    environmentIdCache(database).forget();
    return explainCollision(database, { certificateId: null, name, definitions });
  });
  return placed(result, () => [{ at: [], definitions }]);
}

/**
 * Creations in the same environments commit together. Their X.509 certificates are stored in one order, that of every other
 * statement, so only those with one take part.
 */
function placeOf(
  database: Database,
  environments: readonly EnvironmentChange[],
  [certificate, ...more]: readonly AdmittedCertificate[],
): Sql {
  if (!certificate || more.length > 0 || environments.length === 0) return database;
  const locks = environments.map(({ environmentId }) => environmentId).sort();
  return groupCommit(database).of(locks.join(), certificate.fingerprint);
}
