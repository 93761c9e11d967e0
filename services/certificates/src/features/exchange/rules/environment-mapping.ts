import type { FieldPath, Refusal } from '../../records/refusal.js';
import { type Result, accepted, rejected } from '../../records/result.js';

/** The name here of an environment of a file. */
export interface EnvironmentMapping {
  readonly from: string;
  readonly to: string;
}

const MAX_NAMED = 20;

/**
 * The names that environments of a file have here.
 *
 * @param names the environments of the file; null: they are not known, because it could not be read
 */
export function readMapping(
  given: readonly EnvironmentMapping[],
  names: ReadonlySet<string> | null,
): Result<ReadonlyMap<string, string>> {
  const mapping = new Map<string, string>();
  const refusals: Refusal[] = [];
  for (const [index, { from, to }] of given.entries()) {
    const field = ['environmentMapping', String(index), 'from'];
    if (mapping.has(from))
      refusals.push({ code: 'INVALID_INPUT', message: 'the environment is mapped more than once: map it once', field });
    else if (names && !names.has(from))
      refusals.push({ code: 'ENVIRONMENT_NOT_FOUND', message: lacking(from, names), field, names: [from] });
    mapping.set(from, to);
  }
  return refusals.length > 0 ? rejected(...refusals) : accepted(mapping);
}

function lacking(name: string, names: ReadonlySet<string>): string {
  const shown = [...names].sort().slice(0, MAX_NAMED).map(quoted);
  const all = shown.length < names.size ? [...shown, '…'] : shown;
  return `the file has no environment ${quoted(name)}: it has ${all.join(', ') || 'none'}`;
}

const quoted = (name: string) => JSON.stringify(name.slice(0, 63));

/** Places a refusal of environments that do not exist: at their mapping, or at the file where they are not mapped. */
export function placeMapped(refusal: Refusal, given: readonly EnvironmentMapping[]): readonly Refusal[] {
  if (refusal.code !== 'ENVIRONMENT_NOT_FOUND' || refusal.field?.[0] !== 'definitions') return [refusal];
  const at = (name: string) => given.findIndex(({ to }) => to === name);
  const refusalAt = (field: FieldPath, ...names: readonly string[]) => ({
    ...refusal,
    message: `no such environment: ${names.map(quoted).join(', ')}; create it first, or map it to another`,
    field,
    names,
  });
  const mapped = refusal.names.filter((name) => at(name) >= 0);
  const own = refusal.names.filter((name) => at(name) < 0);
  return [
    ...mapped.map((name) => refusalAt(['environmentMapping', String(at(name)), 'to'], name)),
    ...(own.length > 0 ? [refusalAt(['content'], ...own)] : []),
  ];
}
