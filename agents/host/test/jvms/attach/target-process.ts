import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { type Interface, createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { JvmProcess } from '../../../src/jvms/processes/jvm-scanner.js';
import { readProcess } from '../../../src/jvms/processes/process-facts.js';

const PROGRAM = fileURLToPath(new URL('./attach-target.js', import.meta.url));

/** A process that catches SIGQUIT and has an attach socket of our making: what a JVM could be made to look like. */
export class TargetProcess {
  readonly #child: ReturnType<typeof spawn>;
  readonly #output: Interface;
  readonly lines: string[] = [];

  private constructor(cwd: string) {
    this.#child = spawn(process.execPath, [PROGRAM], { stdio: 'pipe', cwd });
    this.#output = createInterface({ input: this.#child.stdout! });
    this.#output.on('line', (line) => this.lines.push(line));
  }
  static async start(cwd: string): Promise<TargetProcess> {
    const target = new TargetProcess(cwd);
    await target.says('ready');
    // Of a JVM that had this pid and was killed.
    rmSync(target.socket, { force: true });
    return target;
  }
  get facts(): JvmProcess {
    return { ...readProcess(this.#child.pid!)!, mainClass: null, jdkVersion: null, vendor: 'hotspot', library: '' };
  }
  get socket(): string {
    return `/tmp/.java_pid${this.#child.pid!}`;
  }
  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }
  get received(): string[] {
    return this.lines.filter((line) => line.startsWith('"')).map((line) => JSON.parse(line) as string);
  }
  async listen(text: string, { at = this.socket, endless = false, backlog = 511 } = {}): Promise<void> {
    this.#child.stdin!.write(`listen ${at} ${JSON.stringify({ text, endless, backlog })}\n`);
    await this.says('listening');
  }
  /** Has it open sockets of its own all the time, as an application does. */
  opens(): void {
    this.#child.stdin!.write('open\n');
  }
  async says(line: string): Promise<void> {
    while (!this.lines.includes(line)) await once(this.#output, 'line');
  }
  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }
  stop(): void {
    this.#child.kill('SIGKILL');
    rmSync(this.socket, { force: true });
  }
}
