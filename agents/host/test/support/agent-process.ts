import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../bundle/main.js', import.meta.url));

export type LogLine = Readonly<Record<string, unknown>> & { readonly msg: string };

/** `trustcast-agent` as a child process, with its log lines. */
export class AgentProcess {
  readonly #child: ChildProcess;
  readonly #lines: LogLine[] = [];
  readonly #waiting = new Set<() => void>();
  #stdout = '';
  #stderr = '';
  readonly exited: Promise<number | null>;

  /** `command` stands before the program: a wrapper, or options of node. */
  constructor(
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    command: readonly string[] = [process.execPath],
  ) {
    const [program = '', ...before] = command;
    this.#child = spawn(program, [...before, MAIN, ...args], {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      this.#lines.push(line.startsWith('{"level"') ? (JSON.parse(line) as LogLine) : { msg: line });
      this.#wake();
    });
    this.#child.stdout!.on('data', (chunk: Buffer) => (this.#stdout += chunk.toString()));
    this.#child.stderr!.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()));
    this.exited = once(this.#child, 'close').then(([code]) => {
      this.#wake();
      return code as number | null;
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }
  get lines(): readonly LogLine[] {
    return this.#lines;
  }
  /** All of its standard output. */
  get output(): string {
    return this.#stdout;
  }
  get stderr(): string {
    return this.#stderr;
  }

  /** Resolves to the first line, also a past one, with this message; fails with the log when the process has ended. */
  async line(msg: string, test: (line: LogLine) => boolean = () => true): Promise<LogLine> {
    const until = Date.now() + 20_000;
    for (;;) {
      const found = this.#lines.find((line) => line.msg === msg && test(line));
      if (found) return found;
      const ended = this.#child.exitCode !== null || this.#child.signalCode !== null;
      if (ended || Date.now() > until)
        throw new Error(
          `no line "${msg}"; log:\n${this.#lines.map((l) => JSON.stringify(l)).join('\n')}\n${this.#stderr}`,
        );
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          this.#waiting.delete(done);
          resolve();
        };
        const timer = setTimeout(done, 500);
        this.#waiting.add(done);
      });
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM');
    return this.exited;
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}
