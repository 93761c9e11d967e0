import { join } from 'node:path';
import type { Registration } from '@trustcast/schema';
import type { Keyring } from '../distribution/keyring.js';
import type { BaseStore } from '../truststore/base-store.js';
import type { Quarantine } from '../truststore/quarantine.js';
import type { WrittenHistory } from '../truststore/written-history.js';
import { type AgentKey, KEY_NAME, keyIdOf, saveAgentKey } from './agent-key.js';
import { ENROLLMENT_NAME, type Enrollment, saveEnrollment } from './enrollment-store.js';
import { LOCK_NAME } from './directory-lock.js';
import type { HighWaterMarks } from './high-water-marks.js';
import { KEY_LIST_NAME } from './key-list-store.js';
import type { RegistrationStore } from './registration-store.js';
import { type RestorableFile, exists } from './state-guard.js';
import type { Accepted, StateStore } from './state-store.js';

export interface RestorableFilesParts {
  /** The state directory. */
  readonly state: string;
  readonly key: AgentKey;
  /** Null with a token. */
  readonly enrollment: Enrollment | null;
  readonly lock: () => void;
  readonly keyring: Keyring;
  readonly registrations: RegistrationStore;
  readonly registration: () => Registration | null;
  readonly store: StateStore;
  readonly accepted: () => Accepted | null;
  readonly marks: HighWaterMarks;
  readonly history: WrittenHistory;
  readonly quarantine: Quarantine;
  readonly base: BaseStore;
}

/** The state files that an agent can write again from memory. */
export function restorableFiles(parts: RestorableFilesParts): RestorableFile[] {
  const { state, key, enrollment, keyring, registrations, store, marks, history, quarantine, base } = parts;
  const file = (name: string, isKnown: () => boolean, write: () => void): RestorableFile => ({
    name,
    isThere: () => !isKnown() || exists(join(state, name)),
    write,
  });
  return [
    file(LOCK_NAME, () => true, parts.lock),
    file(
      KEY_NAME,
      () => true,
      () => saveAgentKey(state, key.current),
    ),
    file(
      ENROLLMENT_NAME,
      () => enrollment !== null,
      () => enrollment && saveEnrollment(state, { ...enrollment, keyId: keyIdOf(key.current) }),
    ),
    file(
      'registration.json',
      () => parts.registration() !== null,
      () => {
        const registration = parts.registration();
        if (registration) registrations.save(registration);
      },
    ),
    file(
      KEY_LIST_NAME,
      () => keyring.trusted !== null,
      () => keyring.restore(),
    ),
    file(
      'high-water-marks.json',
      () => !marks.isEmpty,
      () => marks.save(),
    ),
    {
      name: 'set.journal',
      isThere: () => store.isThere(),
      write: () => {
        const accepted = parts.accepted();
        if (accepted) store.rewrite(accepted);
      },
    },
    file(
      'written.json',
      () => history.last !== null,
      () => history.save(),
    ),
    file(
      'quarantine.json',
      () => quarantine.entries.length > 0,
      () => quarantine.restore(),
    ),
    { name: 'base.keystore', isThere: () => base.isKept(), write: () => base.restore() },
  ];
}
