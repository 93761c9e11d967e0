import { STREAM, subjects } from '@trustcast/schema';
import type { NatsAgent } from '../postgres/read-nats-agents.js';

export interface Permissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/** Name of the service's inbox; agents have their ids. */
export const SERVICE = 'service';

export const SERVICE_PERMISSIONS: Permissions = {
  publish: [subjects.changed('*'), subjects.expiring('*'), subjects.heartbeat('*'), `$JS.API.STREAM.CREATE.${STREAM}`],
  subscribe: [subjects.allStatus, `${subjects.inbox(SERVICE)}.>`],
};

/**
 * Hosts have core NATS alone: nats-server does not check the reply subjects of JetStream requests, so whoever may send one
 * can have the server publish elsewhere. A gateway may read the events of its own environment by one durable consumer
 * that has its id as its name.
 */
export function permissionsOf({ id, environment, kind }: NatsAgent): Permissions {
  const subscribe = [subjects.changed(environment), subjects.heartbeat(environment), `${subjects.inbox(id)}.>`];
  if (kind === 'API_MANAGER') return { publish: [subjects.status(environment, id)], subscribe };
  return {
    publish: [
      `$JS.API.CONSUMER.CREATE.${STREAM}.${id}.${subjects.changed(environment)}`,
      `$JS.API.CONSUMER.INFO.${STREAM}.${id}`,
      `$JS.API.CONSUMER.MSG.NEXT.${STREAM}.${id}`,
      `$JS.ACK.${STREAM}.${id}.>`,
    ],
    subscribe: [subjects.expiring(environment), ...subscribe],
  };
}
