import { randomUUID } from 'node:crypto';
import type { CertificateRecord } from '../records/certificate-record.js';
import { type JudgedDefinition, type PlannedDefinition, planDefinitions } from './rules/definition-input.js';
import { changesBetween, keepDeployments } from '../records/placement.js';
import { isUuid } from '../records/is-uuid.js';
import type { GivenDecision } from '../jwks/rules/jwk-decision.js';
import { definitionRecords, placementsOf } from './rules/planned-placements.js';
import { RefusedError } from '../records/refusal.js';
import { isSameCertificate } from './rules/same-certificate.js';
import { type CertificateAnswer, UNCHANGED, warningsOf, withOutgrown } from './certificate-answer.js';
import type { Database } from '../../platform/postgres/database.js';
import { deploy } from '../deployments/deploy.js';
import { environmentIds } from '../environments/sql/environment-ids.js';
import { explainCollision } from './sql/explain-collision.js';
import type { Outcome } from '../records/outcome.js';
import { deployOnce } from '../deployments/deploy-once.js';
import { placed } from './rules/place-refusals.js';
import { keepAnswer } from '../requests/idempotent.js';
import type { Request } from '../requests/request.js';
import { lockCertificate } from './sql/lock-certificate.js';
import { lockEnvironments } from '../environments/sql/lock-environments.js';
import { lockLinkedJwks, settleJwks } from './settle-jwks.js';
import { type Sql, statement } from '../../platform/postgres/statement.js';
import { storeDefinitions } from './sql/store-definitions.js';

export interface CertificateUpdate {
  readonly id: string;
  readonly expectedVersion: number;
  /** null: stays. */
  readonly description: string | null;
  /** All of them, or null: they stay. */
  readonly definitions: readonly JudgedDefinition[] | null;
  /** None: not decided. */
  readonly jwkDecision: readonly GivenDecision[];
  /** The certificate's name, typed by who decides; null: not typed. */
  readonly confirmName: string | null;
}

const SAVE = statement<{ updated_at: Date }>(
  'certificate_save',
  `UPDATE certificates SET description = $2, version = version + 1, updated_at = now() WHERE id = $1
   RETURNING updated_at`,
);
const CLEAR = statement<object>(
  'certificate_clear',
  `WITH lines AS (DELETE FROM definition_environments WHERE certificate_id = $1)
   DELETE FROM definitions WHERE certificate_id = $1 AND id <> ALL ($2)`,
);

export function updateCertificate(
  database: Database,
  request: Request,
  update: CertificateUpdate,
): Promise<Outcome<CertificateAnswer>> {
  let planned: readonly PlannedDefinition[] = [];
  const attempt = (): Promise<CertificateAnswer> =>
    database.transaction(async (transaction) => {
      const locked = await lockEnvironments(transaction, {
        environments: update.definitions?.flatMap(({ environments }) => environments) ?? [],
        certificateIds: [update.id].filter(isUuid),
      });
      const { certificate, placements: before } = await lockCertificate(transaction, update.id, update.expectedVersion);
      locked.assertHold(before);
      const deploymentId = randomUUID();
      const linked = await lockLinkedJwks(transaction, [certificate.id]);
      const plan = update.definitions && planDefinitions(update.definitions, certificate.definitions);
      if (plan && 'refusals' in plan) throw new RefusedError(plan.refusals);
      planned = plan?.definitions ?? [];
      const ids = await environmentIds(
        transaction,
        planned.flatMap(({ environments }) => environments),
      );
      const wanted: CertificateRecord = {
        ...certificate,
        description: update.description ?? certificate.description,
        definitions: plan ? definitionRecords(plan.definitions, ids) : certificate.definitions,
      };
      const placements = plan ? keepDeployments(before, placementsOf(plan.definitions, ids, deploymentId)) : before;
      const changed = !isSameCertificate(certificate, wanted);
      const saved = changed ? await save(transaction, wanted) : certificate;
      if (changed && plan) {
        await transaction.query(CLEAR, [certificate.id, planned.map(({ id }) => id)]);
        await storeDefinitions(transaction, { certificateId: certificate.id, ...plan, placements });
      }
      const jwks = await settleJwks(transaction, {
        linked,
        fingerprintAfter: ({ environmentId }) =>
          placements.find((placement) => placement.environmentId === environmentId)?.fingerprint ?? null,
        given: update.jwkDecision,
        confirmation: { typed: update.confirmName, name: certificate.name },
      });
      const changes = changesBetween(before, placements);
      const warnings = [...(plan ? warningsOf(plan) : []), ...(changed ? [] : [UNCHANGED])];
      const answer: CertificateAnswer = {
        certificate: saved,
        deploymentId: changes.length > 0 ? deploymentId : null,
        warnings,
        changed,
      };
      if (!changed) {
        await keepAnswer(transaction, request, answer);
        return answer;
      }
      const deployed = await deploy(transaction, {
        deploymentId,
        changes,
        request,
        audit: {
          action: 'updateCertificate',
          certificateId: certificate.id,
          before: certificate,
          after: saved,
          details: { deploymentId: answer.deploymentId, jwks },
        },
        answer,
      });
      return { ...withOutgrown(answer, deployed), deployed };
    });
  const outcome = deployOnce(database, request, attempt, () =>
    explainCollision(database, { certificateId: update.id, name: null, definitions: planned }),
  );
  return placed(outcome, () => [{ at: [], definitions: planned }]);
}

async function save(sql: Sql, wanted: CertificateRecord): Promise<CertificateRecord> {
  const [row] = await sql.query(SAVE, [wanted.id, wanted.description]);
  return { ...wanted, version: wanted.version + 1, updatedAt: row?.updated_at.toISOString() ?? '' };
}
