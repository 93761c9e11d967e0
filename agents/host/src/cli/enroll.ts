import { errnoOf } from '@trustcast/config';
import { hostname } from 'node:os';
import {
  type EnrollmentToken,
  KeyListError,
  type Registration,
  type SigningKey,
  TrustcastError,
  type TrustedKeys,
  decode,
  decodeKeyDocument,
  keysAt,
  parseEnrollmentToken,
  plainText,
  signEnrollmentRequest,
  thumbprintOf,
  verifyKeyDocument,
  verifyRegistration,
} from '@trustcast/schema';
import type { Config, Enrolling } from '../config.js';
import { ServiceClient } from '../distribution/service-client.js';
import { enrollmentTrouble } from '../distribution/service-trouble.js';
import { removeFile } from '../files/remove-file.js';
import { pathsOf, prepareDirectory } from '../state/agent-directory.js';
import { ServiceRequestError } from '../errors.js';
import { dropNextKey, keyIdOf, loadAgentKey, nextKey, promoteKey } from '../state/agent-key.js';
import { lockDirectory } from '../state/directory-lock.js';
import { type Enrollment, saveEnrollment } from '../state/enrollment-store.js';
import { KeyListStore } from '../state/key-list-store.js';
import { AGENT_VERSION } from '../version.js';
import { type Command, EXIT, type Output } from './command.js';

const LIMITS = { idleMs: 15_000, totalMs: 60_000 };
const MAX_NAME = 128;

export const enroll: Command = {
  name: 'enroll',
  summary: 'makes the key of this host and registers it with an enrollment token',
  help: `Writes key and enrollment into the directory of the agent, readable by its user alone, and deletes the file of the token.
The token itself is sent to nobody, and the first answer is believed only where the key that the token names has signed
it. Afterwards run needs neither token nor URL. A host that is enrolled stays as it is, so the command may be repeated;
stop the agent before a host that had a token of createAgent enrolls, or one gets another key.
Exit codes: 0 the host is enrolled, 1 the service refuses it or is not reached, 64 usage, 75 an agent runs on the
directory, 78 configuration or token.`,
  needsService: 'enroll',
  reads: 'enroll',
  flags: {
    token: {
      says: 'enrollment token; other users see it in the process list until it is used',
      sets: 'TRUSTCAST_ENROLLMENT_TOKEN',
    },
    'token-file': { says: 'file that holds the token; it is deleted', sets: 'TRUSTCAST_ENROLLMENT_TOKEN_FILE' },
    'new-key': { says: 'makes another key and another agent, as for a host that was cloned or revoked' },
  },
  async run(config, output) {
    const { enrolling } = config;
    if (!enrolling) throw new TypeError('enroll needs its settings');
    const { before, url, token, newKey } = enrolling;
    if (before && !newKey) return keep(config, before, enrolling, output);
    if (url === undefined || token === undefined) throw new TypeError('the settings were checked');
    const parsed = parseEnrollmentToken(token);
    const { state } = prepareDirectory(config.directory);
    const unlock = lockDirectory(state);
    try {
      let key = newKey ? await nextKey(state) : await loadAgentKey(state);
      const name = plainText(enrolling.name ?? hostname(), MAX_NAME);
      const asking = { ...enrolling, url };
      const { registration, trusted } = await ask(config, asking, { name, key, token: parsed }).catch(
        async (error: unknown) => {
          if (!newKey || !isKeyRefused(error)) throw error;
          // An attempt before this one, or a renewal, made it known; its agent was revoked since.
          dropNextKey(state);
          key = await nextKey(state);
          return ask(config, asking, { name, key, token: parsed });
        },
      );
      const pinnedKeys =
        trusted?.rootId != null ? [trusted.rootId] : registration.signingKeys.map((jwk) => thumbprintOf(jwk));
      const enrollment: Enrollment = {
        serviceUrl: url.href,
        ca: enrolling.ca,
        pinnedKeys,
        installation: registration.installation,
        environment: registration.environment.name,
        agent: registration.agent,
        name,
        keyId: keyIdOf(key),
      };
      if (trusted) new KeyListStore(state).save(trusted.document);
      saveEnrollment(state, enrollment);
      if (newKey) promoteKey(state, key);
      finish(enrollment, enrolling, output, 'is enrolled');
      return EXIT.ok;
    } finally {
      unlock();
    }
  },
};

