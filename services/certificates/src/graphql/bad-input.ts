import { GraphQLError } from 'graphql';

/** A query that cannot be answered as it is asked. */
export function badInput(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
}

export const MAX_FIRST = 500;

/** Refuses a page of any other size. @throws GraphQLError */
export function checkFirst(first: number): void {
  if (first < 1 || first > MAX_FIRST) throw badInput(`first must be 1 to ${MAX_FIRST}`);
}
