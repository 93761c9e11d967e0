import { isDeepStrictEqual } from 'node:util';
import type { Notifications } from '../../postgres/notifications.js';
import type { Deployment } from './deployment.js';

/** Silence changes states too: an agent becomes unreachable without a word. */
const LOOK_MS = 5_000;

/**
 * A deployment's progress: as it is, and after every change. Whoever stores a status notifies all processes, so that it
 * does not matter which of them is asked.
 *
 * @param read answers the deployment; null: there is none yet; undefined: there will be none, which ends the feed
 * @param environmentId null: whichever the deployment has
 */
export async function* deploymentFeed(
  notifications: Notifications,
  environmentId: string | null,
  read: () => Promise<Deployment | null | undefined>,
): AsyncGenerator<Deployment | null, void, undefined> {
  let changed = true;
  let wake: () => void = () => undefined;
  const look = () => {
    changed = true;
    wake();
  };
  let environments = new Set<string>();
  const ends = [
    notifications.on('trustcast_status', (id) => environments.has(id) && look()),
    notifications.on('trustcast_revisions', (id) => id === environmentId && look()),
    notifications.on('trustcast_agents', look),
    notifications.onResumed(look),
  ];
  const timer = setInterval(look, LOOK_MS);
  try {
    let last: Deployment | null | undefined;
    for (;;) {
      changed = false;
      const deployment = await read();
      if (deployment === undefined) return;
      environments = new Set(deployment?.environments.map(({ environmentId: id }) => id));
      if (!isDeepStrictEqual(deployment, last)) yield deployment;
      last = deployment;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (changed) resolve();
      });
    }
  } finally {
    clearInterval(timer);
    for (const end of ends) end();
  }
}
