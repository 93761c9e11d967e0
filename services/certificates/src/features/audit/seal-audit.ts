import { type ChainHead, chainStart, nextLink } from './rules/audit-chain.js';
import { type Seal, auditHead, storeSeals, takeUnsealed } from './sql/audit-seals.js';
import type { Database } from '../../platform/postgres/database.js';

const BATCH = 1_000;

/** Chains what was committed since, off the path of those who commit. @param origin the installation that the chain began with. @returns how many records */
export async function sealAudit(database: Database, origin: string): Promise<number> {
  for (let total = 0; ;) {
    const sealed = await database.transaction(async (transaction) => {
      const records = await takeUnsealed(transaction, BATCH);
      if (records.length === 0) return 0;
      let head: ChainHead = (await auditHead(transaction)) ?? chainStart(origin);
      const seals = records.map(({ id, record }): Seal => {
        head = nextLink(head, record ?? '');
        return { ...head, auditId: id };
      });
      // Two sealers would give the same numbers: one of them fails, and tries again.
      await storeSeals(transaction, seals);
      return seals.length;
    });
    total += sealed;
    if (sealed < BATCH) return total;
  }
}
