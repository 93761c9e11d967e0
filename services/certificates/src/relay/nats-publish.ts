import { headers } from '@nats-io/transport-node';
import { CHANGED_EVENT_TYPE, HEARTBEAT_EVENT_TYPE, TrustcastError, subjects } from '@trustcast/schema';
import type { Publish } from './environment-publisher.js';
import type { NatsLink } from './nats-link.js';

const FLUSH_TIMEOUT_MS = 5_000;

/** Publishes with the attributes of CloudEvents 1.0 as headers, and returns once the server has it. */
export function natsPublish({ connection, connected }: NatsLink, installation: string): Publish {
  return async (kind, { name, epoch, revision, issuedAt }, environmentId, body) => {
    // What is published while disconnected would be kept and sent late, signed at a time that is long past.
    if (!connected()) throw unavailable('NATS is not connected');
    const id = `${environmentId}.${epoch}.${revision}`;
    const attributes = headers();
    attributes.set('ce-specversion', '1.0');
    attributes.set('ce-type', kind === 'changed' ? CHANGED_EVENT_TYPE : HEARTBEAT_EVENT_TYPE);
    attributes.set('ce-source', `urn:uuid:${installation}`);
    attributes.set('ce-subject', name);
    attributes.set('ce-time', new Date(issuedAt).toISOString());
    attributes.set('ce-id', kind === 'changed' ? id : `${id}.${issuedAt}`);
    attributes.set('content-type', 'application/json');
    if (kind === 'changed') attributes.set('Nats-Msg-Id', id);
    connection.publish(subjects[kind](name), body, { headers: attributes });
    await answered(connection.flush());
  };
}

function unavailable(message: string): TrustcastError {
  return new TrustcastError('NATS_UNAVAILABLE', message, { retryable: true });
}

async function answered(flushed: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unavailable('NATS does not answer')), FLUSH_TIMEOUT_MS);
  });
  try {
    await Promise.race([flushed, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
