import { isPlain } from '@trustcast/schema';

export const MAX_PRINCIPAL_LENGTH = 255;

/** Whether a person or a group can have this name: as a claim of a token, and so in a grant. */
export function isPrincipal(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_PRINCIPAL_LENGTH && isPlain(value);
}
