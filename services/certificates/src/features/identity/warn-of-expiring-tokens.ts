import type { Log } from '@trustcast/config';
import type { Database } from '../../platform/postgres/database.js';
import { claimExpiringTokens } from './sql/expiring-tokens.js';

const BATCH = 500;

/**
 * Logs each API token that expires soon, once. A line whose commit is lost is logged again.
 *
 * @returns how many
 */
export async function warnOfExpiringTokens(database: Database, now: Date, log: Pick<Log, 'warn'>): Promise<number> {
  for (let total = 0; ;) {
    const warned = await database.transaction(async (transaction) => {
      const tokens = await claimExpiringTokens(transaction, now, BATCH);
      for (const { id, name, expiresAt, createdBy, lastUsedAt } of tokens)
        log.warn('an API token expires soon: create another one for whoever uses it, and revoke this one', {
          code: 'API_TOKEN_EXPIRES_SOON',
          id,
          name,
          expiresAt: expiresAt.toISOString(),
          createdBy,
          lastUsedAt: lastUsedAt?.toISOString() ?? null,
        });
      return tokens.length;
    });
    total += warned;
    if (warned < BATCH) return total;
  }
}