function isKeyRefused(error: unknown): boolean {
  const { cause } = error as Error;
  const body = cause instanceof ServiceRequestError ? cause.answer?.body.toString('utf8') : undefined;
  return body !== undefined && /"code":"(AGENT_REVOKED|KEY_OF_ANOTHER_AGENT|KEY_ALREADY_PINNED)"/.test(body);
}

interface Asking {
  readonly name: string;
  readonly key: SigningKey;
  readonly token: EnrollmentToken;
}

async function ask(
  { environment, directory }: Config,
  { url, ca, pinnedKeys }: Enrolling & { readonly url: URL },
  { name, key, token }: Asking,
): Promise<{ registration: Registration; trusted: TrustedKeys | null }> {
  const pins = pinnedKeys ?? [token.pin];
  const access = { url, token: null, installation: null, pinnedKeys: pins, ca, allowPlainNats: false };
  const client = new ServiceClient(access, directory, () => null, LIMITS);
  const said = { name, environment, hostname: plainText(hostname(), 255), agentVersion: AGENT_VERSION };
  try {
    const request = await signEnrollmentRequest({ ...said, token: token.publicKey.x }, key);
    const answer = await client.enroll(request, token);
    const trusted = trustedIn(answer, pins, listKnown(directory, pins));
    const believed = trusted ? [...keysAt(trusted, Date.now()).keys()] : pins;
    const registration = verifyRegistration(answer, request, believed);
    if (trusted && trusted.list.installation !== registration.installation)
      throw new TrustcastError(
        'KEY_LIST_OTHER_INSTALLATION',
        'the root that the token names is of another installation',
      );
    return { registration, trusted };
  } catch (error) {
    throw new TrustcastError('NOT_ENROLLED', enrollmentTrouble(error, { url, directory }), { cause: error });
  } finally {
    client.close();
  }
}

/** The list that this directory has of the same pins: whoever enrols once more believes no key that was taken back. */
function listKnown(directory: string, pins: readonly string[]): TrustedKeys | null {
  try {
    const document = new KeyListStore(pathsOf(directory).state).load();
    return document && verifyKeyDocument(document, pins);
  } catch (error) {
    if (error instanceof TrustcastError) return null;
    throw error;
  }
}

/**
 * The keys of the root that is pinned; null where the pins are keys, and no root follows from them.
 *
 * @throws KeyListError for a list that is older than the one that is known
 */
function trustedIn(answer: unknown, pins: readonly string[], known: TrustedKeys | null): TrustedKeys | null {
  const { keyList } = decode.object(answer, 'answer');
  if (keyList === undefined) return known;
  const document = decodeKeyDocument(keyList, 'keyList');
  try {
    return verifyKeyDocument(document, pins, known);
  } catch (error) {
    if (error instanceof KeyListError && known === null) return null;
    throw error;
  }
}

/** A host that is enrolled stays so, whatever token it is given: whoever repeats the command uses none. */
function keep(config: Config, before: Enrollment, enrolling: Enrolling, output: Output): number {
  const { environment, directory } = config;
  const { url } = enrolling;
  if (before.environment !== environment)
    throw new TrustcastError(
      'ENROLLED_ELSEWHERE',
      `${directory} is enrolled in the environment ${before.environment}, and not in ${environment}: use another --directory for it`,
    );
  if (url !== undefined && url.href !== before.serviceUrl)
    throw new TrustcastError(
      'ENROLLED_ELSEWHERE',
      `${directory} is enrolled at ${before.serviceUrl}: where that service has moved to ${url.href}, set TRUSTCAST_SERVICE_URL for run; where it is another one, enroll with --new-key`,
    );
  finish(before, enrolling, output, 'is enrolled already');
  return EXIT.ok;
}

function finish(enrollment: Enrollment, { tokenFile }: Enrolling, { out, json }: Output, what: string): void {
  const left = tokenFile === null ? null : deleteToken(tokenFile);
  const { name, environment, agent, serviceUrl } = enrollment;
  if (json) out(JSON.stringify({ ...enrollment, ca: undefined, tokenFileLeft: left }, null, 2));
  else
    out(
      [
        `${name} ${what} in ${environment} at ${serviceUrl} (agent ${agent})`,
        ...(left === null ? [] : [`the token file ${tokenFile ?? ''} cannot be deleted (${left}): delete it`]),
      ].join('\n'),
    );
}

/** @returns why it is still there; null: it is gone */
function deleteToken(file: string): string | null {
  try {
    removeFile(file);
    return null;
  } catch (error) {
    return errnoOf(error);
  }
}
