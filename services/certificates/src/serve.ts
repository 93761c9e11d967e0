import { HEARTBEAT_INTERVAL_MS, keyFromJwk } from '@trustcast/schema';
import type { Logger } from 'pino';
import { StatusIntake } from './agents/status-intake.js';
import { AccessTrail } from './audit/access-trail.js';
import { sealAudit } from './audit/seal-audit.js';
import type { Config } from './config.js';
import { announceExpiry } from './expiry/announce-expiry.js';
import { sharedFleets } from './graphql/context.js';
import { logLostErrors } from './graphql/lost-errors.js';
import { makeSchema } from './graphql/schema.js';
import { Drain } from './http/drain.js';
import { type Metrics, makeMetrics } from './http/metrics.js';
import { registrationTrail } from './agents/registration-trail.js';
import { makeServer } from './http/server.js';
import { makeSubscriptions } from './http/subscriptions.js';
import { agentAuthenticator, authenticator } from './identity/authenticate.js';
import { maxDescriptors } from './http/max-descriptors.js';
import type { Problems } from './health/problems.js';
import { watchDatabase } from './health/watch-database.js';
import { readSigningKey } from './identity/signing-key.js';
import { startIntake } from './intake/intake.js';
import { tokenSecretOf } from './identity/token.js';
import { NatsUsers } from './nats-users/nats-users.js';
import { listSizes } from './postgres/list-sizes.js';
import { removeExpired } from './postgres/remove-expired.js';
import { isAlive } from './postgres/is-alive.js';
import { type Notifications, listen } from './postgres/notifications.js';
import { readNatsAgents } from './postgres/read-nats-agents.js';
import { keepStream } from './relay/keep-stream.js';
import { type Leader, standForLeader } from './relay/leader.js';
import { type NatsLink, linkNats } from './relay/nats-link.js';
import { type PublishEvents, eventPublisher, natsPublish } from './relay/nats-publish.js';
import { Relay, type RelayOptions } from './relay/relay.js';
import { repeat } from './relay/repeat.js';
import { retriever } from './retrieval/retriever.js';
import { awaitDatabase } from './start/await-database.js';
import { explainListen } from './start/start-error.js';

const SEAL_AUDIT_MS = 250;
const ANNOUNCE_EXPIRY_MS = 60_000;
const REMOVE_EXPIRED_MS = 600_000;

export interface ServeOptions {
  readonly log: Logger;
  readonly problems: Problems;
  /** The signing key of the file takes over from the one that the database holds current. */
  readonly replaceKey: boolean;
  /** Gives the start up. */
  readonly signal: AbortSignal;
}

