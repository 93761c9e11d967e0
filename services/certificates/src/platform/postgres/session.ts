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
  /** Whether commits may be lost in a crash of PostgreSQL. */
  readonly mayBeLost?: boolean;
}

/**
 * Idle in a transaction: its locks keep others waiting, so this, the time to see that, and a retry fit into 5 s. A
 * transaction does nothing between its statements that takes a second.
 */
const IDLE_IN_TRANSACTION_MS = 3_500;
/** Longer than any live transaction holds a lock. */
const LOCK_MS = 10_000;
/** A connection is broken if data is not acknowledged, or probes are not answered, for this long. */
const UNACKNOWLEDGED_MS = 4_000;
/** Time for an answer to arrive after the server's own limit. */
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

/** Session without time limits that still detects a lost peer; for migrations. */
export const PATIENT_OPTIONS = optionsText({ ...PLANNING, ...TCP });

export function optionsText(settings: Readonly<Record<string, string | number>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ');
}

/** The same limits on the client's side, because pg waits for an answer without limit by default. */
export function clientLimits({ statementMs }: Pick<Lane, 'statementMs'>) {
  return { query_timeout: statementMs + ANSWER_MS, keepAlive: true, keepAliveInitialDelayMillis: 2_000 };
}
