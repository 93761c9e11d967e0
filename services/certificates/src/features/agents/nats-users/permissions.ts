import { inboxOf, subjectsOf, usersOf } from '@trustcast/schema';
import type { NatsAgent } from '../sql/read-nats-agents.js';

export interface Permissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

export function servicePermissions(installation: string): Permissions {
  const { changed, expiring, heartbeat, stream, allStatus, serviceInbox } = subjectsOf(installation);
  return {
    publish: [
      ...[changed('*'), expiring('*'), heartbeat('*')],
      ...['CREATE', 'INFO', 'UPDATE'].map((request) => `$JS.API.STREAM.${request}.${stream}`),
      ...[`CREATE.${stream}.>`, `DELETE.${stream}.*`, `LIST.${stream}`].map((rest) => `$JS.API.CONSUMER.${rest}`),
    ],
    subscribe: [allStatus, `${serviceInbox}.>`],
  };
}

/**
 * No agent may send a request of JetStream, nor an acknowledgement: nats-server does not check their reply subjects, so
 * whoever may send one can have the server publish elsewhere, also into the stream. The service makes what pushes the
 * events of its environment into a gateway's inbox, and a gateway sends nothing.
 */
export function permissionsOf(installation: string, { id, environment, kind }: NatsAgent): Permissions {
  const subjects = subjectsOf(installation);
  const subscribe = [subjects.changed(environment), subjects.heartbeat(environment), `${inboxOf(id)}.>`];
  switch (usersOf(kind)) {
    case 'JVMS':
      return { publish: [subjects.status(environment, id)], subscribe };
    case 'CONSUMERS':
      return { publish: [], subscribe: [subjects.expiring(environment), ...subscribe] };
    case undefined:
      // A kind that a newer release put into the database.
      return { publish: [], subscribe: [] };
  }
}
