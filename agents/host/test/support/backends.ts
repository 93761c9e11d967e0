import { fileURLToPath } from 'node:url';
import { startNats as launch } from '@trustcast/dev/backends/nats.mjs';
import { testNats } from '@trustcast/dev/backends/test-backends.mjs';

const CACHE = fileURLToPath(new URL('../../../../../.trustcast/cache', import.meta.url));

export interface Nats {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** A real nats-server; others may use it too, so every test has an environment of its own. */
export function startNats(): Promise<Nats> {
  return testNats();
}

/** A nats-server that can be stopped and started again: a second start on the folder has the port of the first. */
export function startNatsIn(stateDir: string): Promise<Nats> {
  return launch({ stateDir, cacheDir: CACHE });
}
