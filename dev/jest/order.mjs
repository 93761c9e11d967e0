import sequencer from '@jest/test-sequencer';

/** The class itself, whatever its declaration says of modules. */
const Sequencer = /** @type {typeof sequencer.default} */ (/** @type {unknown} */ (sequencer));

/**
 * Keeps apart what must not run at the same time: an agent counts every JVM of the host that names the JVM agent, so the
 * tests that wait until all of them are LIVE come first, and the one that leaves JVMs uncovered comes last.
 *
 * @param {string} path
 */
function stage(path) {
  if (path.includes('/e2e/')) return 0;
  if (path.includes('/uncovered.jvm.')) return 3;
  return path.includes('.jvm.') ? 1 : 2;
}

export default class Order extends Sequencer {
  /**
   * Those with JVMs take longest, and start before the others.
   *
   * @override
   * @param {Parameters<InstanceType<typeof sequencer.default>['sort']>[0]} tests
   */
  async sort(tests) {
    return (await super.sort(tests)).sort((a, b) => stage(a.path) - stage(b.path));
  }
}
