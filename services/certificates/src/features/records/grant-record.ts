import type { Permission } from './grants.js';

/** What was granted to a person, or to everybody of a group. */
export interface GrantRecord {
  readonly id: string;
  /** URL of the identity provider, whose the subject or group is. */
  readonly issuer: string;
  /** null: a group. */
  readonly subject: string | null;
  /** null: a person. */
  readonly group: string | null;
  readonly permissions: readonly Permission[];
  /** Names, sorted; null: all. */
  readonly environments: readonly string[] | null;
  readonly createdBy: string;
  readonly createdAt: Date;
}
