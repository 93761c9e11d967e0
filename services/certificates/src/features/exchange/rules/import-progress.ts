export const IMPORT_PHASES = ['READING', 'CHECKING', 'PLANNING', 'STORING', 'DONE', 'REFUSED', 'FAILED'] as const;
export type ImportPhase = (typeof IMPORT_PHASES)[number];

/** How far an import is. */
export interface ImportProgressRecord {
  readonly phase: ImportPhase;
  /** Of `total`, in certificates: what a few statements do for all of them goes from none to all. */
  readonly done: number;
  readonly total: number;
}

/** Tells how far an import is; cheap, as often as one likes. */
export type ReportImport = (phase: ImportPhase, done: number, total: number) => void;

/** Whether nothing more will come. */
export function isOver({ phase }: ImportProgressRecord): boolean {
  return phase === 'DONE' || phase === 'REFUSED' || phase === 'FAILED';
}
