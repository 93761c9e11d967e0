import { setTimeout as delay } from 'node:timers/promises';
import { createLog } from '@trustcast/config';
import { TrustcastError } from '@trustcast/schema';
import { renewalMark } from '../agent/key-renewal.js';
import { renewKey as renew } from '../agent/renew-key.js';
import type { Config, ServiceAccess } from '../config.js';
import { Keyring } from '../distribution/keyring.js';
import { ServiceClient } from '../distribution/service-client.js';
import { enrollmentTrouble } from '../distribution/service-trouble.js';
import { DirectoryError, ServiceRequestError } from '../errors.js';
import { existingDirectory } from '../state/agent-directory.js';
import { AgentKey, loadAgentKey } from '../state/agent-key.js';
import { lockDirectory } from '../state/directory-lock.js';
import { type Enrollment, readEnrollment } from '../state/enrollment-store.js';
import { KeyListStore } from '../state/key-list-store.js';
import { type Command, EXIT } from './command.js';

const LIMITS = { idleMs: 15_000, totalMs: 60_000 };
const PATIENCE_MS = 60_000;
const LOOK_MS = 100;

export const renewKey: Command = {
  name: 'renew-key',
  summary: 'makes another key for this host, which takes over without a gap',
  help: `The key so far stays good until the agent has registered with the new one, and for 10 minutes at most. A running
agent renews by itself, without a restart, and the command waits for it up to a minute; where none runs, the command does
it. What is interrupted is continued by the next attempt or start. An agent does the same when its key is old
(TRUSTCAST_KEY_DAYS). Run it as the agent’s user.
Exit codes: 0 renewed, 1 not renewed or the host is not enrolled, 77 permission denied, 78 configuration.`,
  needsService: 'yes',
  reads: 'all',
  async run(config, { out, json }) {
    const { state } = existingDirectory(config.directory);
    const { service } = config;
    const before = readEnrollment(state);
    if (!service || !before || service.token !== null)
      throw new TrustcastError('NOT_ENROLLED', 'the host has no key of its own: run trustcast-agent enroll');
    const unlock = lockUnlessRunning(state);
    const after = unlock ? await renewHere(config, service, before, unlock) : await renewByAgent(state, before);
    const { name, environment, keyId } = after;
    out(json ? JSON.stringify({ keyId }, null, 2) : `${name} of ${environment} has another key: ${keyId}`);
    return EXIT.ok;
  },
};

/** @returns null: an agent runs */
function lockUnlessRunning(state: string): (() => void) | null {
  try {
    return lockDirectory(state);
  } catch (error) {
    if (error instanceof DirectoryError && error.code === 'DIRECTORY_LOCKED') return null;
    throw error;
  }
}

async function renewHere(
  { directory }: Config,
  service: ServiceAccess,
  enrollment: Enrollment,
  unlock: () => void,
): Promise<Enrollment> {
  const { state } = existingDirectory(directory);
  const http = new ServiceClient(service, directory, () => null, LIMITS);
  try {
    const key = new AgentKey(await loadAgentKey(state));
    const keyring = new Keyring(service.pinnedKeys, new KeyListStore(state), createLog('silent'));
    return await renew({ state, enrollment, key, http, keyring });
  } catch (error) {
    if (!(error instanceof ServiceRequestError)) throw error;
    const why = enrollmentTrouble(error, { url: service.url, directory });
    throw new TrustcastError('KEY_NOT_RENEWED', why, { cause: error });
  } finally {
    http.close();
    unlock();
  }
}

async function renewByAgent(state: string, before: Enrollment): Promise<Enrollment> {
  const mark = renewalMark(state);
  mark.add();
  const deadline = performance.now() + PATIENCE_MS;
  while (performance.now() < deadline) {
    const now = readEnrollment(state);
    if (now && now.keyId !== before.keyId) return now;
    await delay(LOOK_MS);
  }
  throw new TrustcastError(
    'KEY_NOT_RENEWED',
    `the running agent has not renewed its key within ${PATIENCE_MS / 1_000} s, and goes on trying: its log says why`,
  );
}
