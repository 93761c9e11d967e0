import { generateKeyPairSync } from 'node:crypto';
import { createLog } from '@trustcast/config';
import {
  parseEnrollmentToken,
  signAgentStatus,
  signEnrollmentRequest,
  signRegistrationRequest,
  signingKeyOf,
} from '@trustcast/schema';
import { Distribution } from '../../agents/host/dist/src/distribution/distribution.js';
import { Keyring } from '../../agents/host/dist/src/distribution/keyring.js';
import { NatsSubscriber } from '../../agents/host/dist/src/distribution/nats-subscriber.js';
import { scopeOf } from '../../agents/host/dist/src/distribution/scope.js';
import { ServiceClient } from '../../agents/host/dist/src/distribution/service-client.js';
import { Standing } from '../../agents/host/dist/src/distribution/standing.js';
import { TestAgent } from '../../services/certificates/dist/test/support/test-agent.js';

const LIMITS = { idleMs: 15_000, totalMs: 60_000 };
const REPORT_MS = 1_000;
const ENVIRONMENT = 'apimanager';
const log = createLog('silent');

/**
 * The host agent without disk and JVMs: its own keyring, distribution, requests and connection, and a report each second. It enrolls
 * with a token, and pins what that names.
 * @param {{ url: string, token: string, name: string }} options
 */
export async function startProtocolAgent({ url, token, name }) {
  const key = await signingKeyOf(generateKeyPairSync('ed25519').privateKey);
  const parsed = parseEnrollmentToken(token);
  const keyring = new Keyring([parsed.pin], { load: () => null, save: () => undefined }, log);
  /** @type {string | null} */
  let installation = null;
  const access = {
    url: new URL(url),
    token: null,
    // Known once the agent has enrolled.
    get installation() {
      return installation;
    },
    pinnedKeys: [parsed.pin],
    ca: null,
    allowPlainNats: false,
  };
  const http = new ServiceClient(access, '', () => key, LIMITS);
  const hostname = name;
  const said = { name, environment: ENVIRONMENT, hostname, agentVersion: '0.1.0', token: parsed.publicKey.x };
  const request = await signEnrollmentRequest(said, key);
  let registration = await keyring.registrationIn(await http.enroll(request, parsed), request);
  installation = registration.installation;
  /** Of what the rotation caused: the first registration does not count. */
  const counts = { registrations: -1, keyUnknown: 0 };
  const register = async () => {
    const again = await signRegistrationRequest({ hostname, agentVersion: '0.1.0', token: null }, key);
    registration = await keyring.registrationIn(await http.register(again), again);
    counts.registrations += 1;
    keyring.noteOffered(registration);
    distribution.noteRegistration(registration);
  };
  const distribution = new Distribution(
    {
      scope: scopeOf(registration),
      verify: (compact) => keyring.verify(compact),
      takeKeys: (document) => void keyring.take(document),
      isBelieved: (compact) => keyring.isBelieved(compact),
      signedAgain: () => undefined,
      pull: (after) => http.set(ENVIRONMENT, after),
      heartbeat: () => http.heartbeat(ENVIRONMENT),
      commit: () => undefined,
      keyUnknown: () => {
        counts.keyUnknown += 1;
        void register().catch(() => undefined);
      },
      clockDoubtful: () => void register().catch(() => undefined),
      serviceBehind: () => undefined,
      changed: () => undefined,
      log,
    },
    new Standing(null, null, null),
  );
  keyring.noteOffered(registration);
  await register();
  const nats = new NatsSubscriber(registration.nats, {
    installation,
    environment: ENVIRONMENT,
    agent: registration.agent,
    privateKey: () => key.privateKey,
    ca: null,
    allowPlain: false,
    receive: (bytes, source) => distribution.receive(bytes, source),
    connected: () => distribution.catchUp(),
    refused: () => undefined,
    log,
  });
  nats.start();
  distribution.start();
  const reporter = new TestAgent(/** @type {any} */ (null), '', key, registration, [parsed.pin]);
  const report = async () => {
    const { statement, compact, set } = distribution.accepted ?? {};
    if (!statement || !set) return;
    const { epoch, revision } = statement;
    const status = reporter.status(
      { epoch, revision },
      {
        session: registration.session,
        hostname,
        state: distribution.isStale ? 'STALE' : 'WRITTEN',
        ...(distribution.isStale && { reason: 'NO_FRESH_STATEMENT' }),
        statement: compact ?? null,
        managed: set.size,
      },
    );
    nats.report(await signAgentStatus(status, key));
  };
  const timer = setInterval(() => void report().catch(() => undefined), REPORT_MS);
  return {
    name,
    counts,
    /** @returns {import('../../agents/host/dist/src/state/state-store.js').Accepted | null} */
    accepted: () => distribution.accepted,
    isStale: () => distribution.isStale,
    refused: () => distribution.refused,
    stop: async () => {
      clearInterval(timer);
      distribution.stop();
      await nats.stop();
      http.close();
    },
  };
}
