import { hostname } from 'node:os';
import {
  type AgentStatus,
  type HostReportedState,
  type Registration,
  comparePositions,
  plainText,
} from '@trustcast/schema';
import type { Distribution } from '../distribution/distribution.js';
import type { Keyring } from '../distribution/keyring.js';
import type { ServiceClient } from '../distribution/service-client.js';
import { DEFAULT_MAX_PAYLOAD } from '../distribution/nats-subscriber.js';
import type { Registrar } from '../distribution/registrar.js';
import { scopeOf } from '../distribution/scope.js';
import type { JvmRegistry } from '../jvms/jvm-registry.js';
import type { HighWaterMarks } from '../state/high-water-marks.js';
import type { Quarantine } from '../truststore/quarantine.js';
import type { TruststoreUpdater } from '../truststore/truststore-updater.js';
import type { WrittenHistory } from '../truststore/written-history.js';
import { AGENT_VERSION } from '../version.js';
import { bootId } from '../jvms/processes/process-facts.js';
import { fitQuarantine } from './fit-quarantine.js';
import { fitJvms, sizeOf, statusBytes } from './fit-jvms.js';

/** The parts of an agent that a report describes. */
export interface ReportedAgent {
  readonly registration: Registration | null;
  readonly distribution: Distribution | null;
  /** Maximum size of a NATS message; undefined without a connection. */
  readonly maxPayload: number | undefined;
}

export interface AgentReportParts {
  readonly registry: JvmRegistry;
  readonly history: WrittenHistory;
  readonly marks: HighWaterMarks;
  readonly truststore: TruststoreUpdater;
  readonly quarantine: Quarantine;
  readonly http: ServiceClient;
  readonly registrar: Registrar;
  readonly keyring: Keyring;
  /** Reason why missing state cannot be written. */
  readonly stateProblem: () => string | null;
}

/** Composes the report of an agent and its JVMs. */
export class AgentReport {
  readonly #parts: AgentReportParts;
  readonly #startedAt = Date.now();
  #sequence = 0;

  constructor(parts: AgentReportParts) {
    this.#parts = parts;
  }

  compose({ registration, distribution, maxPayload }: ReportedAgent): AgentStatus {
    const last = this.#parts.history.last;
    const { state, reason } = this.#state(distribution);
    this.#sequence += 1;
    const status: Omit<AgentStatus, 'jvms' | 'leftOut'> = {
      agent: registration?.agent ?? '',
      installation: registration?.installation ?? '',
      environment: registration?.environment.id ?? '',
      session: registration?.session ?? 0,
      startedAt: this.#startedAt,
      sequence: this.#sequence,
      sentAt: Date.now(),
      agentVersion: AGENT_VERSION,
      hostname: plainText(hostname(), 255),
      bootId: bootId(),
      state,
      reason: reason === null ? null : plainText(reason),
      written: last?.position ?? null,
      managed: last?.managed ?? 0,
      base: last?.base ?? 0,
      issuerBytes: last?.issuerBytes ?? null,
      statement: this.#furthest(registration, distribution),
      clockOffsetMs: distribution?.clockOffsetMs ?? null,
      refused: distribution?.refused ?? {},
      quarantine: fitQuarantine(this.#parts.quarantine.entries),
    };
    const bytes = statusBytes(maxPayload ?? DEFAULT_MAX_PAYLOAD) - sizeOf(status);
    return { ...status, ...fitJvms(this.#parts.registry.listing(), bytes) };
  }

  #state(distribution: Distribution | null): { state: HostReportedState; reason: string | null } {
    const { registrar, keyring, truststore, quarantine, http, stateProblem } = this.#parts;
    const problem =
      registrar.refusal ??
      truststore.problem ??
      distribution?.problem ??
      stateProblem() ??
      keyring.problem ??
      registrar.problem ??
      quarantine.reason;
    if (problem !== null) return { state: 'FAILED', reason: problem };
    if (!distribution || distribution.isStale) return { state: 'STALE', reason: http.trouble ?? 'NO_FRESH_STATEMENT' };
    if (distribution.isBehind || !distribution.accepted) return { state: 'RECEIVED', reason: this.#waiting() };
    return { state: 'WRITTEN', reason: truststore.notice };
  }

  /** The furthest statement of this host, also where its set was lost. */
  #furthest(registration: Registration | null, distribution: Distribution | null): string | null {
    const accepted = distribution?.accepted ?? null;
    const mark = registration && this.#parts.marks.of(scopeOf(registration));
    if (!mark || (accepted && comparePositions(accepted.statement, mark) >= 0)) return accepted?.compact ?? null;
    return mark.compact;
  }

  /** The reason for RECEIVED: a request without an answer would otherwise look like one that was never sent. */
  #waiting(): string | null {
    const { waitingSince, trouble } = this.#parts.http;
    return waitingSince === null ? trouble : `WAITING_FOR_SERVICE: since ${new Date(waitingSince).toISOString()}`;
  }
}
