import type { Refusal } from './refusal.js';

/** What became of a change: its answer, or why nothing was changed. */
export type Outcome<Answer> = { readonly answer: Answer } | { readonly refusals: readonly Refusal[] };
