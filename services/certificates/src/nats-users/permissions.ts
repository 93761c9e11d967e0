import { inboxOf, subjectsOf } from '@trustcast/schema';
import type { NatsAgent } from '../postgres/read-nats-agents.js';

export interface Permissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

export function servicePermissions(installation: string): Permissions {
  const { changed, expiring, heartbeat, stream, allStatus, serviceInbox } = subjectsOf(installation);
  return {
    publish: [changed('*'), expiring('*'), heartbeat('*'), `$JS.API.STREAM.CREATE.${stream}`],
    subscribe: [allStatus, `${serviceInbox}.>`],
  };
}

/**
 * Hosts have core NATS alone: nats-server does not check the reply subjects of JetStream requests, so whoever may send one
 * can have the server publish elsewhere. A gateway may read the events of its own environment by one durable consumer
 * that has its id as its name.
 */
export function permissionsOf(installation: string, { id, environment, kind }: NatsAgent): Permissions {
  const subjects = subjectsOf(installation);
  const { stream } = subjects;
  const subscribe = [subjects.changed(environment), subjects.heartbeat(environment), `${inboxOf(id)}.>`];
  switch (kind) {
    case 'API_MANAGER':
      return { publish: [subjects.status(environment, id)], subscribe };
    case 'GATEWAY':
      return {
        publish: [
          `$JS.API.CONSUMER.CREATE.${stream}.${id}.${subjects.changed(environment)}`,
          `$JS.API.CONSUMER.INFO.${stream}.${id}`,
          `$JS.API.CONSUMER.MSG.NEXT.${stream}.${id}`,
          `$JS.ACK.${stream}.${id}.>`,
        ],
        subscribe: [subjects.expiring(environment), ...subscribe],
      };
    default:
      // A kind that a newer release put into the database: the compiler asks for every kind that this one knows.
      kind satisfies never;
      return { publish: [], subscribe: [] };
  }
}
