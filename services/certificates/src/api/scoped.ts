import type { Caller } from '../features/records/grants.js';
import { type Scope, seenEnvironments } from '../features/records/grants.js';
import type { Database, Reads } from '../platform/postgres/database.js';

/** Restricts the reads of a caller to the environments that its grants allow. */
export function scoped(database: Database, { grants }: Pick<Caller, 'grants'>): Reads {
  return scopedTo(database, seenEnvironments(grants));
}

/** Restricts downloads likewise. */
export function scopedForExport(database: Database, { grants }: Pick<Caller, 'grants'>): Reads {
  const scope = grants.get('EXPORT');
  return scopedTo(database, scope === undefined ? new Set() : scope);
}

function scopedTo(database: Database, scope: Scope): Reads {
  return scope === null ? database : database.scopedTo([...scope]);
}
