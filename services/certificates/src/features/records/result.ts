import { pathed } from './refusal-paths.js';
import type { FieldPath, Refusal } from './refusal.js';

interface Accepted<Value> {
  readonly ok: true;
  readonly value: Value;
}

interface Rejected {
  readonly ok: false;
  readonly refusals: readonly Refusal[];
}

/** What was read from an input or became of a change: its value, or every reason why it is refused. */
export type Result<Value> = Accepted<Value> | Rejected;

export function accepted<Value>(value: Value): Accepted<Value> {
  return { ok: true, value };
}

export function rejected(...refusals: readonly Refusal[]): Rejected {
  return { ok: false, refusals };
}

type Values<Results> = {
  [Name in keyof Results]: Results[Name] extends Result<infer Value> ? Value : never;
};

/** The values of several results under their names, or the refusals of all of them in their order. */
export function all<const Results extends Readonly<Record<string, Result<unknown>>>>(
  results: Results,
): Result<Values<Results>> {
  const refusals = refusalsOf(Object.values(results));
  if (refusals.length > 0) return rejected(...refusals);
  const values = Object.entries(results).map(([name, result]) => [name, result.ok ? result.value : undefined]);
  return accepted(Object.fromEntries(values) as Values<Results>);
}

/** The values of a list of results, or the refusals of all of them in their order. */
export function allOf<Value>(results: readonly Result<Value>[]): Result<readonly Value[]> {
  const refusals = refusalsOf(results);
  if (refusals.length > 0) return rejected(...refusals);
  return accepted(results.flatMap((result) => (result.ok ? [result.value] : [])));
}

/** The result of an input that may be absent: null where it is. */
export function optional<Input, Value>(
  input: Input | null | undefined,
  read: (input: Input) => Result<Value>,
): Result<Value | null> {
  return input == null ? accepted(null) : read(input);
}

/** A result whose refusals name their field below a path. */
export function at<Value>(path: FieldPath, result: Result<Value>): Result<Value> {
  return result.ok ? result : rejected(...result.refusals.map((refusal) => pathed(path, refusal)));
}

/** The refusals of several results, in their order. */
export function refusalsOf(results: readonly Result<unknown>[]): readonly Refusal[] {
  return results.flatMap((result) => (result.ok ? [] : result.refusals));
}
