/**
 * Stands for what a hook makes, so that a test file can name it before it is there.
 *
 * @template {object} Made
 * @param {(make: () => Promise<void>) => void} before beforeAll or beforeEach
 * @param {() => Promise<Made>} make
 * @returns {Made}
 */
export function madeIn(before, make) {
  /** @type {Made | undefined} */
  let made;
  before(async () => {
    made = await make();
  });
  return new Proxy(/** @type {Made} */ ({}), {
    get: (_, name) => {
      if (!made) throw new Error(`${String(name)} is there in tests, and in hooks that come after this one`);
      const value = Reflect.get(made, name);
      // Called on the proxy, a method would not find the private fields of what it belongs to.
      return typeof value === 'function' ? value.bind(made) : value;
    },
  });
}
