import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { Sql } from '../../../platform/postgres/statement.js';
import { databaseGauges } from './database-gauges.js';

export interface Metrics {
  readonly registry: Registry;
  readonly statuses: Counter<'outcome' | 'transport'>;
  readonly published: Counter<'kind'>;
  readonly natsUsers: Counter<'outcome'>;
  readonly removed: Counter<'kind'>;
  readonly retentionRun: Gauge;
  readonly refusedConnections: Counter;
  readonly deferredAgents: Counter;
  readonly refusedIdentities: Counter<'door'>;
  readonly refusedUserTokens: Counter<'reason'>;
  readonly rateLimited: Counter<'limit'>;
  readonly denials: Counter<'permission'>;
  readonly registrations: Counter<'outcome'>;
  readonly accesses: Counter<'action'>;
  readonly requests: Histogram<'operation' | 'outcome'>;
}

/** Metrics. No name of a certificate or host is a label. */
export function makeMetrics(
  sql: Sql,
  observed: { readonly leading: () => boolean; readonly subscribers: () => number },
): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  new Gauge({
    name: 'trustcast_relay_leader',
    help: '1 in the process that leads the relay, 0 in the others.',
    registers,
    collect() {
      this.set(observed.leading() ? 1 : 0);
    },
  });
  new Gauge({
    name: 'trustcast_subscription_connections',
    help: 'Number of open WebSocket connections.',
    registers,
    collect() {
      this.set(observed.subscribers());
    },
  });
  databaseGauges(registry, sql);
  return {
    registry,
    statuses: new Counter({
      name: 'trustcast_agent_statuses_total',
      help: 'Number of agent reports that this process received, by route: nats, or http while NATS is away.',
      labelNames: ['outcome', 'transport'],
      registers,
    }),
    removed: new Counter({
      name: 'trustcast_retention_removed_rows_total',
      help: 'Number of rows that this process deleted after their retention time.',
      labelNames: ['kind'],
      registers,
    }),
    retentionRun: new Gauge({
      name: 'trustcast_retention_last_success_timestamp_seconds',
      help: 'Time at which this process, as the leader, last completed the retention job; 0 if never.',
      registers,
    }),
    published: new Counter({
      name: 'trustcast_published_messages_total',
      help: 'Number of messages that this process published.',
      labelNames: ['kind'],
      registers,
    }),
    refusedConnections: new Counter({
      name: 'trustcast_refused_connections_total',
      help: 'Number of connections closed because there were too many, or too many without a valid token.',
      registers,
    }),
    deferredAgents: new Counter({
      name: 'trustcast_deferred_agent_requests_total',
      help: 'Number of agent requests rejected for a retry because too many were in flight.',
      registers,
    }),
    refusedIdentities: new Counter({
      name: 'trustcast_refused_identities_total',
      help: 'Number of requests and WebSockets without a valid token, by target: api, agent or websocket.',
      labelNames: ['door'],
      registers,
    }),
    refusedUserTokens: new Counter({
      name: 'trustcast_refused_user_tokens_total',
      help: 'Number of tokens of identity providers that were refused, by reason.',
      labelNames: ['reason'],
      registers,
    }),
    rateLimited: new Counter({
      name: 'trustcast_rate_limited_requests_total',
      help: 'Number of requests answered 429 before anybody was asked who it is, by limit: token, or address (too many tokens that open nothing).',
      labelNames: ['limit'],
      registers,
    }),
    denials: new Counter({
      name: 'trustcast_denials_total',
      help: 'Number of requests that were refused because the caller lacks a permission, by permission.',
      labelNames: ['permission'],
      registers,
    }),
    registrations: new Counter({
      name: 'trustcast_agent_registrations_total',
      help: 'Number of agent registrations by result: pinned (first use of the key), again, or refused (another key).',
      labelNames: ['outcome'],
      registers,
    }),
    accesses: new Counter({
      name: 'trustcast_accesses_total',
      help: 'Number of audited accesses by action; the audit itself records them at a limited rate.',
      labelNames: ['action'],
      registers,
    }),
    natsUsers: new Counter({
      name: 'trustcast_nats_users_files_total',
      help: 'Number of NATS users files by result: loaded by nats-server, or refused.',
      labelNames: ['outcome'],
      registers,
    }),
    requests: new Histogram({
      name: 'trustcast_graphql_request_seconds',
      help: 'Duration of GraphQL requests over HTTP.',
      labelNames: ['operation', 'outcome'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
      registers,
    }),
  };
}
