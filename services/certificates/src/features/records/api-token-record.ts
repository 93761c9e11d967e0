import type { Permission } from './grants.js';

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
  /** To the minute; null: never. */
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
  readonly revokedBy: string | null;
}
