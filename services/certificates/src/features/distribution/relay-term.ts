import type { Log } from '@trustcast/config';
import { HEARTBEAT_INTERVAL_MS, type Signer, type SigningKey, usersOf } from '@trustcast/schema';
import { removeAudit } from '../audit/remove-audit.js';
import { sealAudit } from '../audit/seal-audit.js';
import { fillRecentHistory } from '../environments/sql/fill-history.js';
import { announceExpiry } from '../expiry/announce-expiry.js';
import { warnOfExpiringTokens } from '../identity/warn-of-expiring-tokens.js';
import type { ProblemReports } from '../../platform/problems/problem-reports.js';
import type { Database } from '../../platform/postgres/database.js';
import type { Notifications } from '../../platform/postgres/notifications.js';
import { logDuplicates } from '../agents/log-duplicates.js';
import { readNatsAgents } from '../agents/sql/read-nats-agents.js';
import { type Retention, removeExpired } from '../../platform/postgres/remove-expired.js';
import { keepStream } from '../../platform/nats/keep-stream.js';
import type { NatsLink } from '../../platform/nats/nats-link.js';
import { natsPublish } from './nats-publish.js';
import { eventPublisher } from '../../platform/nats/publish-events.js';
import { KeyLists } from '../identity/key-lists.js';
import { Relay } from './relay.js';
import { repeat } from '../../platform/repeat.js';

const SEAL_AUDIT_MS = 250;
const ANNOUNCE_EXPIRY_MS = 60_000;
const LOG_DUPLICATES_MS = 5_000;
const WARN_OF_TOKENS_MS = 60_000;
const REMOVE_EXPIRED_MS = 600_000;

export interface RelayTermOptions {
  readonly database: Database;
  readonly notifications: Notifications;
  readonly nats: NatsLink;
  readonly installation: string;
  /** The installation that the audit's chain began with. */
  readonly auditOrigin: string;
  readonly signingKey: SigningKey | Signer;
  readonly retention: Retention;
  readonly streamReplicas: number;
  readonly onPublished: (kind: string) => void;
  readonly onRemoved: (kind: string, rows: number) => void;
  readonly onRetentionRun: () => void;
  readonly problems: ProblemReports;
  readonly log: Log;
}

/** What a leader does: a relay that is woken by notifications and by every reconnection, and what only one may do. */
export function startTerm(options: RelayTermOptions): { stop: () => Promise<void> } {
  const { database, notifications, nats, installation, problems, log } = options;
  const publishEvents = eventPublisher(nats, installation);
  const publish = natsPublish(publishEvents);
  const keyLists = new KeyLists(database);
  const relay = new Relay({
    database,
    installation,
    signingKey: options.signingKey,
    publish: async (kind, look, environmentId, body) => {
      await publish(kind, look, environmentId, body);
      options.onPublished(kind);
    },
    keyList: () => keyLists.document(),
    problems,
    heartbeatMs: HEARTBEAT_INTERVAL_MS,
  });
  relay.start();
  const job = (work: () => Promise<unknown>, intervalMs: number, code: string, what: string) =>
    repeat(
      () => work().then(() => problems.ended(code, `${what} again`)),
      intervalMs,
      (error) => problems.failed(code, `not ${what}; trying again`, error),
    );
  const jobs = [
    job(() => sealAudit(database, options.auditOrigin), SEAL_AUDIT_MS, 'AUDIT_NOT_SEALED', 'sealing the audit'),
    job(
      () => announceExpiry(database, publishEvents, new Date()),
      ANNOUNCE_EXPIRY_MS,
      'EXPIRY_NOT_ANNOUNCED',
      'announcing what expires',
    ),
    job(
      () => logDuplicates(database, log),
      LOG_DUPLICATES_MS,
      'DUPLICATES_NOT_LOGGED',
      'logging hosts that share a key',
    ),
    job(
      () => warnOfExpiringTokens(database, new Date(), log),
      WARN_OF_TOKENS_MS,
      'TOKENS_NOT_WARNED_OF',
      'warning of API tokens that expire',
    ),
    job(
      async () => {
        await fillRecentHistory(database);
        await removeExpired(database, options.retention, options.onRemoved);
        const { auditDays } = options.retention;
        if (auditDays !== null)
          await removeAudit(database, { origin: options.auditOrigin, days: auditDays }, (records) =>
            options.onRemoved('audit_record', records),
          );
        options.onRetentionRun();
      },
      REMOVE_EXPIRED_MS,
      'RETENTION_FAILED',
      'removing expired rows',
    ),
  ];
  const stream = keepStream({
    nats,
    installation,
    replicas: options.streamReplicas,
    gateways: async () => (await readNatsAgents(database)).filter(({ kind }) => usersOf(kind) === 'CONSUMERS'),
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
    notifications.on('trustcast_keys', () => {
      keyLists.forget();
      void relay.lookAtAll({ heartbeat: true });
    }),
    stream.end,
  ];
  return {
    stop: async () => {
      for (const end of ends) end();
      await Promise.all([relay.stop(), ...jobs.map((stop) => stop())]);
    },
  };
}
