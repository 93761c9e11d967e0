import { createLog, errnoOf } from '@trustcast/config';
import { hostname } from 'node:os';
import {
  CLOCK_SKEW_MS,
  type KeyDocument,
  type SigningKey,
  TrustcastError,
  decode,
  decodeChangeMessage,
  plainText,
  registrationTokenOf,
  signRegistrationRequest,
} from '@trustcast/schema';
import type { Config, ServiceAccess } from '../config.js';
import { ServiceClient } from '../distribution/service-client.js';
import { Keyring } from '../distribution/keyring.js';
import { type ServiceTrouble, anotherService, serviceTrouble } from '../distribution/service-trouble.js';
import { pathsOf } from '../state/agent-directory.js';
import { existingKey } from '../state/agent-key.js';
import { KeyListStore } from '../state/key-list-store.js';
import { RegistrationStore } from '../state/registration-store.js';
import { AGENT_VERSION } from '../version.js';
import { type Finding, notice, ok, problem } from './finding.js';

const LIMITS = { idleMs: 10_000, totalMs: 20_000 };
const CHECK = 'service';

/** Sends the requests of an agent to the service and names the obstacle. The answers are not stored. */
export async function serviceChecks(config: Config): Promise<Finding[]> {
  const { service } = config;
  if (!service)
    return [
      notice(
        CHECK,
        'not asked: the host is not enrolled, or this user may not read that (run it as the agent’s user); and TRUSTCAST_SERVICE_URL, TRUSTCAST_AGENT_TOKEN and TRUSTCAST_PINNED_KEYS are not all set here',
      ),
    ];
  const own = await existingKey(pathsOf(config.directory).state);
  const client = new ServiceClient(service, config.directory, () => own, LIMITS);
  try {
    return await ask(client, service, config, own);
  } catch (error) {
    const trouble = serviceTrouble(error, {
      url: service.url,
      directory: config.directory,
      isEnrolled: service.token === null,
    });
    return [
      problem(CHECK, trouble ?? (error instanceof Error ? `${errnoOf(error)}: ${error.message}` : String(error))),
    ];
  } finally {
    client.close();
  }
}

async function ask(
  client: ServiceClient,
  service: ServiceAccess,
  config: Config,
  own: SigningKey | null,
): Promise<Finding[]> {
  const { state } = pathsOf(config.directory);
  const known = new RegistrationStore(state).load();
  const store = new KeyListStore(state);
  const keyring = new Keyring(
    service.pinnedKeys,
    { load: () => store.load(), save: () => undefined },
    createLog('silent'),
  );
  // Registering is left to the agent, unless it never got that far.
  const key = known ? null : own;
  if (key) {
    const refusal = await registrationProblem(client, service, config, key, keyring);
    if (refusal !== null) return [problem(CHECK, refusal)];
  }
  const answer = await client.heartbeat(config.environment);
  const { kid, issuedAt, keyList } = statementIn(answer) ?? {};
  if (keyList) keyring.take(keyList);
  if (kid === undefined || issuedAt === undefined) return [problem(CHECK, anotherService(service.url))];
  const offsetMs = Math.round(Date.now() - issuedAt);
  return [
    keyring.thumbprints.includes(kid)
      ? ok(CHECK, `${service.url.origin} answers for ${config.environment}, signed with ${kid}`)
      : problem(CHECK, pinWrong(kid)),
    ...(await cloneCheck(client)),
    ...(Math.abs(offsetMs) > CLOCK_SKEW_MS ? [problem('clock', clockSkew(offsetMs))] : []),
  ];
}

/** Whether another host reports with the key of this one. A service of an earlier release does not say. */
async function cloneCheck(client: ServiceClient): Promise<Finding[]> {
  try {
    const { duplicate } = await client.self();
    return duplicate === null ? [] : [problem('clone', plainText(duplicate, 4_096))];
  } catch {
    return [];
  }
}

function clockSkew(offsetMs: number): ServiceTrouble {
  return `CLOCK_SKEW: ${offsetMs} ms to the service: nothing is accepted; set the clock of this host, or the service’s`;
}

/** Compares the environment that is configured with the one that the directory is of. */
export function environmentCheck({ environment, directory }: Config): Finding[] {
  const known = new RegistrationStore(pathsOf(directory).state).load();
  if (!known || known.environment.name === environment) return [];
  const detail: ServiceTrouble = `ENVIRONMENT_MISMATCH: ${directory} is of the environment ${known.environment.name}, and TRUSTCAST_ENVIRONMENT is ${environment}: correct one of them`;
  return [problem('environment', detail)];
}

async function registrationProblem(
  client: ServiceClient,
  service: ServiceAccess,
  { environment }: Config,
  key: SigningKey,
  keyring: Keyring,
): Promise<ServiceTrouble | null> {
  const said = {
    hostname: plainText(hostname(), 255),
    agentVersion: AGENT_VERSION,
    token: service.token === null ? null : registrationTokenOf(service.token),
  };
  const request = await signRegistrationRequest(said, key);
  const answer = await client.register(request);
  try {
    const registration = keyring.registrationIn(answer, request);
    if (registration.environment.name === environment) return null;
    return `ENVIRONMENT_MISMATCH: the token belongs to the environment ${registration.environment.name}, and TRUSTCAST_ENVIRONMENT is ${environment}: correct one of them`;
  } catch (error) {
    if (!(error instanceof TrustcastError)) throw error;
    if (error.code === 'NO_PINNED_KEY') return pinWrong(null);
    return `REGISTRATION_NOT_BELIEVED: ${error.code}: ${error.message}: ask at the service who answers under its address`;
  }
}

function pinWrong(kid: string | null): ServiceTrouble {
  const key = kid === null ? 'a key' : `the key ${plainText(kid, 64)}`;
  return `PIN_WRONG: the service signs with ${key} that TRUSTCAST_PINNED_KEYS does not have: compare with "main.js thumbprint" at the service, and pin that`;
}

/** Signing key and time of a heartbeat as it claims them: good for a comparison, and not verified. */
function statementIn(answer: Buffer): { kid: string; issuedAt: number; keyList: KeyDocument | undefined } | null {
  try {
    const { statement, keyList } = decodeChangeMessage(answer);
    const [header = '', payload = ''] = statement.split('.');
    const part = (text: string): Record<string, unknown> =>
      decode.object(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')), 'statement');
    return { kid: String(part(header).kid), issuedAt: Number(part(payload).issuedAt), keyList };
  } catch {
    return null;
  }
}
