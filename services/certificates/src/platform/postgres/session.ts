/**
 * Connections of one purpose. Each has its own, so that nobody waits behind another's work, and its own time limits:
 * whatever happens to this process or to the network, PostgreSQL ends what runs or holds locks longer.
 */
export interface Lane {
  readonly name: string;
  readonly connections: number;
  /** A single statement. */
  readonly statementMs: number;
  readonly readOnly?: boolean;
  /** What is committed may be lost when PostgreSQL crashes. */
  readonly mayBeLost?: boolean;
}

/**
 * Idle in a transaction: its locks keep others waiting, so this, the time to see that, and a retry fit into 5 s. A
 * transaction does nothing between its statements that takes a second.
 */
const IDLE_IN_TRANSACTION_MS = 3_500;
/** Longer than the slowest holder of a lock that is alive, and then some. */
const LOCK_MS = 10_000;
/** What was sent and not acknowledged, or a peer that answers no probe, is a broken connection. */
const UNACKNOWLEDGED_MS = 4_000;
/** For an answer to travel: after that, nothing comes any more. */
const ANSWER_MS = 2_000;

/** Planning the large statements costs several times what running them does; their plans do not depend on values. */
const PLANNING = { plan_cache_mode: 'force_generic_plan', jit: 'off' };

/** How the server learns that its client is gone; on a Unix socket they do nothing. */
export const TCP = {
  tcp_user_timeout: UNACKNOWLEDGED_MS,
  tcp_keepalives_idle: 2,
  tcp_keepalives_interval: 1,
  tcp_keepalives_count: 3,
};

/** Limits of a session that PostgreSQL enforces, for the connection's `options`. */
export function sessionOptions({
  statementMs,
  readOnly = false,
  mayBeLost = false,
}: Omit<Lane, 'name' | 'connections'>) {
  return optionsText({
    ...PLANNING,
    ...TCP,
    statement_timeout: statementMs,
    lock_timeout: LOCK_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    ...(readOnly && { default_transaction_read_only: 'on' }),
    ...(mayBeLost && { synchronous_commit: 'off' }),
  });
}

/** A session without limits, but not without a peer: for migrations. */
export const PATIENT_OPTIONS = optionsText({ ...PLANNING, ...TCP });

export function optionsText(settings: Readonly<Record<string, string | number>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ');
}

/** The same on this side: pg waits for ever for an answer unless it is told not to. */
export function clientLimits({ statementMs }: Pick<Lane, 'statementMs'>) {
  return { query_timeout: statementMs + ANSWER_MS, keepAlive: true, keepAliveInitialDelayMillis: 2_000 };
}
