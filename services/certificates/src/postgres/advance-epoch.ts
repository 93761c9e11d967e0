import { randomUUID } from 'node:crypto';
import { RefusedError, refused } from '../domain/refusal.js';
import { environmentsByName } from './read-environments.js';
import { unknownEnvironment } from './change-environment.js';
import type { Database } from './database.js';
import type { Outcome } from '../domain/outcome.js';
import type { Origin } from './request.js';
import { statement } from './statement.js';
import { writeAudit } from './write-audit.js';

/**
 * The set stays as it is, at a position after everything that anybody has seen: whoever is ahead of the database or
 * differs from it pulls the whole set.
 */
const ADVANCE = statement<{ id: string; epoch: number; revision: number; notified: null }>(
  'epoch_advance',
  `
WITH seen AS (
  SELECT e.id, greatest(e.epoch, d.epoch) AS epoch
  FROM environments e LEFT JOIN divergences d ON d.environment_id = e.id
  WHERE e.name = $1 AND e.epoch = $2
  FOR NO KEY UPDATE OF e
), moved AS (
  UPDATE environments e SET epoch = s.epoch + 1, revision = e.revision + 1, head = $3
  FROM seen s WHERE e.id = s.id
  RETURNING e.id, e.epoch, e.revision
), settled AS (
  DELETE FROM divergences WHERE environment_id IN (SELECT id FROM moved)
), reported AS (
  UPDATE agent_statuses SET diverged = false WHERE diverged AND environment_id IN (SELECT id FROM moved)
), logged AS (
  INSERT INTO revisions (environment_id, revision, epoch, deployment_id, upserts, removals)
  SELECT m.id, m.revision, m.epoch, $3, '[]', '[]' FROM moved m
)
SELECT id, epoch, revision, pg_notify('trustcast_revisions', id::text) AS notified FROM moved`,
);

/**
 * Says that the database is right although agents are ahead of it.
 *
 * @param expectedEpoch the epoch that is left: a repeated request advances once
 */
export async function advanceEpoch(
  database: Database,
  origin: Origin,
  { name, expectedEpoch, reason }: { name: string; expectedEpoch: number; reason: string },
): Promise<Outcome<{ environmentId: string; deploymentId: string }>> {
  const deploymentId = randomUUID();
  try {
    return await database.transaction(async (transaction) => {
      const [environment] = await transaction.query(ADVANCE, [name, expectedEpoch, deploymentId]);
      if (!environment) {
        const [current] = await environmentsByName(transaction, [name]);
        if (!current) throw refused({ ...unknownEnvironment(name), field: ['environment'] });
        const message = `epoch ${current.epoch} is current, not ${expectedEpoch}`;
        throw refused({ code: 'INVALID_INPUT', message, field: ['expectedEpoch'] });
      }
      const { id, epoch, revision } = environment;
      await writeAudit(
        transaction,
        origin,
        {
          action: 'advanceEpoch',
          before: { epoch: expectedEpoch },
          after: { epoch },
          details: { name, reason, deploymentId },
        },
        { environments: [name], revisions: [{ environment: name, epoch, revision }] },
      );
      return { answer: { environmentId: id, deploymentId } };
    });
  } catch (error) {
    if (error instanceof RefusedError) return { refusals: error.refusals };
    throw error;
  }
}
