import type { Permission } from './grants.js';

/** How many days before its end an API token is warned of. */
export const WARNED_DAYS = 14;

/** An API token without what it opens. */
export interface ApiTokenRecord {
  readonly id: string;
  readonly name: string;
  /** Its first characters; null: made before they were stored. */
  readonly hint: string | null;
  readonly permissions: readonly Permission[];
  /** Names of the environments in which it may, sorted; null: all. */
  readonly environments: readonly string[] | null;
  readonly createdBy: string;
  readonly createdAt: Date;
  /** null: it does not expire. */
  readonly expiresAt: Date | null;
  /** It is valid, and expires within {@link WARNED_DAYS}. */
  readonly expiresSoon: boolean;
  /** To the minute; null: never. */
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
  readonly revokedBy: string | null;
}
