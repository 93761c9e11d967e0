import { GraphQLError } from 'graphql';

/** Error for a query that the client must correct. */
export function badInput(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
}

export const MAX_FIRST = 500;

/** Maximum length of a search text, which is that of a description; the work of PostgreSQL grows with it. */
const MAX_TEXT_LENGTH = 2_000;

/** Refuses texts that cannot be searched for. @throws GraphQLError */
export function checkTexts(...texts: (string | null | undefined)[]): void {
  for (const text of texts) {
    if (text?.includes('\0')) throw badInput('a filter must not contain NUL');
    if (text && text.length > MAX_TEXT_LENGTH)
      throw badInput(`a filter must have at most ${MAX_TEXT_LENGTH} characters`);
  }
}
