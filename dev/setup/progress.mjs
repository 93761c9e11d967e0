/** After so long a step says that it is still at work, and again after every further pause. */
const QUIET_MS = 5_000;
const PAUSE_MS = 10_000;

/** Tells what set-up does and how long each step took: lines for people, or JSON lines for programs. */
export class Progress {
  #json;
  #write;
  #quietMs;

  /**
   * @param {{ json?: boolean, write?: (text: string) => void, quietMs?: number }} [options]
   */
  constructor({ json = false, write = (text) => process.stdout.write(text), quietMs = QUIET_MS } = {}) {
    this.#json = json;
    this.#write = write;
    this.#quietMs = quietMs;
  }

  /**
   * Runs one step and reports its end and time, and what it is at while it takes long. A failure is reported as such and
   * passed on.
   * @template T
   * @param {string} name
   * @param {(at: (what: string) => void) => Promise<T>} run calls `at` with what it does next
   * @param {(result: T) => string} [detail] what is worth telling about the result; never a secret
   * @returns {Promise<T>}
   */
  async step(name, run, detail = () => '') {
    const began = performance.now();
    const end = (/** @type {string} */ state, /** @type {string} */ text) =>
      this.#report({ event: 'step', step: name, state, ms: Math.round(performance.now() - began), detail: text });
    if (this.#json) this.#report({ event: 'step', step: name, state: 'started' });
    let at = 'still at work';
    const say = () => {
      this.note(`${name}: ${at}, ${((performance.now() - began) / 1000).toFixed(0)} s so far`);
      timer = setTimeout(say, PAUSE_MS).unref();
    };
    let timer = setTimeout(say, this.#quietMs).unref();
    try {
      const result = await run((what) => (at = what));
      end('done', detail(result));
      return result;
    } catch (error) {
      end('failed', '');
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * One line that belongs to no step, or to the step that is running.
   * @param {string} text
   */
  note(text) {
    this.#report({ event: 'note', text });
  }

  /** @param {{ event: string, step?: string, state?: string, ms?: number, detail?: string, text?: string }} line */
  #report(line) {
    if (this.#json) {
      this.#write(`${JSON.stringify(line)}\n`);
    } else if (line.event === 'note') {
      this.#write(`          ${line.text}\n`);
    } else {
      const seconds = `${((line.ms ?? 0) / 1000).toFixed(1)} s`.padStart(8);
      const failed = line.state === 'failed' ? '  FAILED' : '';
      this.#write(`${seconds}  ${line.step?.padEnd(14)}${line.detail ?? ''}${failed}`.trimEnd() + '\n');
    }
  }
}
