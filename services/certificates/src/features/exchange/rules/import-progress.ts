export const IMPORT_PHASES = ['READING', 'CHECKING', 'PLANNING', 'STORING', 'DONE', 'REFUSED', 'FAILED'] as const;
export type ImportPhase = (typeof IMPORT_PHASES)[number];

/** Progress of an import. */
export interface ImportProgressRecord {
  readonly phase: ImportPhase;
  /** Certificates of `total` that are done; a phase of few statements goes from none to all. */
  readonly done: number;
  readonly total: number;
}

/** Reports the progress of an import; cheap, so it may be called often. */
export type ReportImport = (phase: ImportPhase, done: number, total: number) => void;

/** Whether the import has ended. */
export function isOver({ phase }: ImportProgressRecord): boolean {
  return phase === 'DONE' || phase === 'REFUSED' || phase === 'FAILED';
}
