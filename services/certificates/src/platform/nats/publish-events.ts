import { headers } from '@nats-io/transport-node';
import { TrustcastError, subjectsOf } from '@trustcast/schema';
import type { NatsLink } from './nats-link.js';

const FLUSH_TIMEOUT_MS = 2_000;

/** An event with the attributes of CloudEvents 1.0. */
export interface Event {
  readonly type: string;
  readonly id: string;
  /** Subject of the event: the name of an environment. */
  readonly subject: string;
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
  /** Id by which a stream drops duplicates. */
  readonly once: boolean;
  readonly body: Uint8Array;
}

/** Publishes events, and returns once the server has them. */
export type PublishEvents = (
  kind: 'changed' | 'heartbeat' | 'expiring',
  environment: string,
  events: readonly Event[],
) => Promise<void>;

export function eventPublisher(nats: NatsLink, installation: string): PublishEvents {
  const subjects = subjectsOf(installation);
  return async (kind, environment, events) => {
    const connection = nats.connection();
    if (!connection) throw unavailable('NATS is not connected');
    for (const { type, id, subject, time, once, body } of events) {
      const attributes = headers();
      attributes.set('ce-specversion', '1.0');
      attributes.set('ce-type', type);
      attributes.set('ce-source', `urn:uuid:${installation}`);
      attributes.set('ce-subject', subject);
      attributes.set('ce-time', new Date(time).toISOString());
      attributes.set('ce-id', id);
      attributes.set('content-type', 'application/json');
      if (once) attributes.set('Nats-Msg-Id', id);
      connection.publish(subjects[kind](environment), body, { headers: attributes });
    }
    await answered(connection.flush(), () => nats.distrust(connection));
  };
}

function unavailable(message: string, cause?: unknown): TrustcastError {
  return new TrustcastError('NATS_UNAVAILABLE', message, { retryable: true, cause });
}

async function answered(flushed: Promise<void>, onSilence: () => void): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(unavailable('NATS does not answer'));
      onSilence();
    }, FLUSH_TIMEOUT_MS);
  });
  try {
    await Promise.race([flushed, timeout]);
  } catch (error) {
    // If the connection ends meanwhile, the next one is tried.
    throw error instanceof TrustcastError ? error : unavailable('NATS went away', error);
  } finally {
    clearTimeout(timer);
  }
}
