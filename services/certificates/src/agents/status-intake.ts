import type { KeyObject } from 'node:crypto';
import type { Subscription } from '@nats-io/transport-node';
import {
  type AgentStatus,
  type Statement,
  TrustcastError,
  type VerificationKeys,
  keyFromJwk,
  subjectsOf,
  thumbprintOf,
  verifyAgentStatus,
  verifyStatement,
} from '@trustcast/schema';
import type { Logger } from 'pino';
import { agentById } from '../postgres/agent-credentials.js';
import { DatabaseUnavailableError } from '../postgres/errors.js';
import type { Sql } from '../postgres/statement.js';
import { type VerifiedStatus, storeStatuses } from '../postgres/store-statuses.js';
import type { NatsLink } from '../relay/nats-link.js';

export interface StatusIntakeOptions {
  /** A connection of its own: statuses do not wait behind mutations, nor for the disk. */
  readonly sql: Sql;
  readonly installation: string;
  /** The service's own keys: a statement that they signed and the database does not know shows a restore. */
  readonly statementKeys: VerificationKeys;
  readonly log: Logger;
  readonly onCounted?: (outcome: 'stored' | 'old' | 'refused' | 'lost') => void;
}

/** One process of the service gets each status. */
const QUEUE = 'trustcast-status';
const MAX_KNOWN = 100_000;

interface KnownAgent {
  readonly keys: VerificationKeys;
  readonly environmentId: string;
  /** The statement that it carried last: agents repeat it. */
  statement: { readonly compact: string; readonly claims: Statement | null } | undefined;
}

/** Believes statuses that are signed with their agent's key, and stores the latest of each. */
export class StatusIntake {
  readonly #options: StatusIntakeOptions;
  readonly #agents = new Map<string, KnownAgent>();
  /** Arrived while a store was under way; the latest of each agent. */
  #waiting = new Map<string, VerifiedStatus>();
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
  subscribe({ connection }: NatsLink): Subscription {
    return connection.subscribe(subjectsOf(this.#options.installation).allStatus, {
      queue: QUEUE,
      callback: (error, message) => {
        if (error) this.#options.log.warn({ err: error }, 'statuses cannot be received');
        else void this.receive(message.subject, message.string());
      },
    });
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    await this.#storing;
  }

  async receive(subject: string, compact: string): Promise<void> {
    try {
      const verified = await this.#verify(subject, compact);
      const { agent } = verified.status;
      const other = this.#waiting.get(agent)?.status;
      if (!other || isLater(verified.status, other)) this.#waiting.set(agent, verified);
      await (this.#storing ??= this.#store().finally(() => (this.#storing = undefined)));
    } catch (error) {
      const known = error instanceof TrustcastError;
      this.#options.onCounted?.(known && !error.retryable ? 'refused' : 'lost');
      const fields = known ? { code: error.code, reason: error.message } : { err: error };
      this.#options.log.warn({ subject, ...fields }, 'a status was not stored');
    }
  }

  async #verify(subject: string, compact: string): Promise<VerifiedStatus> {
    const agentId = subject.slice(subject.lastIndexOf('.') + 1);
    const agent = await this.#agent(agentId);
    const status = verifyAgentStatus(compact, agent.keys);
    if (status.agent !== agentId) throw new TrustcastError('STATUS_OTHER_AGENT', 'sent on another agent’s subject');
    if (status.installation !== this.#options.installation || status.environment !== agent.environmentId)
      throw new TrustcastError('STATUS_OTHER_ENVIRONMENT', 'of another installation or environment');
    if (status.statement === null) return { status, statement: null };
    if (agent.statement?.compact !== status.statement)
      agent.statement = { compact: status.statement, claims: this.#claims(status) };
    return { status, statement: agent.statement.claims };
  }

  /** Only a statement of this very environment says anything about it. */
  #claims(status: AgentStatus): Statement | null {
    try {
      const claims = verifyStatement(status.statement ?? '', this.#options.statementKeys);
      return claims.installation === status.installation && claims.environment === status.environment ? claims : null;
    } catch (error) {
      if (error instanceof TrustcastError) return null;
      throw error;
    }
  }

  async #agent(id: string): Promise<KnownAgent> {
    const known = this.#agents.get(id);
    if (known) return known;
    const found = /^[0-9a-f-]{36}$/.test(id) ? await agentById(this.#options.sql, id) : null;
    if (!found?.publicKey) throw new TrustcastError('AGENT_UNKNOWN', 'not registered');
    const keys = new Map<string, KeyObject>([[await thumbprintOf(found.publicKey), keyFromJwk(found.publicKey)]]);
    const agent: KnownAgent = { keys, environmentId: found.environmentId, statement: undefined };
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

  async #storeBatch(batch: readonly VerifiedStatus[]): Promise<void> {
    const { sql, log, onCounted } = this.#options;
    try {
      const stored = await storeStatuses(sql, batch);
      for (const { status } of batch) onCounted?.(stored.includes(status.agent) ? 'stored' : 'old');
    } catch (error) {
      if (error instanceof DatabaseUnavailableError) {
        batch.forEach(() => onCounted?.('lost'));
        log.warn({ err: error }, 'statuses are lost until the database is back; agents repeat them');
      } else if (batch.length > 1) {
        // One that PostgreSQL refuses must not take the others with it.
        for (const status of batch) await this.#storeBatch([status]);
      } else {
        onCounted?.('refused');
        log.warn({ err: error, agent: batch[0]?.status.agent }, 'a status cannot be stored');
      }
    }
  }
}

function isLater(a: AgentStatus, b: AgentStatus): boolean {
  return a.startedAt > b.startedAt || (a.startedAt === b.startedAt && a.sequence > b.sequence);
}
