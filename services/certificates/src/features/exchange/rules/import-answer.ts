import { type ImportAction, type PlannedImport, type SubmittedDefinition, isWritten } from './import-plan.js';
import type { Refusal } from '../../records/refusal.js';

/** A definition in an answer to an import. */
export interface ImportedDefinition {
  readonly alias: string;
  /** null: the certificate cannot be read, or is refused. */
  readonly fingerprint: string | null;
  readonly environmentIds: readonly string[];
}

export interface ImportItem {
  readonly name: string;
  readonly action: ImportAction;
  readonly certificateId: string | null;
  /** Definitions of the file. */
  readonly submitted: readonly ImportedDefinition[];
  /** Definitions before the import; null: the certificate does not exist. */
  readonly before: readonly ImportedDefinition[] | null;
  /** Definitions after the import; null: the certificate does not exist then. */
  readonly after: readonly ImportedDefinition[] | null;
  /** JWKs that are added. */
  readonly jwks: readonly { readonly environment: string; readonly name: string; readonly algorithm: string }[];
  readonly warnings: readonly { readonly code: string; readonly message: string; readonly field: null }[];
  readonly refusals: readonly Refusal[];
}

export function importItem(item: PlannedImport, environmentIds: ReadonlyMap<string, string>): ImportItem {
  const { name, action, id, existing, refusals } = item;
  const shown = ({ alias, fingerprint, environments }: SubmittedDefinition): ImportedDefinition => ({
    alias,
    fingerprint,
    environmentIds: environments.map((environment) => environmentIds.get(environment) ?? ''),
  });
  const before =
    existing?.certificate.definitions.map(({ alias, fingerprint, environmentIds: own }) => ({
      alias,
      fingerprint,
      environmentIds: own,
    })) ?? null;
  const jwks = isWritten(item) ? item.jwks : [];
  return {
    name,
    action,
    jwks: jwks.map(({ environment, name: own, algorithm }) => ({ environment, name: own, algorithm })),
    certificateId: existing || action === 'ADD' ? id : null,
    submitted: item.submitted.map(shown),
    before,
    after: isWritten(item) ? item.definitions.map(shown) : before,
    refusals,
    warnings: item.warnings.map(({ code, message }) => ({ code, message, field: null })),
  };
}

/** Refusals of all certificates, with the index of each in the answer. */
export function importRefusals(plan: readonly PlannedImport[]): Refusal[] {
  return plan.flatMap(({ action, refusals }, index) =>
    action === 'REFUSE'
      ? refusals.map((refusal) => ({ ...refusal, field: ['items', String(index), ...(refusal.field ?? [])] }))
      : [],
  );
}
