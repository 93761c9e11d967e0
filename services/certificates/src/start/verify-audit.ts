import type { Config } from '../config.js';
import { type ChainHead, chainStart, formatHead, nextLink } from '../features/audit/rules/audit-chain.js';
import { lastRemoved, readSeals, strayRecords, waitingRecords } from '../features/audit/sql/audit-seals.js';
import { type Database, openDatabase } from '../platform/postgres/database.js';
import { auditOrigin } from '../platform/postgres/installation.js';
import type { Sql } from '../platform/postgres/statement.js';

export interface AuditVerdict {
  readonly head: ChainHead;
  /** How many records were removed from the beginning of the chain. */
  readonly removed: number;
  readonly waiting: number;
  /** Where the chain does not hold, in its order; the first 100. */
  readonly breaks: readonly string[];
}

const PAGE = 5_000;
const MAX_BREAKS = 100;

/** Computes the whole chain anew. @param noted a head that was written down before: the chain must still contain it */
export function verifyAudit(database: Database, origin: string, noted?: ChainHead): Promise<AuditVerdict> {
  return database.transaction(async (snapshot) => {
    const breaks: string[] = [];
    const removed = await lastRemoved(snapshot);
    let head = removed ?? chainStart(origin);
    let found = noted?.sequence === head.sequence && noted.hash === head.hash;
    for (;;) {
      const seals = await readSeals(snapshot, { after: head.sequence, limit: PAGE });
      for (const { sequence, hash, auditId, record } of seals) {
        if (sequence !== head.sequence + 1) breaks.push(`seals ${head.sequence + 1} to ${sequence - 1} are missing`);
        else if (record === null) breaks.push(`seal ${sequence}: record ${auditId} is missing`);
        else if (nextLink(head, record).hash !== hash) breaks.push(`seal ${sequence}: record ${auditId} was changed`);
        // The records that follow are checked against this one as it is written: every place that was changed is found, not the first alone.
        head = { sequence, hash };
        if (sequence === noted?.sequence) found = hash === noted.hash;
      }
      if (seals.length < PAGE) break;
    }
    if (noted && removed && noted.sequence < removed.sequence)
      breaks.push(
        `${formatHead(noted)} cannot be checked: records up to ${removed.sequence} were removed after TRUSTCAST_KEEP_AUDIT_DAYS; note a later head`,
      );
    else if (noted && !found) breaks.push(`the chain does not contain ${formatHead(noted)}`);
    breaks.push(...(await straysOf(snapshot)));
    return {
      head,
      removed: removed?.sequence ?? 0,
      waiting: await waitingRecords(snapshot),
      breaks: breaks.slice(0, MAX_BREAKS),
    };
  }, 'REPEATABLE READ');
}

async function straysOf(sql: Sql): Promise<string[]> {
  const strays = await strayRecords(sql, MAX_BREAKS);
  return strays.map(({ id, missing }) =>
    missing ? `record ${id} vanished before it was sealed` : `record ${id} was taken out of the chain`,
  );
}

/** The command. @returns its exit code */
export async function verifyAuditCommand({ databaseUrl }: Config, noted?: ChainHead): Promise<number> {
  const database = await openDatabase(databaseUrl);
  try {
    const { head, removed, waiting, breaks } = await verifyAudit(database, await auditOrigin(database), noted);
    for (const found of breaks) process.stderr.write(`${found}\n`);
    if (breaks.length > 0) return 1;
    const before = removed > 0 ? `, ${removed} removed` : '';
    process.stdout.write(
      `the audit holds: ${head.sequence - removed} records sealed, ${waiting} waiting${before}\n${formatHead(head)}\n`,
    );
    return 0;
  } finally {
    await database.close();
  }
}
