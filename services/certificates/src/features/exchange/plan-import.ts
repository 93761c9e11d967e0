import { compromisedChanges } from '../certificates/compromised-certificates.js';
import { innerCollisions } from '../certificates/rules/collisions.js';
import { outerCollisions } from '../certificates/sql/explain-collision.js';
import { lockCertificatesByName } from '../certificates/sql/lock-certificates.js';
import { environmentIds } from '../environments/sql/environment-ids.js';
import { lockEnvironments } from '../environments/sql/lock-environments.js';
import type { Sql } from '../../platform/postgres/statement.js';
import { followingJwks } from '../jwks/sql/following-jwks.js';
import { importJwkCollisions, linkedJwks } from './import-jwks.js';
import {
  type ConflictPolicy,
  type ImportedCertificate,
  type PlannedImport,
  changeOf,
  isWritten,
  planImport,
  withCollisions,
} from './rules/import-plan.js';

/** What an import does, with the ids of all environments that it names. */
export interface ImportPlan {
  readonly plan: readonly PlannedImport[];
  readonly environmentIds: ReadonlyMap<string, string>;
}

/**
 * Plans an import.
 *
 * @param lock what exists, for a transaction that makes the import
 * @throws RefusedError naming environments that do not exist
 */
export async function planImportNow(
  sql: Sql,
  { certificates, policy }: { certificates: readonly ImportedCertificate[]; policy: ConflictPolicy },
  { lock }: { lock: boolean },
): Promise<ImportPlan> {
  const names = certificates.flatMap(({ definitions }) => definitions.flatMap(({ environments }) => environments));
  const certificateNames = certificates.map(({ name }) => name.normalize('NFC'));
  const locked = lock ? await lockEnvironments(sql, { environments: names, certificateNames }) : null;
  const ids = await environmentIds(sql, [...new Set(names)]);
  const existing = await lockCertificatesByName(sql, certificateNames, { lock });
  for (const { entries } of existing.values()) locked?.assertHold(entries);
  const certificateIds = [...existing.values()].map(({ certificate }) => certificate.id);
  let plan = planImport(certificates, existing, ids, await followingJwks(sql, certificateIds), policy);
  const written = () => plan.map((item) => (isWritten(item) ? item : null));
  // A compromised certificate is refused whatever the policy: skipping would hide it.
  const changes = written().map((item) => item && changeOf(item, ids));
  plan = withCollisions(plan, await compromisedChanges(sql, changes), 'REFUSE');
  plan = withCollisions(plan, await linkedJwks(sql, plan, ids), policy);
  plan = withCollisions(plan, await importJwkCollisions(sql, plan, ids), policy);
  // A certificate that is left out releases nothing for the others: they are looked at again.
  const count = () => plan.filter(isWritten).length;
  for (let before = -1; before !== count();) {
    before = count();
    plan = withCollisions(plan, innerCollisions(written()), policy);
    plan = withCollisions(plan, await outerCollisions(sql, written()), policy);
  }
  return { plan, environmentIds: ids };
}
