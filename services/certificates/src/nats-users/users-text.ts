import { natsUserOf } from '@trustcast/schema';
import type { NatsAgent } from '../postgres/read-nats-agents.js';
import { type Permissions, permissionsOf, servicePermissions } from './permissions.js';

/** How the service itself logs in. */
export interface ServiceLogin {
  readonly user: string;
  readonly password: string;
}

/** The users of nats-server, for an `include` in its `authorization`: JSON's values are among its parser's. */
export function usersText(
  installation: string,
  { user, password }: ServiceLogin,
  agents: readonly NatsAgent[],
): string {
  const users = [
    { user, password, permissions: allowed(servicePermissions(installation)) },
    ...agents.map((agent) => ({
      nkey: natsUserOf(agent.publicKey),
      permissions: allowed(permissionsOf(installation, agent)),
    })),
  ];
  return `users: [\n${users.map((entry) => `  ${JSON.stringify(entry)}`).join('\n')}\n]\n`;
}

function allowed({ publish, subscribe }: Permissions) {
  return { publish: only(publish), subscribe: only(subscribe) };
}

/** nats-server takes an empty list of what is allowed for no restriction. */
function only(subjects: readonly string[]) {
  return subjects.length > 0 ? { allow: subjects } : { deny: ['>'] };
}
