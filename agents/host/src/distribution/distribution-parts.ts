import type { Log } from '@trustcast/config';
import type { ChangeMessage, KeyDocument, Position, SetScope, Statement } from '@trustcast/schema';
import type { Accepted } from '../state/state-store.js';

/** Dependencies of a distribution: requests, storage and notifications. */
export interface DistributionParts {
  readonly scope: SetScope;
  readonly verify: (compact: string) => Statement;
  /** Called with the list of signing keys of a message, before its statement is verified. */
  readonly takeKeys: (document: KeyDocument) => void;
  /** Whether the key that signed this statement is still believed. */
  readonly isBelieved: (compact: string) => boolean;
  /** Stores the accepted set under a statement of a key that is believed. */
  readonly signedAgain: (accepted: Accepted) => void;
  /** Fetches the changes after a position, or the whole set. */
  readonly pull: (after: Position | null) => Promise<Uint8Array>;
  readonly heartbeat: () => Promise<Uint8Array>;
  /** Stores a change durably and writes it. Throws where it could not be stored; then nothing has changed. */
  readonly commit: (next: Accepted, messages: readonly ChangeMessage[], acceptMs: number) => void;
  /** Called when a statement names an unknown key: the service may have a new one. */
  readonly keyUnknown: () => void;
  /** Called when an answer is too old: only an answer signed for its request proves the time of the service. */
  readonly clockDoubtful: () => void;
  /** Called when a later statement is behind or beside the accepted one: the database of the service was restored. */
  readonly serviceBehind: () => void;
  /** Called when the reported status has changed. */
  readonly changed: () => void;
  readonly log: Log;
  readonly now?: () => number;
}
