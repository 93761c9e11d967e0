import { fileURLToPath } from 'node:url';
import type { Log } from '@trustcast/config';
import { keyFromJwk } from '@trustcast/schema';
import { StatusIntake } from './features/agents/status-intake.js';
import { AccessTrail } from './features/audit/access-trail.js';
import type { Config } from './config.js';
import { scopedTo } from './api/scoped.js';
import type { Scope } from './features/records/grants.js';
import type { ForbiddenError } from './features/records/forbidden.js';
import type { Origin } from './features/requests/request.js';
import { sharedFleets } from './api/graphql/context.js';
import { logLostErrors } from './api/graphql/errors/lost-errors.js';
import { HeavyReads } from './api/graphql/limits/heavy-reads.js';
import { makeSchema } from './api/graphql/schema.js';
import { Drain } from './api/http/limits/drain.js';
import { type Metrics, makeMetrics } from './api/http/routes/metrics.js';
import { registrationTrail } from './api/http/agents/registration-trail.js';
import { clientAddress } from './api/http/client-address.js';
import { readConsoleFiles } from './api/http/routes/console-files.js';
import { tlsMetrics } from './api/http/routes/tls-metrics.js';
import { Rates } from './api/http/limits/rates.js';
import { makeServer } from './api/http/server.js';
import { makeSubscriptions } from './api/websocket/subscriptions.js';
import { agentAuthenticator } from './features/identity/authenticate-agent.js';
import { SignedRequests } from './features/identity/signed-requests.js';
import { enrollmentAuthenticator } from './features/agents/enrollment/authenticate-enrollment.js';
import { setSources } from './features/distribution/set-sources.js';
import { authenticator } from './features/identity/authenticate.js';
import { userAuthenticator } from './features/identity/oidc/authenticate-user.js';
import { maxDescriptors } from './api/http/limits/max-descriptors.js';
import type { Problems } from './platform/problems/problems.js';
import { watchDatabase } from './platform/problems/watch-database.js';
import { KEY_PROBLEMS, KeyLists } from './features/identity/key-lists.js';
import { statementSigner } from './features/identity/statement-signer.js';
import { readSigningKey } from './features/identity/signing-key.js';
import { startIntake } from './features/intake/intake.js';
import { tokenSecretOf } from './features/identity/token.js';
import { NatsUsers } from './features/agents/nats-users/nats-users.js';
import { isPlainDatabase } from './platform/postgres/database-url.js';
import { listSizes } from './platform/postgres/list-sizes.js';
import { ServerTls } from './platform/tls/server-tls.js';
import { isAlive } from './platform/postgres/is-alive.js';
import { listen } from './platform/postgres/notifications.js';
import { linkNats } from './platform/nats/nats-link.js';
import { startRelay } from './features/distribution/start-relay.js';
import { retriever } from './features/retrieval/retriever.js';
import { awaitDatabase } from './start/await-database.js';
import { explainListen } from './platform/start-error.js';
import { believableKeys } from './features/identity/sql/signing-keys.js';
import { addressToListenOn, tellPlain } from './start/listening.js';
import { tellReleased } from './start/tell-released.js';

/** Of one provider or several. */
const PROVIDER_AWAY = 'IDENTITY_PROVIDER_UNAVAILABLE';

export interface ServeOptions {
  readonly log: Log;
  readonly problems: Problems;
  /** The signing key of the file takes over from the one that the database holds current. */
  readonly replaceKey: boolean;
  /** Gives the start up. */
  readonly signal: AbortSignal;
}

/** Interval of looking for changes while no notification is heard. */
const UNHEARD_MS = 2_000;

