import { randomUUID } from 'node:crypto';
import { demandRetrust } from './rules/demand-retrust.js';
import { RefusedError, refused } from '../records/refusal.js';
import { type EpochPlan, readEpochPlan } from './sql/read-epoch-plan.js';
import { environmentsByName } from '../environments/sql/read-environments.js';
import { unknownEnvironment } from '../environments/change-environment.js';
import type { Database } from '../../platform/postgres/database.js';
import { type Result, accepted, rejected } from '../records/result.js';
import type { Author } from '../requests/request.js';
import { statement } from '../../platform/postgres/statement.js';
import { writeAudit } from '../audit/sql/write-audit.js';

/**
 * Moves the set as it is to a position after every position that was seen: agents that are ahead of the database or differ
 * from it pull the whole set.
 */
const ADVANCE = statement<{ id: string; epoch: number; revision: number; notified: null }>(
  'epoch_advance',
  `
WITH seen AS (
  SELECT e.id, greatest(e.epoch, d.epoch, h.epoch) AS epoch
  FROM environments e LEFT JOIN divergences d ON d.environment_id = e.id
    LEFT JOIN held_sets h ON h.environment_id = e.id
  WHERE e.id = $1
), moved AS (
  UPDATE environments e SET epoch = s.epoch + 1, revision = e.revision + 1, head = $2
  FROM seen s WHERE e.id = s.id
  RETURNING e.id, e.epoch, e.revision
), resolved AS (
  DELETE FROM divergences WHERE environment_id IN (SELECT id FROM moved)
), answered AS (
  DELETE FROM held_sets WHERE environment_id IN (SELECT id FROM moved)
), reported AS (
  UPDATE agent_statuses SET diverged = false WHERE diverged AND environment_id IN (SELECT id FROM moved)
), logged AS (
  INSERT INTO revisions (environment_id, revision, epoch, deployment_id, upserts, removals)
  SELECT m.id, m.revision, m.epoch, $2, '[]', '[]' FROM moved m
)
SELECT id, epoch, revision, pg_notify('trustcast_revisions', id::text) AS notified FROM moved`,
);

const LOCK = statement<{ id: string; epoch: number }>(
  'epoch_lock',
  'SELECT id, epoch FROM environments WHERE name = $1 FOR NO KEY UPDATE',
);

export interface EpochAdvance {
  /** Name of the environment. */
  readonly name: string;
  /** The current epoch: a repeated request advances once. */
  readonly expectedEpoch: number;
  readonly reason: string;
  /** Fingerprints that are confirmed to be trusted again. */
  readonly retrust: readonly string[];
  /** It is confirmed that more may be trusted again. */
  readonly confirmUnknown: boolean;
}

/** Plans advancing the epoch; null: there is no such environment. */
export function epochPlan(database: Database, name: string): Promise<EpochPlan | null> {
  return database.transaction(async (sql) => {
    const [environment] = await environmentsByName(sql, [name]);
    return environment ? readEpochPlan(sql, environment) : null;
  }, 'REPEATABLE READ');
}

/** Advances the epoch, so that agents that are ahead of the database take its set. */
export async function advanceEpoch(
  database: Database,
  origin: Author,
  { name, expectedEpoch, reason, retrust, confirmUnknown }: EpochAdvance,
): Promise<Result<{ environmentId: string; deploymentId: string }>> {
  const deploymentId = randomUUID();
  try {
    return await database.transaction(async (transaction) => {
      const [current] = await transaction.query(LOCK, [name]);
      if (!current) throw refused({ ...unknownEnvironment(name), field: ['environment'] });
      if (current.epoch !== expectedEpoch) {
        const message = `epoch ${current.epoch} is current, not ${expectedEpoch}`;
        throw refused({ code: 'INVALID_INPUT', message, field: ['expectedEpoch'] });
      }
      const plan = await readEpochPlan(transaction, current);
      demandConfirmation(plan, { retrust, confirmUnknown });
      const [environment] = await transaction.query(ADVANCE, [current.id, deploymentId]);
      if (!environment) throw new Error('a locked environment is gone');
      const { id, epoch, revision } = environment;
      const { knowledge, furthest, hosts } = plan;
      await writeAudit(
        transaction,
        origin,
        {
          action: 'advanceEpoch',
          before: { epoch: expectedEpoch },
          after: { epoch },
          details: { name, reason, deploymentId, knowledge, furthest, hosts, retrust },
        },
        { environments: [name], revisions: [{ environment: name, epoch, revision }] },
      );
      return accepted({ environmentId: id, deploymentId });
    });
  } catch (error) {
    if (error instanceof RefusedError) return rejected(...error.refusals);
    throw error;
  }
}

function demandConfirmation(
  { knowledge, hosts, steps }: EpochPlan,
  { retrust, confirmUnknown }: Pick<EpochAdvance, 'retrust' | 'confirmUnknown'>,
): void {
  const again = (steps ?? []).filter(({ retrusts }) => retrusts);
  demandRetrust(
    again.map(({ name, after }) => ({ name: name ?? '', fingerprint: after?.fingerprint ?? '' })),
    retrust,
  );
  if (knowledge === 'KNOWN' || confirmUnknown) return;
  const why =
    knowledge === 'PARTLY'
      ? 'a host is further ahead than the set that is known'
      : `no host has reported what it holds (${hosts.ahead} ahead, ${hosts.silent} not heard lately, of ${hosts.registered})`;
  throw refused({
    code: 'UNKNOWN_NOT_CONFIRMED',
    message: `it is not known what would be trusted again: ${why}. Wait until hosts report, or confirm it by confirmUnknown`,
    field: ['confirmUnknown'],
  });
}
