import { JetStreamApiError, jetstreamManager } from '@nats-io/jetstream';
import { subjectsOf } from '@trustcast/schema';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import type { Problems } from '../health/problems.js';
import type { NatsLink } from './nats-link.js';

const WEEK_NS = 7 * 24 * 3_600 * 1e9;
const RETRY_MS = 5_000;
/** The stream is there with another configuration: its operator's. */
const NAME_IN_USE = 10_058;

/**
 * Where JetStream exists, a stream captures the change events for gateways and auditors. Nobody who manages trust relies
 * on it: that it cannot be made is told and borne. Its storage may be lost, so it is made again after every reconnection.
 *
 * @returns ends it
 */
export function keepStream(
  nats: NatsLink,
  installation: string,
  replicas: number,
  problems: Problems,
  log: Logger,
): () => void {
  const { stream, changed, expiring } = subjectsOf(installation);
  let retry: NodeJS.Timeout | undefined;
  const ensure = async (connection: NatsConnection) => {
    clearTimeout(retry);
    if (connection.info?.jetstream !== true) return;
    try {
      const manager = await jetstreamManager(connection, { timeout: 2_000, checkAPI: false });
      await manager.streams.add({
        name: stream,
        subjects: [changed('*'), expiring('*')],
        max_age: WEEK_NS,
        num_replicas: replicas,
      });
      log.info({ stream }, 'the stream of change events is there');
    } catch (error) {
      if (connection.isClosed()) return;
      if (!(error instanceof JetStreamApiError && error.code === NAME_IN_USE)) {
        problems.began('STREAM_UNAVAILABLE', 'there is no stream of change events; trying again', error);
        retry = setTimeout(() => void ensure(connection), RETRY_MS);
        return;
      }
    }
    problems.ended('STREAM_UNAVAILABLE', 'there is a stream of change events');
  };
  const end = nats.onConnected((connection) => void ensure(connection));
  return () => {
    end();
    clearTimeout(retry);
  };
}
