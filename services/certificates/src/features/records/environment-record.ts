export const ENVIRONMENT_KINDS = ['API_MANAGER', 'GATEWAY'] as const;
export type EnvironmentKind = (typeof ENVIRONMENT_KINDS)[number];

export interface EnvironmentRecord {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly kind: EnvironmentKind;
  readonly epoch: number;
  readonly revision: number;
  /** Number of managed certificates. */
  readonly entries: number;
  /** A signed position that the database does not know: it was restored from a backup. */
  readonly diverged: { readonly epoch: number; readonly revision: number; readonly detectedAt: string } | null;
}
