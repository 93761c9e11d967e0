import type { EnvironmentKind, Position } from '@trustcast/schema';

export type { EnvironmentKind };

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
