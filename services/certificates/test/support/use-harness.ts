import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { madeIn } from '@trustcast/dev/jest/made-in.mjs';
import { type Harness, makeHarness } from './harness.js';
import type { ServiceProcess } from './service-process.js';

type Given = NonNullable<Parameters<typeof makeHarness>[0]>;

/** A harness that is there before the tests of the file, or before each of them a new one, and ends after them. */
export function useHarness({
  per = 'file',
  given = () => ({}),
}: { per?: 'file' | 'test'; given?: () => Given | Promise<Given> } = {}): Harness {
  const [before, after] = per === 'file' ? [beforeAll, afterAll] : [beforeEach, afterEach];
  const harness = madeIn(before, async () => makeHarness(await given()));
  after(() => harness.stop());
  return harness;
}

/** A process of the service that is ready before the tests of the file. */
export function useService(harness = useHarness()): ServiceProcess {
  return madeIn(beforeAll, () => harness.start());
}
