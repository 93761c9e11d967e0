import { type GivenTexts, withTexts } from '@trustcast/schema';
import { type ReadDefinition, type PlannedDefinition, planDefinitions } from './rules/definition-input.js';
import { definitionRecords } from './rules/definition-records.js';
import { isUuid } from '../records/is-uuid.js';
import type { GivenDecision } from '../jwks/rules/jwk-decision.js';
import { RefusedError } from '../records/refusal.js';
import { type CertificateAnswer, UNCHANGED, warningsOf } from './certificate-answer.js';
import { type MadeChanges, changeCertificates, recordOf } from './change-certificates.js';
import type { Database, Transaction } from '../../platform/postgres/database.js';
import { environmentIds } from '../environments/sql/environment-ids.js';
import { explainCollision } from './sql/explain-collision.js';
import type { Result } from '../records/result.js';
import { deployOnce } from '../deployments/deploy-once.js';
import { placed } from './rules/place-refusals.js';
import type { Request } from '../requests/request.js';
import { lockCertificate } from './sql/lock-certificates.js';
import { lockEnvironments } from '../environments/sql/lock-environments.js';

export interface CertificateUpdate {
  readonly id: string;
  readonly expectedVersion: number;
  readonly texts: GivenTexts;
  /** All of them, or null: they stay. */
  readonly definitions: readonly ReadDefinition[] | null;
  /** Empty: nothing was decided. */
  readonly jwkDecision: readonly GivenDecision[];
  /** The certificate's name, typed as a confirmation of the decision; null: it was not typed. */
  readonly confirmName: string | null;
}

export function updateCertificate(
  database: Database,
  request: Request,
  update: CertificateUpdate,
): Promise<Result<CertificateAnswer>> {
  let planned: readonly PlannedDefinition[] = [];
  const attempt = async (sql: Transaction): Promise<CertificateAnswer> => {
    const locked = await lockEnvironments(sql, {
      environments: update.definitions?.flatMap(({ environments }) => environments) ?? [],
      certificateIds: [update.id].filter(isUuid),
    });
    const before = await lockCertificate(sql, update.id, update.expectedVersion);
    locked.assertHold(before.entries);
    const { id, name, definitions } = before.certificate;
    const read = update.definitions && planDefinitions(update.definitions, definitions);
    if (read && !read.ok) throw new RefusedError(read.refusals);
    const plan = read?.value ?? null;
    planned = plan?.definitions ?? [];
    const ids = await environmentIds(
      sql,
      planned.flatMap(({ environments }) => environments),
    );
    const after = {
      ...{ id, name, ...withTexts(before.certificate, update.texts) },
      definitions: plan ? definitionRecords(plan.definitions, ids) : definitions,
      certificates: plan?.certificates ?? [],
    };
    const jwkDecision = { given: update.jwkDecision, confirmation: { typed: update.confirmName, name } };
    return changeCertificates(sql, request, {
      changes: [{ before, after, at: [], recordedIn: null, jwkDecision }],
      answer: ({ deploymentId, changes: [made] }: MadeChanges): CertificateAnswer => {
        const changed = made?.changed ?? false;
        const warnings = [...(plan ? warningsOf(plan) : []), ...(changed ? [] : [UNCHANGED])];
        return { certificate: made?.result?.certificate ?? before.certificate, deploymentId, warnings, changed };
      },
      audit: ({ deploymentId, changes: [made] }) =>
        made?.changed ? { ...recordOf(made), details: { deploymentId, jwks: made.jwks } } : null,
    });
  };
  const result = deployOnce(
    database,
    request,
    () => database.transaction(attempt),
    () => explainCollision(database, { certificateId: update.id, name: null, definitions: planned }),
  );
  return placed(result, () => [{ at: [], definitions: planned }]);
}
