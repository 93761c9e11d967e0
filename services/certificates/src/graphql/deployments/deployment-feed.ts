import { isDeepStrictEqual } from 'node:util';
import type { Notifications } from '../../postgres/notifications.js';
import type { Sql } from '../../postgres/statement.js';
import { type Deployment, loadDeployment } from './deployment.js';

/** Silence changes states too: an agent becomes unreachable without a word. */
const LOOK_MS = 5_000;

/**
 * A deployment's progress: as it is, and after every change. Whoever stores a status notifies all processes, so that it
 * does not matter which of them is asked. Ends when there is no such deployment.
 */
export async function* deploymentFeed(
  sql: Sql,
  notifications: Notifications,
  id: string,
): AsyncGenerator<Deployment, void, undefined> {
  let changed = true;
  let wake: () => void = () => undefined;
  const look = () => {
    changed = true;
    wake();
  };
  let environments = new Set<string>();
  const ends = [
    notifications.on('trustcast_status', (environmentId) => environments.has(environmentId) && look()),
    notifications.on('trustcast_agents', look),
    notifications.onResumed(look),
  ];
  const timer = setInterval(look, LOOK_MS);
  try {
    let last: Deployment | undefined;
    for (;;) {
      changed = false;
      const deployment = await loadDeployment(sql, id);
      if (!deployment) return;
      environments = new Set(deployment.environments.map(({ environmentId }) => environmentId));
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
