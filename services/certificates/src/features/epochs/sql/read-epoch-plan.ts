import { type Position, comparePositions } from '@trustcast/schema';
import { type EpochStep, type StoredEntry, planEpoch } from '../rules/epoch-plan.js';
import { type HeldSetRecord, heldSetOf } from './held-sets.js';
import { HEARD } from '../../deployments/sql/read-fleet.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

/** KNOWN: `steps` is complete. PARTLY: hosts are further ahead than the known set. UNKNOWN: no set is known. */
export type EpochKnowledge = 'KNOWN' | 'PARTLY' | 'UNKNOWN';

interface Hosts {
  readonly registered: number;
  readonly ahead: number;
  readonly silent: number;
}

export interface EpochPlan {
  readonly expectedEpoch: number;
  readonly knowledge: EpochKnowledge;
  /** The furthest position that a host reported; null: none is ahead. */
  readonly furthest: Position | null;
  readonly hosts: Hosts;
  readonly held: HeldSetRecord | null;
  /** null: nothing is known. */
  readonly steps: readonly EpochStep[] | null;
}

const FLEET = statement<Hosts & { epoch: number | null; revision: number | null }>(
  'epoch_fleet',
  `SELECT d.epoch, d.revision, f.* FROM (
     SELECT count(*)::integer AS registered, count(*) FILTER (WHERE s.diverged)::integer AS ahead,
       count(*) FILTER (WHERE ${HEARD} <> 'LATELY')::integer AS silent
     FROM agents a LEFT JOIN agent_statuses s ON s.agent_id = a.id WHERE a.environment_id = $1
   ) f LEFT JOIN divergences d ON d.environment_id = $1`,
);
const ENTRIES = statement<StoredEntry>(
  'epoch_entries',
  `SELECT c.name, p.alias, p.fingerprint,
     EXISTS (SELECT FROM compromised_certificates o WHERE o.fingerprint = p.fingerprint) AS compromised
   FROM definition_environments p JOIN certificates c ON c.id = p.certificate_id
   WHERE p.environment_id = $1`,
);

/** Reads what advancing the epoch of an environment would undo, and how much of that is known. */
export async function readEpochPlan(sql: Sql, environment: { id: string; epoch: number }): Promise<EpochPlan> {
  const [fleet] = await sql.query(FLEET, [environment.id]);
  const { registered = 0, ahead = 0, silent = 0, epoch = null, revision = null } = fleet ?? {};
  const reported = epoch !== null && revision !== null ? { epoch, revision } : null;
  const held = await heldSetOf(sql, environment.id);
  const furthest = held && (!reported || comparePositions(held, reported) > 0) ? held : reported;
  // A host that was not heard since the restore may be ahead.
  const isNobodyAhead = furthest === null && silent === 0;
  const knowledge = held
    ? comparePositions(held, furthest ?? held) < 0
      ? 'PARTLY'
      : 'KNOWN'
    : isNobodyAhead
      ? 'KNOWN'
      : 'UNKNOWN';
  return {
    expectedEpoch: environment.epoch,
    knowledge,
    furthest: furthest && { epoch: furthest.epoch, revision: furthest.revision },
    hosts: { registered, ahead, silent },
    held,
    steps: held ? planEpoch(held.entries, await sql.query(ENTRIES, [environment.id])) : isNobodyAhead ? [] : null,
  };
}
