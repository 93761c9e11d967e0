import { GraphQLError } from 'graphql';

/** A query that cannot be answered as it is asked. */
export function badInput(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
}

export const MAX_FIRST = 500;

/** As long as a description may be: what PostgreSQL does for a text grows with it, and ends in an error at last. */
const MAX_TEXT_LENGTH = 2_000;

/** Refuses what cannot be looked for. @throws GraphQLError */
export function checkTexts(...texts: (string | null | undefined)[]): void {
  for (const text of texts) {
    if (text?.includes('\0')) throw badInput('a filter must not contain NUL');
    if (text && text.length > MAX_TEXT_LENGTH)
      throw badInput(`a filter must have at most ${MAX_TEXT_LENGTH} characters`);
  }
}
