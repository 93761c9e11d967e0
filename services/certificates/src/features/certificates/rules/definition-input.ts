import { randomUUID } from 'node:crypto';
import { MalformedError, foldAlias, parseAlias } from '@trustcast/schema';
import type { DefinitionRecord, Encoding, Source } from '../../records/certificate-record.js';
import type { ChosenContent } from '../../gate/rules/admit-certificate.js';
import type { AdmittedCertificate } from '../../gate/rules/judge-certificate.js';
import type { FieldPath, Refusal } from '../../records/refusal.js';
import { parseServerUrl } from '../../retrieval/rules/server-url.js';

export interface DefinitionInput {
  readonly id?: string | null;
  readonly environments: readonly string[];
  readonly alias: string;
  readonly source?: Source | null;
  readonly url?: string | null;
  readonly encoding?: Encoding | null;
  readonly content?: string | null;
  readonly password?: string | null;
  readonly fingerprint?: string | null;
}

/** A definition with the certificate that it brings; null: it brings none. */
export interface JudgedDefinition extends DefinitionInput {
  readonly brought: AdmittedCertificate | Refusal | null;
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
  /** Those that came with the input. */
  readonly certificates: readonly AdmittedCertificate[];
}

const MAX_DEFINITIONS = 100;
const MAX_ENVIRONMENTS = 1_000;
const pathOf = (index: number, ...path: string[]) => ['definitions', String(index), ...path];

/** Reads what definitions bring: work that takes time and needs no database. */
export async function judgeDefinitions(
  inputs: readonly DefinitionInput[],
  admit: (content: ChosenContent, at: FieldPath) => Promise<AdmittedCertificate | Refusal>,
): Promise<readonly JudgedDefinition[] | { readonly refusals: readonly Refusal[] }> {
  const refuse = (message: string) => ({
    refusals: [{ code: 'INVALID_INPUT' as const, message, field: ['definitions'] }],
  });
  if (inputs.length === 0) return refuse('a certificate needs at least one definition');
  if (inputs.length > MAX_DEFINITIONS) return refuse(`a certificate has at most ${MAX_DEFINITIONS} definitions`);
  return Promise.all(
    inputs.map(async (input, index) => {
      const { content, source } = input;
      const brought =
        content == null || source == null ? null : await admit({ ...input, content, source }, pathOf(index));
      return { ...input, brought };
    }),
  );
}

/**
 * Checks the definitions of a certificate by themselves.
 *
 * @param existing what the certificate has: a definition that is named by its id and brings no content keeps its own
 */
export function planDefinitions(
  inputs: readonly JudgedDefinition[],
  existing: readonly DefinitionRecord[] = [],
): DefinitionPlan | { readonly refusals: readonly Refusal[] } {
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

    const { brought } = input;
    const admitted = brought && !('code' in brought) ? brought : null;
    if (brought && 'code' in brought) refusals.push(brought);
    if (admitted) certificates.set(admitted.fingerprint, admitted);

    const source = input.source ?? known?.source;
    const keeps = known !== undefined && source === known.source && input.content == null;
    if (source === undefined || (input.source == null && !keeps))
      refuse(at('source'), 'say where the certificate comes from');
    if (input.content == null && !keeps) refuse(at('content'), 'the certificate is missing');
    const url = input.url ?? (source === known?.source ? (known?.url ?? null) : null);
    if (url !== null) {
      const parsed = source === 'CONNECTION' ? parseServerUrl(url) : 'belongs to what was received over a connection';
      if (typeof parsed === 'string') refuse(at('url'), parsed);
    } else if (source === 'CONNECTION' && !keeps) refuse(at('url'), 'say which server presented the certificate');

    if (source !== undefined)
      definitions.push({
        id: known?.id ?? randomUUID(),
        alias,
        aliasKey: foldAlias(alias),
        source,
        url,
        fingerprint: admitted?.fingerprint ?? known?.fingerprint ?? '',
        environments,
      });
  }
  return refusals.length > 0 ? { refusals } : { definitions, certificates: [...certificates.values()] };
}
