import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** A Java program that says ready and stays. */
export class JvmProcess {
  readonly #child: ChildProcess;
  readonly #output: string[] = [];

  private constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => this.#output.push(chunk.toString()));
  }

  /** `wrapper` stands before java: another user, another namespace. */
  static async start(
    home: string,
    folder: string,
    options: readonly string[] = [],
    wrapper: readonly string[] = [],
  ): Promise<JvmProcess> {
    const command = [...wrapper, join(home, 'bin/java'), '-XX:TieredStopAtLevel=1', ...options, '-cp', folder, 'Idle'];
    const child = spawn(command[0]!, command.slice(1), { stdio: 'pipe', cwd: '/' });
    const jvm = new JvmProcess(child);
    const ended = once(child, 'close');
    const ready = new Promise<void>((resolve) =>
      child.stdout.on('data', () => {
        if (jvm.output.includes('ready')) resolve();
      }),
    );
    await Promise.race([ready, ended]);
    if (!jvm.output.includes('ready')) throw new Error(`java did not start:\n${jvm.output}`);
    return jvm;
  }

  get pid(): number {
    return this.#child.pid!;
  }
  get output(): string {
    return this.#output.join('');
  }
  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async stop(): Promise<void> {
    if (!this.isRunning) return;
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGKILL');
    await closed;
  }
}
