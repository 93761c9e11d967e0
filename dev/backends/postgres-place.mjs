import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError } from '../setup/setup-error.mjs';
import { openFolder } from '../setup/state-folder.mjs';
import { canEnter, runUser } from './run-user.mjs';

/**
 * Chooses where PostgreSQL's files live and who runs it. When root works in a folder closed to others, such as
 * /root, the user who runs PostgreSQL cannot reach a folder in it; the files are then kept in /var/lib.
 * @param {string} home
 * @param {{ ephemeral: boolean, log: (line: string) => void }} options
 * @returns {Promise<{ place: string, data: string, user: import('./run-user.mjs').RunUser | undefined }>}
 */
export async function postgresPlace(home, { ephemeral, log }) {
  const hash = createHash('sha256').update(home).digest('hex').slice(0, 16);
  const away = join('/var/lib/trustcast-dev', hash);
  // Data stays where it was made, even if the preferred place has become reachable.
  const made = [home, away].find((place) => existsSync(join(place, 'data')));
  const user = runUser(join(made ?? home, 'data'));
  const places = made ? [made] : user && !ephemeral ? [home, away] : [home];
  for (const place of places) {
    openFolder(place);
    if (!(await canEnter(place, user))) continue;
    if (place === away) log(`${home} is closed to user ${user?.name}: PostgreSQL's data is in ${away}`);
    return { place, data: join(place, 'data'), user };
  }
  throw new SetupError(
    `User ${user?.name}, who runs PostgreSQL for root, cannot enter ${places.join(' or ')}: open the folders above it ` +
      `(chmod o+x)${ephemeral ? ', set TMPDIR to another folder,' : ''} or set DATABASE_URL.`,
  );
}
