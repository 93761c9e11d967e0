import { jetstreamManager } from '@nats-io/jetstream';
import { subjects } from '@trustcast/schema';
import type { Logger } from 'pino';
import type { NatsLink } from './nats-link.js';

export const STREAM = 'TRUSTCAST';
const WEEK_NS = 7 * 24 * 3_600 * 1e9;

/**
 * Where JetStream exists, a stream captures the change events for gateways and auditors. Nobody who manages trust relies
 * on it: that it cannot be made is told and borne.
 */
export async function ensureStream({ connection }: NatsLink, log: Logger): Promise<void> {
  if (connection.info?.jetstream !== true) return;
  try {
    const manager = await jetstreamManager(connection, { timeout: 2_000 });
    const config = { name: STREAM, subjects: [subjects.changed('*')], max_age: WEEK_NS, num_replicas: 1 };
    const streams = await manager.streams.list().next();
    if (streams.some((stream) => stream.config.name === STREAM)) return;
    await manager.streams.add(config);
    log.info({ stream: STREAM }, 'the stream of change events was made');
  } catch (error) {
    log.warn({ err: error }, 'there is no stream of change events');
  }
}
