import type { Answers } from './answer-types.js';

/** A GraphQL document with one operation. */
export interface Operation<Answer> {
  readonly text: string;
  /** Carries the type of the answer; never set. */
  readonly answer?: Answer;
}

/**
 * A document by the name of its operation, to which the generated type of the answer belongs.
 *
 * @param text without the name: `query ($id: ID!) { … }`
 */
export function operation<Name extends keyof Answers>(name: Name, text: string): Operation<Answers[Name]> {
  return { text: text.replace(/^(?:query|mutation|subscription)/, (kind) => `${kind} ${name}`) };
}
