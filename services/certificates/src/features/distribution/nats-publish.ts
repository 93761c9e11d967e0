import { CHANGED_EVENT_TYPE, HEARTBEAT_EVENT_TYPE } from '@trustcast/schema';
import type { Publish } from './environment-publisher.js';
import type { PublishEvents } from '../../platform/nats/publish-events.js';

/** Publishes what the relay has. */
export function natsPublish(publishEvents: PublishEvents): Publish {
  return (kind, { name, epoch, revision, issuedAt }, environmentId, body) => {
    const id = `${environmentId}.${epoch}.${revision}`;
    const changed = kind === 'changed';
    const type = changed ? CHANGED_EVENT_TYPE : HEARTBEAT_EVENT_TYPE;
    const event = { type, id: changed ? id : `${id}.${issuedAt}`, subject: name, time: issuedAt, once: changed, body };
    return publishEvents(kind, name, [event]);
  };
}
