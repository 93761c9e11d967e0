import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { Config } from '../../config.js';
import { ForwardedProblems, type ProblemReport } from '../../platform/problems/forwarded-problems.js';
import { logWithout } from '../../platform/problems/make-log.js';
import { type Database, openDatabase } from '../../platform/postgres/database.js';
import { lanesOf } from '../../platform/postgres/lane-sizes.js';
import { listen } from '../../platform/postgres/notifications.js';
import { type StatementKey, statementSigner } from '../identity/statement-signer.js';
import { type Standing, standForLeader } from './leader.js';
import { linkNats } from '../../platform/nats/nats-link.js';
import { startTerm } from './relay-term.js';

/** What the relay's thread needs, as it can be handed to a thread. */
export interface RelayGiven extends Pick<
  Config,
  'databaseUrl' | 'databaseConnections' | 'nats' | 'retention' | 'streamReplicas' | 'logLevel'
> {
  readonly installation: string;
  /** The installation that the audit's chain began with. */
  readonly auditOrigin: string;
  readonly signingKey: StatementKey;
}

export type FromRelay =
  | { readonly kind: 'standing'; readonly standing: Standing }
  | { readonly kind: 'published'; readonly message: string }
  | { readonly kind: 'removed'; readonly what: string; readonly rows: number }
  | { readonly kind: 'retentionRun' }
  | { readonly kind: 'problem'; readonly report: ProblemReport };

/** Ends it, after what is under way. */
export type ToRelay = 'stop';
const RETRY_MS = 1_000;

/** Leads or stands by until it is told to stop. Nothing here waits for what the other threads do. */
async function run(given: RelayGiven, post: (message: FromRelay) => void, stopped: Promise<unknown>): Promise<void> {
  const { databaseUrl, installation, auditOrigin, signingKey, retention, streamReplicas } = given;
  const signer = statementSigner(signingKey);
  const problems = new ForwardedProblems((report) => post({ kind: 'problem', report }));
  const log = logWithout(given.logLevel, () => problems);
  const database = await open(given, stopped, (error) => {
    if (!problems.isExplained(error)) log.error('the relay cannot connect to the database; retrying', { error });
  });
  if (!database) return;
  const nats = linkNats(given.nats, installation, problems, log);
  const notifications = listen(databaseUrl, problems);
  const leader = standForLeader({
    databaseUrl,
    kid: signingKey.kid,
    connected: () => nats.connection() !== null,
    lead: () =>
      startTerm({
        database,
        notifications,
        nats,
        installation,
        auditOrigin,
        signingKey: signer,
        retention,
        streamReplicas,
        onPublished: (message) => post({ kind: 'published', message }),
        onRemoved: (what, rows) => post({ kind: 'removed', what, rows }),
        onRetentionRun: () => post({ kind: 'retentionRun' }),
        problems,
        log,
      }),
    onChange: (standing) => post({ kind: 'standing', standing }),
    problems,
    log,
  });
  await stopped;
  await leader.stop();
  await Promise.all([nats.close(), notifications.stop()]);
  await database.close();
}

/** It was there a moment ago, and may be away when this thread is started again. */
async function open(
  { databaseUrl, databaseConnections }: RelayGiven,
  stopped: Promise<unknown>,
  onError: (error: unknown) => void,
): Promise<Database | undefined> {
  const over = stopped.then(() => 'over' as const);
  for (;;) {
    try {
      return await openDatabase(databaseUrl, { lane: lanesOf(databaseConnections).relay });
    } catch (error) {
      onError(error);
      if ((await Promise.race([over, delay(RETRY_MS)])) === 'over') return undefined;
    }
  }
}

const port = parentPort;
if (port) {
  const stopped = new Promise<void>((resolve) => port.once('message', () => resolve()));
  // An attempt to connect may still be under way: it is not waited for.
  void run(workerData as RelayGiven, (message) => port.postMessage(message), stopped).then(() => process.exit(0));
}
