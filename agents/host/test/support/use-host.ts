import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { madeIn } from '@trustcast/dev/jest/made-in.mjs';
import { startNats } from './backends.js';
import { Host } from './host.js';
import { JvmProcess } from './jvm-process.js';
import { programs } from './programs.js';

/** A host that is there before each test, a new one, and ends after it. They share the NATS of the file. */
export function useHost(): Host {
  const nats = madeIn(beforeAll, startNats);
  const host = madeIn(beforeEach, () => Host.start(nats));
  afterAll(() => nats.stop());
  afterEach(() => host.stop());
  return host;
}

/** Starts JVMs that end with the host; `wrapper` stands before java. */
export function useJava(
  host: Host,
): (home: string, options?: readonly string[], wrapper?: readonly string[]) => Promise<JvmProcess> {
  const classes = madeIn(beforeAll, () => Promise.resolve(programs('Idle')));
  afterAll(() => classes.remove());
  return async (home, options, wrapper) => {
    const jvm = await JvmProcess.start(home, classes.path, options, wrapper);
    host.onStop(() => jvm.stop());
    return jvm;
  };
}
