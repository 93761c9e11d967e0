import { randomUUID } from 'node:crypto';
import type { CertificateRecord } from '../domain/certificate-record.js';
import { type JudgedDefinition, type PlannedDefinition, planDefinitions } from '../domain/definition-input.js';
import { changesBetween, keepDeployments } from '../domain/placement.js';
import type { JwkConnection } from '../domain/jwk-decision.js';
import { definitionRecords, placementsOf } from '../domain/planned-placements.js';
import { RefusedError } from '../domain/refusal.js';
import { type CertificateAnswer, warningsOf } from './certificate-answer.js';
import type { Database } from './database.js';
import { deploy } from './deploy.js';
import { environmentIds } from './environment-ids.js';
import { explainCollision } from './explain-collision.js';
import { type Outcome, idempotent } from './idempotent.js';
import type { Request } from './request.js';
import { lockCertificate } from './lock-certificate.js';
import { lockLinkedJwks, settleJwks } from './settle-jwks.js';
import { statement } from './statement.js';
import { storeDefinitions } from './store-definitions.js';
import type { AuditEntry } from './write-audit.js';

export interface CertificateUpdate {
  readonly id: string;
  readonly expectedVersion: number;
  /** null: stays. */
  readonly description: string | null;
  /** All of them, or null: they stay. */
  readonly definitions: readonly JudgedDefinition[] | null;
  /** null: not decided. */
  readonly jwkConnection: JwkConnection | null;
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
      const { certificate, placements: before } = await lockCertificate(transaction, update.id, update.expectedVersion);
      const deploymentId = randomUUID();
      const description = update.description ?? certificate.description;
      const [row] = await transaction.query(SAVE, [certificate.id, description]);
      const saved: CertificateRecord = {
        ...certificate,
        description,
        version: certificate.version + 1,
        updatedAt: row?.updated_at.toISOString() ?? '',
      };
      const audit = (after: CertificateRecord, deployed: string | null, jwks?: object): AuditEntry => ({
        action: 'updateCertificate',
        certificateId: certificate.id,
        before: certificate,
        after,
        details: { deploymentId: deployed, jwks },
      });
      if (update.definitions === null) {
        const answer: CertificateAnswer = { certificate: saved, deploymentId: null, warnings: [] };
        await deploy(transaction, { deploymentId, changes: [], request, audit: audit(saved, null), answer });
        return answer;
      }
      const linked = await lockLinkedJwks(transaction, [certificate.id]);
      const plan = planDefinitions(update.definitions, certificate.definitions);
      if ('refusals' in plan) throw new RefusedError(plan.refusals);
      planned = plan.definitions;
      const ids = await environmentIds(
        transaction,
        plan.definitions.flatMap(({ environments }) => environments),
      );
      const placements = keepDeployments(before, placementsOf(plan.definitions, ids, deploymentId));
      await transaction.query(CLEAR, [certificate.id, plan.definitions.map(({ id }) => id)]);
      await storeDefinitions(transaction, { certificateId: certificate.id, ...plan, placements });
      const jwks = await settleJwks(transaction, {
        linked,
        fingerprintAfter: ({ environmentId }) =>
          placements.find((placement) => placement.environmentId === environmentId)?.fingerprint ?? null,
        given: update.jwkConnection,
        confirmation: { typed: update.confirmName, name: certificate.name },
      });
      const changes = changesBetween(before, placements);
      const answer: CertificateAnswer = {
        certificate: { ...saved, definitions: definitionRecords(plan.definitions, ids) },
        deploymentId: changes.length > 0 ? deploymentId : null,
        warnings: warningsOf(plan),
      };
      const deployed = await deploy(transaction, {
        deploymentId,
        changes,
        request,
        audit: audit(answer.certificate, answer.deploymentId, jwks),
        answer,
      });
      return { ...answer, deployed };
    });
  return idempotent(database, request, attempt, () =>
    explainCollision(database, { certificateId: update.id, name: null, definitions: planned }),
  );
}
