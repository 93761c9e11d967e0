import type { Log } from '@trustcast/config';
import type { Database } from '../../platform/postgres/database.js';
import { duplicateReason } from '../records/agent-record.js';
import { takeChangedDuplicates } from './sql/log-duplicates.js';

/** Logs once when a second host speaks with the key of an agent, and once when it has been silent. */
export function logDuplicates(database: Database, log: Pick<Log, 'warn' | 'info'>): Promise<void> {
  return database.transaction(async (transaction) => {
    for (const { id, name, environment, hostname, bootId, other, isDuplicate } of await takeChangedDuplicates(
      transaction,
    )) {
      const fields = { code: 'AGENT_DUPLICATE', agent: id, name, environment };
      if (isDuplicate)
        log.warn('two hosts report with the key of one agent', {
          ...fields,
          cause: duplicateReason(other, { hostname, bootId }),
        });
      else log.info('one host alone reports with the key of the agent again', fields);
    }
  });
}
