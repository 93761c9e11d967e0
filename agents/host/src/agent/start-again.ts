import type { Log } from '@trustcast/config';
import { type Position, type SetScope, comparePositions } from '@trustcast/schema';
import type { Keyring } from '../distribution/keyring.js';
import type { HighWaterMarks } from '../state/high-water-marks.js';
import type { Accepted } from '../state/state-store.js';
import type { TruststoreUpdater } from '../truststore/truststore-updater.js';
import type { WrittenHistory } from '../truststore/written-history.js';

export interface StartAgainParts {
  readonly keyring: Keyring;
  readonly marks: HighWaterMarks;
  readonly truststore: TruststoreUpdater;
  readonly history: WrittenHistory;
  readonly log: Log;
}

/**
 * Forgets a position beyond the one that the list of signing keys names, where only a key stands for it that was taken back. The
 * truststore stays as it is until the next set arrives.
 *
 * @returns where the environment starts again; null: nothing was forgotten
 */
export function startAgain(
  { keyring, marks, truststore, history, log }: StartAgainParts,
  scope: SetScope,
  accepted: Accepted | null,
): Position | null {
  const start = keyring.startOf(scope);
  const held = accepted ? { ...accepted.statement, compact: accepted.compact } : marks.of(scope);
  if (!start || !held || comparePositions(held, start) <= 0 || keyring.isKept(held.compact)) return null;
  log.warn('a key that was taken back has signed what this host is at; starting again from an earlier position', {
    position: start,
  });
  marks.forget(scope);
  truststore.forget();
  history.clear();
  history.save();
  return start;
}
