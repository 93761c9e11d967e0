import { hostname } from 'node:os';
import { plainText, signRegistrationRequest } from '@trustcast/schema';
import type { Keyring } from '../distribution/keyring.js';
import type { ServiceClient } from '../distribution/service-client.js';
import { ServiceRequestError } from '../errors.js';
import { type AgentKey, keyIdOf, nextKey, promoteKey } from '../state/agent-key.js';
import { type Enrollment, saveEnrollment } from '../state/enrollment-store.js';
import { AGENT_VERSION } from '../version.js';

export interface RenewKeyParts {
  /** The state directory. */
  readonly state: string;
  readonly enrollment: Enrollment;
  readonly key: AgentKey;
  readonly http: Pick<ServiceClient, 'renewKey'>;
  readonly keyring: Pick<Keyring, 'registrationIn'>;
}

/**
 * Lets another key take over. It is on the disk before the service hears of it, and becomes the agent's key only once an
 * answer to this very request, signed by a key that is believed, says that the service has it. Whatever ends in between is
 * continued by the next attempt with the same key.
 *
 * @throws ServiceRequestError, TrustcastError, or the failed system call's error
 */
export async function renewKey({ state, enrollment, key, http, keyring }: RenewKeyParts): Promise<Enrollment> {
  const next = await nextKey(state);
  const said = { hostname: plainText(hostname(), 255), agentVersion: AGENT_VERSION, token: null };
  const request = await signRegistrationRequest(said, next);
  const answer = await http.renewKey(request, key.current).catch((error: unknown) => {
    // It took over long ago, and nobody told: the key before is not good any more.
    if (isKeyUnknown(error)) return http.renewKey(request, next);
    throw error;
  });
  keyring.registrationIn(answer, request);
  const renewed = { ...enrollment, keyId: keyIdOf(next) };
  saveEnrollment(state, renewed);
  promoteKey(state, next);
  key.replace(next);
  return renewed;
}

function isKeyUnknown(error: unknown): boolean {
  return (
    error instanceof ServiceRequestError &&
    error.answer?.status === 401 &&
    error.answer.body.includes('"AGENT_KEY_UNKNOWN"')
  );
}
