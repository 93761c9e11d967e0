import type { Notifications } from '../../postgres/notifications.js';
import { changeFeed } from '../change-feed.js';
import type { Deployment } from './deployment.js';

/**
 * A deployment's progress: as it is, and after every change.
 *
 * @param read answers the deployment; null: there is none yet; undefined: there will be none, which ends the feed
 * @param environmentId null: whichever the deployment has
 */
export function deploymentFeed(
  notifications: Notifications,
  environmentId: string | null,
  read: () => Promise<Deployment | null | undefined>,
): AsyncGenerator<Deployment | null, void, undefined> {
  let environments = new Set<string>();
  return changeFeed(
    (look) => [
      notifications.on('trustcast_status', (id) => environments.has(id) && look()),
      notifications.on('trustcast_revisions', (id) => id === environmentId && look()),
      notifications.on('trustcast_agents', look),
      notifications.onResumed(look),
    ],
    async () => {
      const deployment = await read();
      environments = new Set(deployment?.environments.map(({ environmentId: id }) => id));
      return deployment;
    },
  );
}
