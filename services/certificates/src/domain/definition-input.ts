import { randomUUID } from 'node:crypto';
import { MalformedError, foldAlias, parseAlias } from '@trustcast/schema';
import type { DefinitionRecord, Encoding, Source } from './certificate-record.js';
import { type AdmittedCertificate, admitCertificate } from './admit-certificate.js';
import type { FieldPath, Refusal } from './refusal.js';

export interface DefinitionInput {
  readonly id?: string | null;
  readonly environments: readonly string[];
  readonly alias: string;
  readonly source?: Source | null;
  readonly encoding?: Encoding | null;
  readonly content?: string | null;
  readonly password?: string | null;
  readonly fingerprint?: string | null;
}

/** A definition that may be stored once its environments are known. */
export interface PlannedDefinition {
  readonly id: string;
  readonly alias: string;
  readonly aliasKey: string;
  readonly source: Source;
  readonly fingerprint: string;
  /** Names, each once. */
  readonly environments: readonly string[];
}

export interface DefinitionPlan {
  readonly definitions: readonly PlannedDefinition[];
  /** Those that came with the input. */
  readonly certificates: readonly AdmittedCertificate[];
}

const MAX_DEFINITIONS = 100;
const MAX_ENVIRONMENTS = 1_000;

/**
 * Checks the definitions of a certificate by themselves.
 *
 * @param existing what the certificate has: a definition that is named by its id and brings no content keeps its own
 */
export function planDefinitions(
  inputs: readonly DefinitionInput[],
  existing: readonly DefinitionRecord[] = [],
): DefinitionPlan | { readonly refusals: readonly Refusal[] } {
  const refusals: Refusal[] = [];
  const definitions: PlannedDefinition[] = [];
  const certificates = new Map<string, AdmittedCertificate>();
  const takenBy = new Map<string, number>();
  const usedIds = new Set<string>();
  const refuse = (field: FieldPath, message: string) => refusals.push({ code: 'INVALID_INPUT', message, field });

  if (inputs.length === 0) refuse(['definitions'], 'a certificate has at least one definition');
  if (inputs.length > MAX_DEFINITIONS) {
    refuse(['definitions'], `a certificate has at most ${MAX_DEFINITIONS} definitions`);
    return { refusals };
  }
  for (const [index, input] of inputs.entries()) {
    const at = (...path: string[]) => ['definitions', String(index), ...path];
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
        refuse(at('environments'), 'an environment appears in at most one definition of a certificate');
      takenBy.set(name, index);
    }

    let alias = '';
    try {
      alias = parseAlias(input.alias);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      refuse(at('alias'), error.message);
    }

    const source = input.source ?? known?.source;
    if (source === undefined) refuse(at('source'), 'say where the certificate comes from');
    let fingerprint = known?.fingerprint ?? '';
    if (input.content != null && source !== undefined) {
      const admitted = admitCertificate({ ...input, content: input.content, source }, at());
      if ('code' in admitted) refusals.push(admitted);
      else {
        fingerprint = admitted.fingerprint;
        certificates.set(fingerprint, admitted);
      }
    } else if (!known) refuse(at('content'), 'the certificate is missing');
    if (source !== undefined)
      definitions.push({
        id: known?.id ?? randomUUID(),
        alias,
        aliasKey: foldAlias(alias),
        source,
        fingerprint,
        environments,
      });
  }
  return refusals.length > 0 ? { refusals } : { definitions, certificates: [...certificates.values()] };
}
