import type { KeyObject } from 'node:crypto';
import {
  type AgentStatus,
  SignatureError,
  type Statement,
  TrustcastError,
  type VerificationKeys,
  keyFromJwk,
  subjectsOf,
  thumbprintOf,
  usersOf,
  verifyAgentStatus,
  verifyStatement,
} from '@trustcast/schema';
import type { EnvironmentKind } from '../records/environment-record.js';
import type { Problems } from '../../platform/problems/problems.js';
import { agentById } from '../identity/sql/agent-credentials.js';
import type { Sql } from '../../platform/postgres/statement.js';
import { DatabaseBusyError } from '../../platform/postgres/database-errors.js';
import { type VerifiedStatus, storeStatuses } from './sql/store-statuses.js';
import type { NatsLink } from '../../platform/nats/nats-link.js';

export interface StatusIntakeOptions {
  /** A connection of its own: statuses do not wait behind mutations, nor for the disk. */
  readonly sql: Sql;
  readonly installation: string;
  /** The service's own keys: a statement that they signed and the database does not know shows a restore. Another object where they changed. */
  readonly statementKeys: () => Promise<VerificationKeys>;
  readonly problems: Problems;
  readonly onCounted?: (outcome: StatusOutcome | 'refused' | 'lost', transport: StatusTransport) => void;
}

/** Which way a status came. */
export type StatusTransport = 'nats' | 'http';
/** It is the agent's latest, or a later one is known. */
export type StatusOutcome = 'stored' | 'old';

/** One process of the service gets each status. */
const QUEUE = 'trustcast-status';
const MAX_KNOWN = 100_000;
/** Keys of an agent are read again that often at most where a signature does not fit. */
const KEYS_TTL_MS = 1_000;

interface KnownAgent {
  readonly keys: VerificationKeys;
  readonly kind: EnvironmentKind;
  readonly environmentId: string;
  readonly readAt: number;
  /** When one of the keys ends, in milliseconds since the Unix epoch; null: none does. */
  readonly until: number | null;
  /** The statement that it carried last: agents repeat it. */
  statement:
    { readonly compact: string; readonly keys: VerificationKeys; readonly claims: Statement | null } | undefined;
}

interface Arrived {
  readonly agentId: string;
  readonly compact: string;
  readonly transport: StatusTransport;
  readonly arrivedAt: number;
  readonly statementKeys: VerificationKeys;
}

/** One that waits to be stored, and who waits for that. */
interface Waiting extends VerifiedStatus {
  readonly settle: (outcome: StatusOutcome) => void;
  readonly fail: (error: unknown) => void;
}

/** Believes statuses that are signed with their agent's key, whichever way they come, and stores the latest of each. */
export class StatusIntake {
  readonly #options: StatusIntakeOptions;
  readonly #agents = new Map<string, KnownAgent>();
  /** Arrived while a store was under way; the latest of each agent. */
  #waiting = new Map<string, Waiting>();
  #storing: Promise<void> | undefined;

  constructor(options: StatusIntakeOptions) {
    this.#options = options;
  }

  /** What is remembered of an agent is no longer so; without an id, of all. */
  forget(agentId?: string): void {
    if (agentId === undefined) this.#agents.clear();
    else this.#agents.delete(agentId);
  }

  /** One of the service's processes gets each message. */
  subscribe(nats: NatsLink): void {
    const { installation, problems } = this.#options;
    nats.onConnected((connection) => {
      problems.ended('STATUSES_REFUSED', 'NATS is asked again for what agents report');
      connection.subscribe(subjectsOf(installation).allStatus, {
        queue: QUEUE,
        callback: (error, message) => {
          if (error) problems.began('STATUSES_REFUSED', 'NATS does not let the service hear what agents report', error);
          // What is wrong with it was noted; nobody waits for an answer.
          else void this.take(agentOf(message.subject), message.string(), 'nats').catch(() => undefined);
        },
      });
    });
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    await this.#storing;
  }

  /**
   * Takes what an agent says of itself.
   *
   * @throws TrustcastError that is not retryable: the status is not believed. Anything else: it could not be stored now
   */
  async take(agentId: string, compact: string, transport: StatusTransport): Promise<StatusOutcome> {
    const { problems, onCounted } = this.#options;
    try {
      const outcome = await this.#enqueue(await this.#verify(agentId, compact, transport));
      onCounted?.(outcome, transport);
      return outcome;
    } catch (error) {
      const known = error instanceof TrustcastError && !error.retryable;
      onCounted?.(known ? 'refused' : 'lost', transport);
      if (error instanceof UnstorableError) problems.began(error.code, error.message, error.cause, agentId);
      else if (known) problems.began('STATUS_REFUSED', 'a status is not believed', error, agentId);
      else problems.failed('STATUS_NOT_STORED', 'a status cannot be stored', error);
      throw error;
    }
  }

