/** Tells the story: lines for people, or JSON lines for programs. */
export class StoryLines {
  #json;
  #write;

  /**
   * @param {{ json?: boolean, write?: (text: string) => void }} [options]
   */
  constructor({ json = false, write = (text) => process.stdout.write(text) } = {}) {
    this.#json = json;
    this.#write = write;
  }

  /** @param {string} url */
  opening(url) {
    this.#line({ event: 'opening', url }, `\nstory: two API Managers are running and call ${url} (self-signed)`);
  }

  /** @param {{ pid: number, startedAt: number, jdk: number, via: string, exception?: string, message?: string }} manager */
  manager(manager) {
    const { pid, jdk, via, exception = '', message = '' } = manager;
    const why = `${exception.split('.').at(-1)}: ${/PKIX path building failed/.exec(message)?.[0] ?? message}`;
    this.#line({ event: 'manager', ...manager }, `  pid ${pid}  JDK ${jdk}  ${via.padEnd(14)}  ${why}`);
  }

  /** @param {string} text @param {number} revision */
  change(text, revision) {
    this.#line({ event: 'change', text, revision }, `  ${text.padEnd(46)} revision ${revision}`);
  }

  /** @param {number} ms since the mutation was sent @param {string} text */
  moment(ms, text) {
    this.#line({ event: 'moment', ms, text }, `  + ${ms.toFixed(1).padStart(5)} ms  ${text}`);
  }

  /** @param {{ trustedMs: number, refusedMs: number, live: number, total: number }} result */
  closing(result) {
    const { trustedMs, refusedMs, live, total } = result;
    const text = `story: trusted in ${trustedMs.toFixed(1)} ms, refused in ${refusedMs.toFixed(1)} ms, live ${live}/${total} JVMs`;
    this.#line({ event: 'closing', ...result }, text);
  }

  /** @param {string} text */
  failure(text) {
    this.#line({ event: 'failure', text }, `\n${text} Trustcast goes on serving.`);
  }

  /** @param {object} record @param {string} text */
  #line(record, text) {
    this.#write(`${this.#json ? JSON.stringify(record) : text}\n`);
  }
}
