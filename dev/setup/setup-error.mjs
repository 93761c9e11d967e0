/** sysexits(3): the configuration or the machine lacks something the user must provide. */
export const EXIT_CONFIG = 78;
/** sysexits(3): somebody else holds what is needed; trying again later may work. */
export const EXIT_TEMPORARY = 75;

/** A failure whose message is written for the person at the terminal: print it without a stack trace and exit. */
export class SetupError extends Error {
  /**
   * @param {string} message
   * @param {{ exitCode?: number, cause?: unknown }} [options]
   */
  constructor(message, { exitCode = EXIT_CONFIG, cause } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'SetupError';
    this.exitCode = exitCode;
  }
}
