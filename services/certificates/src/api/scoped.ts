import type { Caller } from '../features/records/grants.js';
import type { Scope } from '../features/records/grants.js';
import type { Database, Reads } from '../platform/postgres/database.js';

/** Restricts reads to environments. */
export function scopedTo(database: Database, scope: Scope): Reads {
  return scope === null ? database : database.scopedTo([...scope]);
}

/** Restricts the downloads of a caller to the environments that its grants allow. */
export function scopedForExport(database: Database, { grants }: Pick<Caller, 'grants'>): Reads {
  const scope = grants.get('EXPORT');
  return scopedTo(database, scope === undefined ? new Set() : scope);
}
