import { TrustcastError } from '@trustcast/schema';
import type { Detail, DetailValues } from './refusal-details.js';
import type { REFUSALS } from './refusal-table.js';

/** Where in the input, such as `['definitions', '0', 'alias']`. */
export type FieldPath = readonly string[];

export type RefusalCode = keyof typeof REFUSALS;

type Details<Shape> = {
  readonly [Name in keyof Shape]: Shape[Name] extends Detail<infer Kind> ? DetailValues[Kind] : never;
};

/** Why a change was not made, for the one who asked for it. */
export type Refusal = {
  [Code in RefusalCode]: {
    readonly code: Code;
    readonly message: string;
    readonly field: FieldPath | null;
  } & Details<(typeof REFUSALS)[Code]['details']>;
}[RefusalCode];

/** Ends a transaction whose change is refused. */
export class RefusedError extends TrustcastError {
  constructor(readonly refusals: readonly Refusal[]) {
    super('REFUSED', refusals.map(({ code }) => code).join(', '));
  }
}

/** One refusal, raised. */
export function refused(refusal: Refusal): RefusedError {
  return new RefusedError([refusal]);
}
