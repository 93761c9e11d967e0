import { type Position, comparePositions } from '@trustcast/schema';
import { type EpochStep, type StoredLine, planEpoch } from '../rules/epoch-plan.js';
import { type HeldSetRecord, heldSetOf } from './held-sets.js';
import { HEARD } from '../../deployments/sql/read-fleet.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

/** KNOWN: `steps` is all. PARTLY: hosts are further than the set that is known. UNKNOWN: there is none. */
export type EpochKnowledge = 'KNOWN' | 'PARTLY' | 'UNKNOWN';

interface Hosts {
  readonly registered: number;
  readonly ahead: number;
  readonly silent: number;
}

export interface EpochPlan {
  readonly expectedEpoch: number;
  readonly knowledge: EpochKnowledge;
  /** The furthest position that a host was heard to hold; null: none is ahead. */
  readonly furthest: Position | null;
  readonly hosts: Hosts;
  readonly held: HeldSetRecord | null;
  /** null where nothing is known. */
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
const LINES = statement<StoredLine>(
  'epoch_lines',
  `SELECT c.name, p.alias, p.fingerprint,
     EXISTS (SELECT FROM compromised_certificates o WHERE o.fingerprint = p.fingerprint) AS compromised
   FROM definition_environments p JOIN certificates c ON c.id = p.certificate_id
   WHERE p.environment_id = $1`,
);

/** What advancing the epoch of an environment would do now. */
export async function readEpochPlan(sql: Sql, environment: { id: string; epoch: number }): Promise<EpochPlan> {
  const [fleet] = await sql.query(FLEET, [environment.id]);
  const { registered = 0, ahead = 0, silent = 0, epoch = null, revision = null } = fleet ?? {};
  const told = epoch !== null && revision !== null ? { epoch, revision } : null;
  const held = await heldSetOf(sql, environment.id);
  const furthest = held && (!told || comparePositions(held, told) > 0) ? held : told;
  // Where nobody is ahead, whoever was not heard since the restore may be.
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
    steps: held ? planEpoch(held.entries, await sql.query(LINES, [environment.id])) : isNobodyAhead ? [] : null,
  };
}
