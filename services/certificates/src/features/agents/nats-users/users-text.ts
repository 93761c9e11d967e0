import { createHash } from 'node:crypto';
import { TrustcastError, natsUserOf } from '@trustcast/schema';
import type { NatsAgent } from '../sql/read-nats-agents.js';
import { type Permissions, permissionsOf, servicePermissions } from './permissions.js';

/** How the service itself logs in. */
export interface ServiceLogin {
  readonly user: string;
  readonly password: string;
}

/**
 * Logs in to nothing: a login that works shows that nats-server uses the very users that were written. The installation
 * follows: names are unique in all accounts of a nats-server, and several installations may share one.
 */
const PROBE = 'trustcast-users-';

interface User {
  readonly user?: string;
  readonly nkey?: string;
  readonly password?: string;
  readonly permissions: object;
}

/**
 * The users of nats-server, for an `include` in its `authorization`: JSON's values are among its parser's.
 *
 * @throws TrustcastError where nats-server would refuse them, and with them the whole file
 */
export function usersText(installation: string, login: ServiceLogin, agents: readonly NatsAgent[]): string {
  const users: User[] = [
    { ...login, permissions: allowed(servicePermissions(installation)) },
    ...agents.map((agent) => ({
      nkey: natsUserOf(agent.publicKey),
      permissions: allowed(permissionsOf(installation, agent)),
    })),
  ];
  const nothing = { publish: { deny: ['>'] }, subscribe: { deny: ['>'] } };
  users.push({ user: `${PROBE}${installation}`, password: digestOf(login, users), permissions: nothing });
  checkUsers(users);
  return `users: [\n${users.map((entry) => `  ${JSON.stringify(entry)}`).join('\n')}\n]\n`;
}

/** The login that works once nats-server has read this text; undefined: the text has none. */
export function probeOf(text: string): ServiceLogin | undefined {
  const probe = new RegExp(`"user":"(${PROBE}[^"]+)","password":"([0-9a-f]{64})"`);
  const [, user, password] = probe.exec(text) ?? [];
  return user === undefined || password === undefined ? undefined : { user, password };
}

/** Derives a secret from the content of the file; it cannot be guessed without the service's password. */
function digestOf({ password }: ServiceLogin, users: readonly User[]): string {
  return createHash('sha256')
    .update(`${password}\n${JSON.stringify(users)}`)
    .digest('hex');
}

function checkUsers(users: readonly User[]): void {
  const refuse = (message: string): never => {
    throw new TrustcastError('NATS_USERS_INVALID', message);
  };
  const names = new Set<string>();
  for (const { user, nkey, permissions } of users) {
    const name = nkey ?? user ?? '';
    if (names.has(name)) refuse(`${name} would be there twice`);
    names.add(name);
    if (nkey !== undefined && !/^U[A-Z2-7]{55}$/.test(nkey)) refuse('a key has no name as an nkey');
    for (const rights of Object.values(permissions) as Record<string, readonly string[]>[])
      for (const subject of Object.values(rights).flat())
        if (!/^[^\s."\\]+(\.[^\s."\\]+)*$/.test(subject)) refuse(`${subject} is no subject`);
  }
}

function allowed({ publish, subscribe }: Permissions) {
  return { publish: only(publish), subscribe: only(subscribe) };
}

/** nats-server takes an empty list of what is allowed for no restriction. */
function only(
  subjects: readonly string[],
): { readonly allow: readonly string[] } | { readonly deny: readonly string[] } {
  return subjects.length > 0 ? { allow: subjects } : { deny: ['>'] };
}
