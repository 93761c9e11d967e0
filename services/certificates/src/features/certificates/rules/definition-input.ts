import { randomUUID } from 'node:crypto';
import { MalformedError, foldAlias, parseAlias } from '@trustcast/schema';
import type { DefinitionRecord, Source } from '../../records/certificate-record.js';
import type { ChosenContent } from '../../gate/rules/admit-certificate.js';
import type { AdmittedCertificate } from '../../gate/rules/validate-certificate.js';
import type { FieldPath, Refusal } from '../../records/refusal.js';
import { type Result, accepted, rejected } from '../../records/result.js';
import { parseServerUrl } from '../../retrieval/rules/server-url.js';

export interface DefinitionInput {
  readonly id?: string | null;
  readonly environments: readonly string[];
  readonly alias: string;
  /** null: the definition keeps the certificate that it has. */
  readonly from?: DefinitionSource | null;
}

/** The content of a certificate, and where it came from. */
export interface DefinitionSource extends ChosenContent {
  /** URL of the server that presented it. */
  readonly url?: string | null;
}

/** A definition whose content was read. */
export interface ReadDefinition extends Omit<DefinitionInput, 'from'> {
  readonly from?: Pick<DefinitionSource, 'source' | 'url'> | null;
  /** The X.509 certificate that it contains; null: it contains none. */
  readonly certificate: Result<AdmittedCertificate> | null;
}

/** A definition that may be stored once its environments are known. */
export interface PlannedDefinition {
  readonly id: string;
  readonly alias: string;
  readonly aliasKey: string;
  readonly source: Source;
  readonly url: string | null;
  readonly fingerprint: string;
  /** Names, each once. */
  readonly environments: readonly string[];
}

export interface DefinitionPlan {
  readonly definitions: readonly PlannedDefinition[];
  /** X.509 certificates that came with the input. */
  readonly certificates: readonly AdmittedCertificate[];
}

const MAX_DEFINITIONS = 100;
const MAX_ENVIRONMENTS = 1_000;
const pathOf = (index: number, ...path: string[]) => ['definitions', String(index), ...path];

/** Place of the certificate in a definition. */
const sourcePath = ({ source }: Pick<DefinitionSource, 'source'>) => ['from', source.toLowerCase()];

/** Reads the contents of definitions, which takes time and needs no database. */
export async function readDefinitions(
  inputs: readonly DefinitionInput[],
  admit: (content: ChosenContent, at: FieldPath) => Promise<Result<AdmittedCertificate>>,
): Promise<Result<readonly ReadDefinition[]>> {
  const refuse = (message: string) => rejected({ code: 'INVALID_INPUT', message, field: ['definitions'] });
  if (inputs.length === 0) return refuse('a certificate needs at least one definition');
  if (inputs.length > MAX_DEFINITIONS) return refuse(`a certificate has at most ${MAX_DEFINITIONS} definitions`);
  return accepted(
    await Promise.all(
      inputs.map(async (input, index) => ({
        ...input,
        certificate: input.from ? await admit(input.from, pathOf(index, ...sourcePath(input.from))) : null,
      })),
    ),
  );
}

/**
 * Checks the definitions of a certificate by themselves.
 *
 * @param existing definitions of the certificate: one that is named by its id and has no content keeps its own
 */
export function planDefinitions(
  inputs: readonly ReadDefinition[],
  existing: readonly DefinitionRecord[] = [],
): Result<DefinitionPlan> {
  const refusals: Refusal[] = [];
  const definitions: PlannedDefinition[] = [];
  const certificates = new Map<string, AdmittedCertificate>();
  const takenBy = new Map<string, number>();
  const usedIds = new Set<string>();
  const refuse = (field: FieldPath, message: string) => refusals.push({ code: 'INVALID_INPUT', message, field });

  for (const [index, input] of inputs.entries()) {
    const at = (...path: string[]) => pathOf(index, ...path);
    const known = input.id == null ? undefined : existing.find(({ id }) => id === input.id);
    if (input.id != null && (!known || usedIds.has(input.id)))
      refuse(at('id'), known ? 'the definition is named twice' : 'the certificate has no such definition');
    if (known) usedIds.add(known.id);

    const environments = [...new Set(input.environments)];
    if (environments.length === 0) refuse(at('environments'), 'a definition has at least one environment');
    if (environments.length > MAX_ENVIRONMENTS)
      refuse(at('environments'), `a definition has at most ${MAX_ENVIRONMENTS} environments`);
    for (const name of environments) {
      if (takenBy.has(name))
        refuse(
          at('environments', String(input.environments.indexOf(name))),
          'an environment appears in at most one definition of a certificate',
        );
      takenBy.set(name, index);
    }

    let alias = '';
    try {
      alias = parseAlias(input.alias);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      refuse(at('alias'), error.message);
    }

    const { certificate } = input;
    const admitted = certificate?.ok ? certificate.value : null;
    if (certificate && !certificate.ok) refusals.push(...certificate.refusals);
    if (admitted) certificates.set(admitted.fingerprint, admitted);

    const { from } = input;
    if (!from && !known) refuse(at('from'), 'say where the certificate comes from');
    if (from && (from.source === 'CONNECTION' || from.url != null)) {
      const parsed =
        from.source === 'CONNECTION'
          ? parseServerUrl(from.url ?? '')
          : 'belongs to what was received over a connection';
      if (typeof parsed === 'string') refuse(at(...sourcePath(from), 'url'), parsed);
    }

    const source = from?.source ?? known?.source;
    if (source !== undefined)
      definitions.push({
        id: known?.id ?? randomUUID(),
        alias,
        aliasKey: foldAlias(alias),
        source,
        url: (from ?? known)?.url ?? null,
        fingerprint: admitted?.fingerprint ?? known?.fingerprint ?? '',
        environments,
      });
  }
  return refusals.length > 0
    ? rejected(...refusals)
    : accepted({ definitions, certificates: [...certificates.values()] });
}
