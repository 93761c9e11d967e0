import { MalformedError } from '../errors.js';

declare const BRAND: unique symbol;

/** The checked name of an environment: 1 to 63 of `a-z`, `0-9` and `-`. */
export type EnvironmentName = string & { readonly [BRAND]: true };

/** The rule of {@link EnvironmentName}, as the end of a message. */
export const ENVIRONMENT_NAME_RULE = 'must be 1 to 63 characters of a-z, 0-9 and -';

/** Whether a text can be the name of an environment. */
export function isEnvironmentName(text: string): text is EnvironmentName {
  return /^[a-z0-9-]{1,63}$/.test(text);
}

/** Checks the name of an environment. @throws MalformedError */
export function parseEnvironmentName(text: unknown, field = 'environment'): EnvironmentName {
  if (typeof text !== 'string' || !isEnvironmentName(text)) throw new MalformedError(field, ENVIRONMENT_NAME_RULE);
  return text;
}
