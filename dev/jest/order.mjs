import sequencer from '@jest/test-sequencer';

/** The class itself, whatever its declaration says of modules. */
const Sequencer = /** @type {typeof sequencer.default} */ (/** @type {unknown} */ (sequencer));

/**
 * Keeps apart what must not run at the same time: an agent counts every JVM of the host that names the JVM agent, so the
 * tests that wait until all of them are LIVE come first, then whatever else has an agent. The one that leaves JVMs
 * uncovered runs among those of the service, which have none.
 *
 * @param {string} path
 */
function stage(path) {
  if (path.includes('/e2e/')) return 0;
  if (isUncovered(path) || path.includes('/services/')) return 3;
  return path.includes('.jvm.') ? 1 : 2;
}

/** @param {string} path */
function isUncovered(path) {
  return path.includes('/uncovered.jvm.');
}

export default class Order extends Sequencer {
  /**
   * Those with JVMs take longest, and start before the others.
   *
   * @override
   * @param {Parameters<InstanceType<typeof sequencer.default>['sort']>[0]} tests
   */
  async sort(tests) {
    const sorted = (await super.sort(tests)).sort((a, b) => stage(a.path) - stage(b.path));
    const uncovered = sorted.filter(({ path }) => isUncovered(path));
    const others = sorted.filter(({ path }) => !isUncovered(path));
    // A third of the service's tests in front: those that still run when the first of them begins have ended by then.
    const first = others.findIndex(({ path }) => stage(path) === 3);
    const at = first < 0 ? others.length : first + Math.ceil((others.length - first) / 3);
    return [...others.slice(0, at), ...uncovered, ...others.slice(at)];
  }
}