/** Starts the service. @returns ends it: requests that run are answered, nothing new is taken */
export async function serve(config: Config, options: ServeOptions): Promise<() => Promise<void>> {
  const { log, problems } = options;
  logLostErrors(log);
  await readSigningKey(config.signingKeyFile, config.signingCommand);
  const tls = config.tls && (await ServerTls.open(config.tls));
  tls?.watch(problems, log);
  if (isPlainDatabase(config.databaseUrl))
    log.warn('what is said to PostgreSQL crosses the network in the clear; add sslmode=verify-full to DATABASE_URL');
  const { database, lanes, installation, auditOrigin, signingKey, knownKeys, port } = await awaitDatabase(config, {
    ...options,
    tls,
  });
  await tellReleased(lanes.system, log);
  const unwatch = watchDatabase(lanes.system, problems);

  const metrics: Metrics = makeMetrics(lanes.reads, {
    leading: () => relay.standing().leading,
    subscribers: () => subscriptions.count(),
  });
  // Before the connection: nats-server may be waiting for the file that names this service's own user.
  const natsUsers =
    config.natsUsers &&
    new NatsUsers({
      sql: lanes.agents,
      installation,
      ...config.natsUsers,
      nats: config.nats,
      onOutcome: (outcome) => metrics.natsUsers.inc({ outcome }),
      problems,
      log,
    });
  await natsUsers?.start();
  const nats = linkNats(config.nats, installation, problems, log);
  const notifications = listen(config.databaseUrl, problems);

  const signer = statementSigner(signingKey);
  const keyLists = new KeyLists(lanes.system);
  const ownKeys = new Map(knownKeys.map((key) => [key.kid, keyFromJwk(key.jwk)]));
  const statementKeys = async () => (await keyLists.keys()) ?? ownKeys;
  const keyList = () => keyLists.document();
  const watchedKeys = keyLists.watch(signingKey.kid, problems);
  const intake = new StatusIntake({
    sql: lanes.statuses,
    installation,
    statementKeys,
    problems,
    onCounted: (outcome, transport) => metrics.statuses.inc({ outcome, transport }),
  });
  notifications.on('trustcast_agents', (id) => {
    intake.forget(id);
    void natsUsers?.update();
  });
  notifications.on('trustcast_keys', () => {
    keyLists.forget();
    watchedKeys.look();
  });
  notifications.onResumed(() => {
    intake.forget();
    void natsUsers?.update();
  });
  // Without notifications what changed is looked for: a revocation holds within 5 s in any case.
  const polling = setInterval(() => {
    if (notifications.listening()) return;
    intake.forget();
    void natsUsers?.update();
  }, UNHEARD_MS);
  intake.subscribe(nats);

  const { databaseUrl, databaseConnections, nats: natsSettings, retention, streamReplicas, logLevel } = config;
  const relay = startRelay(
    {
      databaseUrl,
      databaseConnections,
      nats: natsSettings,
      retention,
      streamReplicas,
      logLevel,
      installation,
      auditOrigin,
      signingKey,
    },
    {
      onPublished: (kind) => metrics.published.inc({ kind }),
      onRemoved: (kind, rows) => metrics.removed.inc({ kind }, rows),
      onRetentionRun: () => metrics.retentionRun.setToCurrentTime(),
    },
    problems,
    log,
  );

  if (tls) tlsMetrics(metrics.registry, tls);
  const rates = new Rates(config.rateLimits, (limit) => metrics.rateLimited.inc({ limit }));
  const addressOf = clientAddress(config.trustedProxies);
  const schema = makeSchema();
  const contentIntake = startIntake();
  const trail = new AccessTrail({ sql: database, log, onNoted: (action) => metrics.accesses.inc({ action }) });
  const services = {
    ...sharedFleets(lanes.reads),
    database,
    reads: lanes.reads,
    listSizes: listSizes(lanes.system),
    notifications,
    intake: contentIntake,
    retrieve: retriever(config.retrieval),
    hostPins: () => keyLists.hostPins(),
    tokenSecret: await tokenSecretOf(signer),
    issuers: config.oidc.issuers.map(({ issuer }) => issuer),
    apiTokenMaxDays: config.apiTokenMaxDays,
    onDenied: ({ actor, address, requestId }: Origin, { permission, environments }: ForbiddenError) => {
      metrics.denials.inc({ permission });
      trail.mention({ actor, address, requestId }, { action: 'accessDenied', environments, details: { permission } });
    },
  };
  const readsUntil = (gone: AbortSignal, scope: Scope) => scopedTo(lanes.reads, scope).until(gone, lanes.system);
  const users =
    config.oidc.issuers.length === 0
      ? undefined
      : userAuthenticator({
          sql: lanes.system,
          ...config.oidc,
          problems,
          onRefused: (reason) => metrics.refusedUserTokens.inc({ reason }),
          log,
        });
  const authenticate = authenticator(lanes.system, users);
  const drain = new Drain();
  const heavyReads = new HeavyReads();
  const subscriptions = makeSubscriptions({
    schema,
    heavyReads,
    services,
    authenticate,
    readsUntil,
    addressOf,
    rates,
    introspection: config.introspection,
    onRefused: (address) => {
      metrics.refusedIdentities.inc({ door: 'websocket' });
      const origin = { actor: 'anonymous', address, requestId: null };
      trail.mention(origin, { action: 'authenticationFailed', details: { door: 'websocket' } });
    },
    log,
  });
  const signedRequests = new SignedRequests(lanes.agents, installation);
  const server = await makeServer({
    schema,
    services,
    authenticate,
    issuers: config.oidc.issuers,
    tls,
    addressOf,
    rates,
    corsOrigins: config.corsOrigins,
    metricsToken: config.metricsToken,
    introspection: config.introspection,
    // Beside the program: `dev/bundle.mjs` puts it there.
    consoleFiles: readConsoleFiles(fileURLToPath(new URL('console', import.meta.url))),
    agentAuthenticator: agentAuthenticator(lanes.agents, signedRequests),
    identifyEnrollment: enrollmentAuthenticator(lanes.agents, signedRequests),
    subscriptions,
    heavyReads,
    descriptors: maxDescriptors(),
    trail,
    downloads: lanes.reads,
    readsUntil,
    agents: {
      database: lanes.agents,
      installation,
      signingKey: signer,
      statementKeys,
      // A process that signs with the key before lets agents believe what it says, and what comes after it.
      signingKeys: async () => {
        const own = knownKeys.filter(({ kid }) => kid === signingKey.kid);
        const believable = await believableKeys(lanes.agents);
        return [...own.filter(({ kid }) => believable.every((key) => key.kid !== kid)), ...believable];
      },
      keyList,
      agentNats: config.agentNats,
      statuses: intake,
      sourceOf: setSources(lanes.agents, installation, { signingKey: signer, keyList }),
      registered: async () => natsUsers?.update(),
      onRegistration: registrationTrail(database, trail, metrics.registrations),
    },
    metrics,
    drain,
    readiness: async () => ({
      unready: [
        ...(drain.begun ? ['DRAINING'] : []),
        ...((await isAlive(lanes.system)) ? [] : ['DATABASE_UNAVAILABLE']),
        ...(relay.standing().keyCurrent ? [] : ['SIGNING_KEY_NOT_CURRENT']),
      ],
      degraded: [
        ...(notifications.listening() ? [] : ['NOTIFICATIONS_UNAVAILABLE']),
        ...(nats.connection() && !problems.has('NATS_UNAVAILABLE') ? [] : ['NATS_UNAVAILABLE']),
        ...[
          'DATABASE_FULL',
          'NATS_USERS_NOT_WRITTEN',
          'NATS_USERS_NOT_LOADED',
          'TLS_FILES_UNUSABLE',
          ...KEY_PROBLEMS,
        ].filter((code) => problems.has(code)),
        ...(problems.current.some(({ code }) => code === PROVIDER_AWAY) ? [PROVIDER_AWAY] : []),
      ],
      problems: problems.current,
    }),
    log,
  });
  const url = await server.listen({ host: await addressToListenOn(config.host), port }).catch((error: unknown) => {
    throw explainListen(error, config.host, port);
  });
  if (!tls) tellPlain(config.host, log);
  log.info('ready', { url, installation, signingKeyId: signingKey.kid });

  return async () => {
    clearInterval(polling);
    watchedKeys.stop();
    subscriptions.close();
    await drain.begin();
    await server.close();
    await trail.close();
    await contentIntake.close();
    await relay.stop();
    await nats.close();
    await intake.settled();
    await notifications.stop();
    await natsUsers?.stop();
    unwatch();
    tls?.stop();
    await lanes.close();
    await database.close();
  };
}
