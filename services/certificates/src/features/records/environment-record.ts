import type { Position } from '@trustcast/schema';

export const ENVIRONMENT_KINDS = ['API_MANAGER', 'GATEWAY'] as const;
export type EnvironmentKind = (typeof ENVIRONMENT_KINDS)[number];

export interface EnvironmentRecord extends Position {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly kind: EnvironmentKind;
  /** Number of managed certificates. */
  readonly entries: number;
  /** A signed position that the database does not know: it was restored from a backup. */
  readonly diverged: (Position & { readonly detectedAt: string }) | null;
}
