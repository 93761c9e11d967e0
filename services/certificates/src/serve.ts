import { createPublicKey } from 'node:crypto';
import { HEARTBEAT_INTERVAL_MS, keyFromJwk, publicJwkOf } from '@trustcast/schema';
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
import { handOverAdminToken } from './identity/admin-token.js';
import { agentAuthenticator, authenticator } from './identity/authenticate.js';
import { maxDescriptors } from './http/max-descriptors.js';
import { startIntake } from './intake/intake.js';
import { openSigningKey } from './identity/signing-key.js';
import { NatsUsers } from './nats-users/nats-users.js';
import { SESSION_OPTIONS, on, openDatabase } from './postgres/database.js';
import { SurvivingPool } from './postgres/surviving-pool.js';
import { ensureAdminToken, installationId, shareSigningKey } from './postgres/first-start.js';
import { isAlive } from './postgres/is-alive.js';
import { type Notifications, listen } from './postgres/notifications.js';
import { keepStream } from './relay/keep-stream.js';
import { standForLeader } from './relay/leader.js';
import { type NatsLink, linkNats } from './relay/nats-link.js';
import { type PublishEvents, eventPublisher, natsPublish } from './relay/nats-publish.js';
import { Relay, type RelayOptions } from './relay/relay.js';
import { repeat } from './relay/repeat.js';
import { retriever } from './retrieval/retriever.js';

const SEAL_AUDIT_MS = 250;
const ANNOUNCE_EXPIRY_MS = 60_000;

/** Starts the service. @returns ends it: requests that run are answered, nothing new is taken */
export async function serve(config: Config, log: Logger): Promise<() => Promise<void>> {
  logLostErrors(log);
  const lost = (error: Error) => log.warn({ err: error }, 'a database connection was lost');
  const database = await openDatabase(config.databaseUrl, { onError: lost });
  if (config.migrate) await database.migrate();
  await ensureAdminToken(database, (token) => handOverAdminToken(token, config.adminTokenFile));
  const signingKey = await openSigningKey(config.signingKeyFile);
  const installation = await installationId(database);
  const jwk = await publicJwkOf(createPublicKey(signingKey.privateKey));
  const signingKeys = await shareSigningKey(database, signingKey.kid, jwk);

  // Before the connection: nats-server may be waiting for the file that names this service's own user.
  const natsUsers = config.natsUsers && new NatsUsers({ sql: database, installation, ...config.natsUsers, log });
  await natsUsers?.update();
  const nats = await linkNats(config.nats, installation, log);
  const notifications = listen(config.databaseUrl, (error) =>
    log.warn({ err: error }, 'notifications cannot be heard'),
  );
  const metrics: Metrics = makeMetrics(database, {
    leading: () => leader.leading(),
    subscribers: () => subscriptions.count(),
  });

  // Statuses are repeated by their agents: they need not wait for the disk.
  const statusPool = new SurvivingPool(
    {
      connectionString: config.databaseUrl,
      max: 2,
      application_name: 'trustcast status',
      options: `${SESSION_OPTIONS} -c synchronous_commit=off`,
    },
    lost,
  );
  const intake = new StatusIntake({
    sql: on(statusPool),
    installation,
    statementKeys: new Map(signingKeys.map((key) => [key.kid, keyFromJwk(key.jwk)])),
    log,
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
  const leader = standForLeader(
    config.databaseUrl,
    relayTerm(
      {
        database,
        installation,
        signingKey,
        publish: async (kind, look, environmentId, body) => {
          await publish(kind, look, environmentId, body);
          metrics.published.inc({ kind });
        },
        log,
        heartbeatMs: HEARTBEAT_INTERVAL_MS,
      },
      publishEvents,
      notifications,
      nats,
    ),
    log,
  );

  const schema = makeSchema();
  const contentIntake = startIntake();
  const services = {
    ...sharedFleets(database),
    database,
    notifications,
    intake: contentIntake,
    retrieve: retriever(config.retrieval),
    signingKeys,
  };
  const authenticate = authenticator(database);
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
    identifyAgent: agentAuthenticator(database),
    subscriptions,
    descriptors: maxDescriptors(),
    trail,
    agents: {
      database,
      installation,
      signingKey,
      signingKeys,
      agentNats: config.agentNats,
      registered: async () => natsUsers?.update(),
      onRegistration: registrationTrail(database, trail, metrics.registrations),
    },
    metrics,
    drain,
    readiness: async () => [
      ...(drain.begun ? ['DRAINING'] : []),
      ...((await isAlive(database)) ? [] : ['DATABASE_UNAVAILABLE']),
      ...(notifications.listening() ? [] : ['NOTIFICATIONS_UNAVAILABLE']),
      ...(nats.connected() ? [] : ['NATS_UNAVAILABLE']),
    ],
    log,
  });
  const url = await server.listen({ host: config.host, port: config.port });
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
    await statusPool.end();
    await database.close();
  };
}

/** What a leader does: a relay that is woken by notifications and by every reconnection. */
function relayTerm(options: RelayOptions, publish: PublishEvents, notifications: Notifications, nats: NatsLink) {
  const { database, installation, log } = options;
  return () => {
    const relay = new Relay(options);
    relay.start();
    const failed = (message: string) => (error: unknown) => log.warn({ err: error }, `${message}; trying again`);
    const jobs = [
      repeat(() => sealAudit(database, installation), SEAL_AUDIT_MS, failed('the audit was not sealed')),
      repeat(
        () => announceExpiry(database, publish, new Date()),
        ANNOUNCE_EXPIRY_MS,
        failed('what expires was not announced'),
      ),
    ];
    const ends = [
      notifications.on('trustcast_revisions', (id) => relay.wake(id)),
      notifications.onResumed(() => void relay.lookAtAll({ heartbeat: false })),
      nats.onReconnect(() => void relay.lookAtAll({ heartbeat: true })),
      keepStream(nats, installation, log),
    ];
    return {
      stop: async () => {
        for (const end of ends) end();
        await Promise.all([relay.stop(), ...jobs.map((stop) => stop())]);
      },
    };
  };
}
