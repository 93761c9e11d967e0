/** Caps that both sides of the contract enforce. Sizes in bytes. */
export const LIMITS = Object.freeze({
  statementBytes: 8 * 1024,
  derBytes: 64 * 1024,
  entries: 20_000,
  /** A decoded message: event, heartbeat or pull answer, after decompression. */
  messageBytes: 32 * 1024 * 1024,
  /**
   * The subjects of all anchors of a JVM, each with 2 bytes before it: a server that asks for client certificates sends them.
   * Java takes a message of 32,768 bytes (`jdk.tls.maxHandshakeMessageSize`), of which up to 85 are not subjects.
   */
  issuerListBytes: 32 * 1024 - 256,
  issuerListWarningBytes: 24 * 1024,
  /** An event whose body is larger is sent without data; agents pull. */
  eventBytes: 256 * 1024,
  registrationBytes: 16 * 1024,
  /** Roots and the list of keys that sign statements, as they are handed on. */
  keyDocumentBytes: 64 * 1024,
  agentStatusBytes: 512 * 1024,
  /** A signed status: its JSON in base64url, with header and signature. */
  agentStatusCompactBytes: 700 * 1024,
  agentStatusJvms: 1_000,
  jvmStatusBytes: 64 * 1024,
});

/** How long a statement is believed after `issuedAt`. */
export const STATEMENT_LIFETIME_MS = 10 * 60_000;
/** How far the two clocks may be apart. */
export const CLOCK_SKEW_MS = 5 * 60_000;
/** How often the relay repeats the current statement of each environment. */
export const HEARTBEAT_INTERVAL_MS = 15_000;
/** How often an agent repeats its status while nothing changes, give or take a tenth: one that is lost makes nobody unreachable. */
export const REPORT_INTERVAL_MS = 20_000;
/** Silence after which an agent's knowledge is stale. */
export const STALE_AFTER_MS = 45_000;
/** Silence after which the service calls an agent unreachable. */
export const UNREACHABLE_AFTER_MS = 60_000;
/** How far two clocks may be apart after they were compared, and how long a message may be under way, without being late. */
export const CLOCK_TOLERANCE_MS = 15_000;
