import { readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { runCommand } from '../setup/run-command.mjs';
import { SetupError } from '../setup/setup-error.mjs';

/** @typedef {{ uid: number, gid: number, name: string }} RunUser */

/**
 * PostgreSQL refuses to run as root, so root runs it as the owner of the data, `postgres` or `nobody`.
 * @param {string} dataFolder may not exist yet
 * @returns {RunUser | undefined} undefined: as the user of this process
 */
export function runUser(dataFolder) {
  const owner = statSync(dataFolder, { throwIfNoEntry: false });
  const self = process.geteuid?.();
  if (self !== 0) {
    if (owner && owner.uid !== self) {
      throw new SetupError(
        `${dataFolder} belongs to ${nameOf(owner.uid)}: start Trustcast as the user who started it first, or set DATABASE_URL.`,
      );
    }
    return undefined;
  }
  const users = passwd();
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid, name: nameOf(owner.uid) };
  const user = users.find(({ name }) => name === 'postgres') ?? users.find(({ name }) => name === 'nobody');
  if (user) return user;
  throw new SetupError(
    'PostgreSQL does not run as root, and there is neither a user postgres nor nobody: start Trustcast as another user, or set DATABASE_URL.',
  );
}

/**
 * initdb looks up the name of its user and fails without one.
 * @param {RunUser | undefined} user
 */
export function requireUserName(user) {
  if (user) return;
  try {
    userInfo();
  } catch {
    throw new SetupError(
      `User id ${process.geteuid?.()} has no entry in /etc/passwd, and PostgreSQL's initdb does not run without one: ` +
        'add the entry (in a container: useradd, or run as an existing user), or set DATABASE_URL.',
    );
  }
}

/**
 * @param {RunUser | undefined} user
 * @returns {{ cwd: string, uid?: number, gid?: number, env: NodeJS.ProcessEnv }}
 *   spawn options: no PG* variable of the user, messages in English, and a folder that every user may enter
 */
export function runOptions(user) {
  return { cwd: '/', env: { LC_ALL: 'C', TZ: 'UTC' }, ...(user && { uid: user.uid, gid: user.gid }) };
}

/**
 * @param {string} folder
 * @param {RunUser | undefined} user
 */
export async function canEnter(folder, user) {
  if (!user) return true;
  const result = await runCommand('/bin/sh', ['-c', 'cd "$0"', folder], runOptions(user)).catch((error) => {
    throw new SetupError(
      `PostgreSQL does not run as root, and running it as ${user.name} failed: ${error.message}. Set DATABASE_URL.`,
      {
        cause: error,
      },
    );
  });
  return result.code === 0;
}

/** @returns {RunUser[]} */
function passwd() {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  return lines
    .map((line) => line.split(':'))
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }));
}

/** @param {number} uid */
function nameOf(uid) {
  return passwd().find((user) => user.uid === uid)?.name ?? String(uid);
}