/** Starts the service. @returns ends it: requests that run are answered, nothing new is taken */
export async function serve(config: Config, options: ServeOptions): Promise<() => Promise<void>> {
  const { log, problems } = options;
  logLostErrors(log);
  await readSigningKey(config.signingKeyFile);
  const { database, lanes, installation, auditOrigin, signingKey, knownKeys, port } = await awaitDatabase(
    config,
    options,
  );
  const signingKeys = knownKeys.filter(({ kid }) => kid === signingKey.kid);
  const unwatch = watchDatabase(lanes.system, problems);

  const metrics: Metrics = makeMetrics(lanes.reads, {
    leading: () => leader.leading(),
    subscribers: () => subscriptions.count(),
  });
  // Before the connection: nats-server may be waiting for the file that names this service's own user.
  const natsUsers =
    config.natsUsers &&
    new NatsUsers({
      sql: lanes.agents,
      installation,
      ...config.natsUsers,
      servers: config.nats.servers,
      onOutcome: (outcome) => metrics.natsUsers.inc({ outcome }),
      problems,
      log,
    });
  await natsUsers?.update();
  const nats = linkNats(config.nats, installation, problems, log);
  const notifications = listen(config.databaseUrl, problems);

  const intake = new StatusIntake({
    sql: lanes.statuses,
    installation,
    statementKeys: new Map(knownKeys.map((key) => [key.kid, keyFromJwk(key.jwk)])),
    problems,
    onCounted: (outcome) => metrics.statuses.inc({ outcome }),
  });
  notifications.on('trustcast_agents', (id) => {
    intake.forget(id);
    void natsUsers?.update();
  });
  notifications.onResumed(() => {
    intake.forget();
    void natsUsers?.update();
  });
  intake.subscribe(nats);

  const publishEvents = eventPublisher(nats, installation);
  const publish = natsPublish(publishEvents);
  const leader: Leader = standForLeader({
    databaseUrl: config.databaseUrl,
    kid: signingKey.kid,
    connected: () => nats.connection() !== null,
    lead: relayTerm(
      {
        database: lanes.relay,
        installation,
        auditOrigin,
        signingKey,
        publish: async (kind, look, environmentId, body) => {
          await publish(kind, look, environmentId, body);
          metrics.published.inc({ kind });
        },
        problems,
        heartbeatMs: HEARTBEAT_INTERVAL_MS,
      },
      publishEvents,
      notifications,
      nats,
      log,
      config,
      metrics,
    ),
    problems,
    log,
  });

  const schema = makeSchema();
  const contentIntake = startIntake();
  const services = {
    ...sharedFleets(lanes.reads),
    database,
    reads: lanes.reads,
    listSizes: listSizes(lanes.system),
    notifications,
    intake: contentIntake,
    retrieve: retriever(config.retrieval),
    signingKeys,
    tokenSecret: tokenSecretOf(signingKey.privateKey),
  };
  const authenticate = authenticator(lanes.system);
  const drain = new Drain();
  const trail = new AccessTrail({ sql: database, log, onNoted: (action) => metrics.accesses.inc({ action }) });
  const subscriptions = makeSubscriptions({
    schema,
    services,
    authenticate,
    onRefused: (address) => {
      metrics.refusedIdentities.inc({ door: 'websocket' });
      const origin = { actor: 'anonymous', address, requestId: null };
      trail.mention(origin, { action: 'authenticationFailed', details: { door: 'websocket' } });
    },
    log,
  });
  const server = await makeServer({
    schema,
    services,
    authenticate,
    identifyAgent: agentAuthenticator(lanes.agents),
    subscriptions,
    descriptors: maxDescriptors(),
    trail,
    downloads: lanes.reads,
    readsUntil: (gone) => lanes.reads.until(gone, lanes.system),
    agents: {
      database: lanes.agents,
      installation,
      signingKey,
      signingKeys,
      agentNats: config.agentNats,
      registered: async () => natsUsers?.update(),
      onRegistration: registrationTrail(database, trail, metrics.registrations),
    },
    metrics,
    drain,
    readiness: async () => ({
      unready: [
        ...(drain.begun ? ['DRAINING'] : []),
        ...((await isAlive(lanes.system)) ? [] : ['DATABASE_UNAVAILABLE']),
        ...(leader.keyCurrent() ? [] : ['SIGNING_KEY_NOT_CURRENT']),
      ],
      degraded: [
        ...(notifications.listening() ? [] : ['NOTIFICATIONS_UNAVAILABLE']),
        ...(nats.connection() ? [] : ['NATS_UNAVAILABLE']),
        ...['DATABASE_FULL', 'NATS_USERS_NOT_WRITTEN', 'NATS_USERS_NOT_LOADED'].filter((code) => problems.has(code)),
      ],
      problems: problems.current,
    }),
    log,
  });
  const url = await server.listen({ host: config.host, port }).catch((error: unknown) => {
    throw explainListen(error, config.host, port);
  });
  log.info({ url, installation, signingKeyId: signingKey.kid }, 'ready');

  return async () => {
    subscriptions.close();
    await drain.begin();
    await server.close();
    await trail.close();
    await contentIntake.close();
    await leader.stop();
    await nats.close();
    await intake.settled();
    await notifications.stop();
    await natsUsers?.stop();
    unwatch();
    await lanes.close();
    await database.close();
  };
}

/** What a leader does: a relay that is woken by notifications and by every reconnection. */
function relayTerm(
  options: RelayOptions & { readonly auditOrigin: string },
  publish: PublishEvents,
  notifications: Notifications,
  nats: NatsLink,
  log: Logger,
  { retention, streamReplicas }: Config,
  metrics: Metrics,
) {
  const { database, auditOrigin, problems } = options;
  return () => {
    const relay = new Relay(options);
    relay.start();
    const job = (work: () => Promise<unknown>, intervalMs: number, code: string, what: string) =>
      repeat(
        () => work().then(() => problems.ended(code, `${what} again`)),
        intervalMs,
        (error) => problems.failed(code, `not ${what}; trying again`, error),
      );
    const jobs = [
      job(() => sealAudit(database, auditOrigin), SEAL_AUDIT_MS, 'AUDIT_NOT_SEALED', 'sealing the audit'),
      job(
        () => announceExpiry(database, publish, new Date()),
        ANNOUNCE_EXPIRY_MS,
        'EXPIRY_NOT_ANNOUNCED',
        'announcing what expires',
      ),
      job(
        async () => {
          await removeExpired(database, retention, (kind, rows) => metrics.removed.inc({ kind }, rows));
          metrics.retentionRun.setToCurrentTime();
        },
        REMOVE_EXPIRED_MS,
        'RETENTION_FAILED',
        'removing what was kept long enough',
      ),
    ];
    const stream = keepStream({
      nats,
      installation: options.installation,
      replicas: streamReplicas,
      gateways: async () => (await readNatsAgents(database)).filter(({ kind }) => kind === 'GATEWAY'),
      problems,
      log,
    });
    const ends = [
      notifications.on('trustcast_revisions', (id) => relay.wake(id)),
      notifications.onResumed(() => {
        void relay.lookAtAll({ heartbeat: false });
        stream.gatewaysChanged();
      }),
      nats.onConnected(() => void relay.lookAtAll({ heartbeat: true })),
      notifications.on('trustcast_agents', stream.gatewaysChanged),
      stream.end,
    ];
    return {
      stop: async () => {
        for (const end of ends) end();
        await Promise.all([relay.stop(), ...jobs.map((stop) => stop())]);
      },
    };
  };
}
