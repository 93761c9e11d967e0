import type { Caller } from '../features/records/grants.js';
import { type Scope, seenEnvironments } from '../features/records/grants.js';
import type { Database, Reads } from '../platform/postgres/database.js';

/** Where a caller reads: everything, or through views that show the environments alone which he may look at. */
export function scoped(database: Database, { grants }: Pick<Caller, 'grants'>): Reads {
  return scopedTo(database, seenEnvironments(grants));
}

/** Where he reads what leaves as a file. */
export function scopedForExport(database: Database, { grants }: Pick<Caller, 'grants'>): Reads {
  const scope = grants.get('EXPORT');
  return scopedTo(database, scope === undefined ? new Set() : scope);
}

function scopedTo(database: Database, scope: Scope): Reads {
  return scope === null ? database : database.scopedTo([...scope]);
}
