import { TrustcastError } from '@trustcast/schema';
import type { Permission } from './grants.js';

/** Somebody asked for what he may not do. */
export class ForbiddenError extends TrustcastError {
  /** @param environments in which the permission is missing; none: in all, or in those that are not his to know */
  constructor(
    readonly permission: Permission,
    readonly environments: readonly string[] = [],
  ) {
    super('FORBIDDEN', `you need the permission ${permission}${whereOf(environments)}: ask an administrator for it`);
  }
}

function whereOf(environments: readonly string[]): string {
  return environments.length === 0 ? '' : ` in ${environments.join(', ')}`;
}
