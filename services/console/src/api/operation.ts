import type { Answers, Variables } from './answer-types.js';

/** A GraphQL document with one operation, and the types that the SDL gives to its answer and variables. */
export interface Operation<Answer, Given> {
  readonly text: string;
  /** Carry the types; never set. */
  readonly answer?: Answer;
  readonly given?: Given;
}

/** A document by the name of its operation, to which the generated types belong. */
export function operation<Name extends keyof Answers>(
  name: Name,
  text: string,
): Operation<Answers[Name], Variables[Name]> {
  return { text: text.replace(/^(?:query|mutation|subscription)/, (kind) => `${kind} ${name}`) };
}