  /** Resolves once it is stored, or a later one of the same agent takes its place. */
  #enqueue(verified: VerifiedStatus): Promise<StatusOutcome> {
    return new Promise((settle, fail) => {
      const { agent } = verified.status;
      const other = this.#waiting.get(agent);
      if (other && !isLater(verified.status, other.status)) {
        settle('old');
        return;
      }
      other?.settle('old');
      this.#waiting.set(agent, { ...verified, settle, fail });
      this.#storing ??= this.#store().finally(() => (this.#storing = undefined));
    });
  }

  /** What is not believed by the keys of a while ago is judged once more: another key may have taken over. */
  async #verify(agentId: string, compact: string, transport: StatusTransport): Promise<VerifiedStatus> {
    const arrivedAt = Date.now();
    const agent = await this.#agent(agentId);
    const arrived = { agentId, compact, transport, arrivedAt, statementKeys: await this.#options.statementKeys() };
    try {
      return this.#verifyAs(agent, arrived);
    } catch (error) {
      if (!(error instanceof SignatureError) || performance.now() - agent.readAt < KEYS_TTL_MS) throw error;
      this.forget(agentId);
      return this.#verifyAs(await this.#agent(agentId), arrived);
    }
  }

  #verifyAs(
    agent: KnownAgent,
    { agentId, compact, transport, arrivedAt, statementKeys: keys }: Arrived,
  ): VerifiedStatus {
    const isGateway = usersOf(agent.kind) !== 'JVMS';
    // It may publish nothing there; where nats-server lets everybody in, the service holds to it.
    if (isGateway && transport === 'nats')
      throw new TrustcastError('STATUS_NOT_ACCEPTED', 'a gateway reports over HTTP');
    const status = verifyAgentStatus(compact, agent.keys);
    if (isGateway && (status.jvms.length > 0 || status.leftOut !== null))
      throw new TrustcastError('STATUS_NOT_ACCEPTED', 'a gateway has no JVMs to report');
    if (status.agent !== agentId) throw new TrustcastError('STATUS_OTHER_AGENT', 'sent in another agent’s name');
    if (status.installation !== this.#options.installation || status.environment !== agent.environmentId)
      throw new TrustcastError('STATUS_OTHER_ENVIRONMENT', 'of another installation or environment');
    if (status.statement === null) return { status, statement: null, arrivedAt };
    if (agent.statement?.compact !== status.statement || agent.statement.keys !== keys)
      agent.statement = { compact: status.statement, keys, claims: claimsOf(status, keys) };
    return { status, statement: agent.statement.claims, arrivedAt };
  }

  async #agent(id: string): Promise<KnownAgent> {
    const known = this.#agents.get(id);
    if (known && (known.until === null || known.until > Date.now())) return known;
    const found = /^[0-9a-f-]{36}$/.test(id) ? await agentById(this.#options.sql, id) : null;
    if (!found?.publicKey) throw new TrustcastError('AGENT_UNKNOWN', 'not registered');
    if (found.revokedAt !== null) throw new TrustcastError('AGENT_REVOKED', 'revoked by an administrator');
    const keys = new Map<string, KeyObject>();
    for (const jwk of [found.publicKey, found.previousKey]) if (jwk) keys.set(thumbprintOf(jwk), keyFromJwk(jwk));
    const { kind, environmentId, previousKeyUntil: until } = found;
    const agent: KnownAgent = { keys, kind, environmentId, readAt: performance.now(), until, statement: undefined };
    if (this.#agents.size >= MAX_KNOWN) this.#agents.clear();
    this.#agents.set(id, agent);
    return agent;
  }

  async #store(): Promise<void> {
    while (this.#waiting.size > 0) {
      const batch = [...this.#waiting.values()];
      this.#waiting = new Map();
      await this.#storeBatch(batch);
    }
  }

  async #storeBatch(batch: readonly Waiting[]): Promise<void> {
    const { sql, problems } = this.#options;
    try {
      const stored = await storeStatuses(sql, batch);
      for (const { status, settle } of batch) {
        settle(stored.includes(status.agent) ? 'stored' : 'old');
        for (const code of ['STATUS_REFUSED', 'STATUS_NOT_STORED'])
          problems.ended(code, 'statuses of the agent are stored again', status.agent);
      }
      problems.ended('STATUS_NOT_STORED', 'statuses are stored again');
    } catch (error) {
      if (problems.isExplained(error)) for (const { fail } of batch) fail(error);
      else if (batch.length > 1) {
        // One that PostgreSQL refuses must not take the others with it.
        for (const status of batch) await this.#storeBatch([status]);
      } else
        batch[0]?.fail(error instanceof TrustcastError ? new DatabaseBusyError(error) : new UnstorableError(error));
    }
  }
}

/** Only a statement of this very environment says anything about it. */
function claimsOf(status: AgentStatus, keys: VerificationKeys): Statement | null {
  try {
    const claims = verifyStatement(status.statement ?? '', keys);
    return claims.installation === status.installation && claims.environment === status.environment ? claims : null;
  } catch (error) {
    if (error instanceof TrustcastError) return null;
    throw error;
  }
}

/** PostgreSQL does not take it, and would not another time. */
class UnstorableError extends TrustcastError {
  constructor(cause: unknown) {
    super('STATUS_NOT_STORED', 'the status cannot be stored', { cause });
  }
}

function agentOf(subject: string): string {
  return subject.slice(subject.lastIndexOf('.') + 1);
}

/** As `storeStatuses` orders them. */
function isLater(a: AgentStatus, b: AgentStatus): boolean {
  return (a.session - b.session || a.startedAt - b.startedAt || a.sequence - b.sequence) > 0;
}
