import type { Grants } from './grants.js';

/** Who asks, as the service knows him. */
export interface Caller {
  /** As the audit names him. */
  readonly actor: string;
  /** For people: name of the token or of the person. */
  readonly name: string;
  readonly kind: 'API_TOKEN' | 'PERSON';
  readonly grants: Grants;
  /** When the token ends with which he asks; null: not by itself. */
  readonly expiresAt: Date | null;
}
