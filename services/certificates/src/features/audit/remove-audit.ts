import { type ChainHead, chainStart, nextLink } from './rules/audit-chain.js';
import { type ReadSeal, lastRemoved, readSeals, removeThrough } from './sql/audit-seals.js';
import type { Database, Transaction } from '../../platform/postgres/database.js';

const BATCH = 1_000;

/**
 * Removes audit records from the beginning of the chain. What does not hold is kept, with all that follows, for
 * `verify-audit` to report.
 *
 * @param origin the installation that the chain began with
 * @param onRemoved called after each batch
 */
export async function removeAudit(
  database: Database,
  { origin, days }: { readonly origin: string; readonly days: number },
  onRemoved: (records: number) => void,
): Promise<void> {
  for (;;) {
    const removed = await database.transaction((sql) => removeBatch(sql, origin, days));
    onRemoved(removed);
    if (removed < BATCH) return;
  }
}

async function removeBatch(sql: Transaction, origin: string, days: number): Promise<number> {
  const start = (await lastRemoved(sql)) ?? chainStart(origin);
  const seals = await readSeals(sql, { after: start.sequence, limit: BATCH, days });
  let head: ChainHead = start;
  for (const seal of seals) {
    if (!seal.old || !continues(head, seal)) break;
    head = { sequence: seal.sequence, hash: seal.hash };
  }
  if (head.sequence > start.sequence) await removeThrough(sql, head);
  return head.sequence - start.sequence;
}

function continues(head: ChainHead, { sequence, hash, record }: ReadSeal): boolean {
  return record !== null && sequence === head.sequence + 1 && nextLink(head, record).hash === hash;
}
