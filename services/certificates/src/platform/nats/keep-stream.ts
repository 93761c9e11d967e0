import { DiscardPolicy, type JetStreamManager, JetStreamApiError, jetstreamManager } from '@nats-io/jetstream';
import { LIMITS, subjectsOf } from '@trustcast/schema';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Log } from '@trustcast/config';
import type { ProblemReports } from '../problems/problem-reports.js';
import { type Gateway, keepGatewayConsumers } from './gateway-consumers.js';
import type { NatsLink } from './nats-link.js';

const WEEK_NS = 7 * 24 * 3_600 * 1e9;
const RETRY_MS = 5_000;
/** The stream exists with another configuration. */
const NAME_IN_USE = 10_058;
const MiB = 1024 * 1024;
/** Storage that nats-server reserves. The oldest events make room, first those of the same environment. */
export const STREAM_LIMITS = {
  max_bytes: 512 * MiB,
  max_msgs_per_subject: 2_000,
  /** An event with its headers. */
  max_msg_size: LIMITS.eventBytes + 64 * 1024,
  discard: DiscardPolicy.Old,
} as const;

export interface StreamParts {
  readonly nats: NatsLink;
  readonly installation: string;
  readonly replicas: number;
  readonly gateways: () => Promise<readonly Gateway[]>;
  readonly problems: ProblemReports;
  readonly log: Log;
}

export interface KeptStream {
  /** Called when gateways were added or removed. */
  readonly gatewaysChanged: () => void;
  readonly end: () => void;
}

/**
 * Where JetStream exists, a stream captures the change events for gateways and auditors. Nobody who manages trust relies
 * on it: a failure is reported and tolerated. Its storage may be lost, so it is made again after every reconnection.
 */
export function keepStream({ nats, installation, replicas, gateways, problems, log }: StreamParts): KeptStream {
  const { stream, changed, expiring } = subjectsOf(installation);
  let retry: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  let queued = false;
  let ended = false;
  const ensure = async (connection: NatsConnection) => {
    queued = false;
    clearTimeout(retry);
    if (ended || connection.isClosed() || connection.info?.jetstream !== true) return;
    try {
      const manager = await jetstreamManager(connection, { timeout: 2_000, checkAPI: false });
      const limits = { max_age: WEEK_NS, num_replicas: replicas, ...STREAM_LIMITS };
      try {
        await manager.streams.add({ name: stream, subjects: [changed('*'), expiring('*')], ...limits });
      } catch (error) {
        if (!(error instanceof JetStreamApiError && error.code === NAME_IN_USE)) throw error;
        await limitUnlimited(manager, stream);
      }
      await keepGatewayConsumers(manager, installation, await gateways());
      log.info('the stream of change events is ready', { stream });
    } catch (error) {
      if (connection.isClosed()) return;
      problems.began('STREAM_UNAVAILABLE', 'there is no stream of change events; trying again', error);
      retry = setTimeout(() => enqueue(connection), RETRY_MS);
      return;
    }
    problems.ended('STREAM_UNAVAILABLE', 'there is a stream of change events');
  };
  /** Runs one at a time; calls during a run share the next one. */
  const enqueue = (connection: NatsConnection) => {
    if (queued) return;
    queued = true;
    running = running.then(() => ensure(nats.connection() ?? connection));
  };
  const unlisten = nats.onConnected(enqueue);
  return {
    gatewaysChanged: () => {
      const current = nats.connection();
      if (current) enqueue(current);
    },
    end: () => {
      ended = true;
      unlisten();
      clearTimeout(retry);
    },
  };
}

/** A stream of an earlier release has no limits. Limits that an operator has set stay. */
async function limitUnlimited(manager: JetStreamManager, stream: string): Promise<void> {
  const { config } = await manager.streams.info(stream);
  const { max_bytes: bytes, max_msgs: messages, max_msgs_per_subject: perSubject } = config;
  if (bytes === -1 && messages === -1 && perSubject === -1) await manager.streams.update(stream, STREAM_LIMITS);
}
