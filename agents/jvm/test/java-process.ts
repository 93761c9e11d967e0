import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Jdk } from './jdks.js';

const folder = fileURLToPath(new URL('../../', import.meta.url));

/** The agent's jar, as build.mjs leaves it. */
export const agentJar = `${folder}dist/trustcast-jvm.jar`;
/** The compiled Java test programs. */
export const testClasses = `${folder}dist/test-classes`;

/** The agent's own classes, for test programs that reach into them. */
export const classes = `${folder}dist/classes`;

/** A Java program that answers each line of its stdin with one line. */
export class JavaProcess {
  private readonly waiting: ((line: string) => void)[] = [];
  private output = '';
  private ended = false;

  private constructor(
    private readonly child: ChildProcess,
    private readonly name: string,
  ) {}

  /** The pid that the JVM sees. */
  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Everything the program wrote to stderr. */
  get stderr(): string {
    return this.output;
  }

  /** Starts a test program and waits for its "ready". */
  static async start(
    jdk: Jdk,
    program: string,
    jvmOptions: string[] = [],
    args: string[] = [],
    classPath = testClasses,
  ): Promise<JavaProcess> {
    const all = [
      '-XX:TieredStopAtLevel=1',
      '-XX:+UseSerialGC',
      '-Xmx256m',
      ...jvmOptions,
      '-cp',
      classPath,
      `io.trustcast.jvm.test.${program}`,
      ...args,
    ];
    const child = spawn(jdk.java, all, { stdio: ['pipe', 'pipe', 'pipe'] });
    const started = new JavaProcess(child, program);
    const ready = started.nextLine();
    child.stderr.on('data', (chunk: Buffer) => (started.output += chunk.toString()));
    createInterface({ input: child.stdout }).on('line', (line) => started.waiting.shift()?.(line));
    child.once('exit', (code, signal) => {
      started.ended = true;
      for (const resolve of started.waiting.splice(0)) {
        resolve(`ended with ${code ?? signal ?? ''}: ${started.output}`);
      }
    });
    const line = await ready;
    if (!line.startsWith('ready')) throw new Error(`${program} did not start: ${line}`);
    return started;
  }

  /** Sends a command and answers the program's line. */
  async ask(...words: (string | number)[]): Promise<string> {
    if (this.ended) throw new Error(`${this.name} has ended: ${this.output}`);
    const line = this.nextLine();
    this.child.stdin?.write(`${words.join(' ')}\n`);
    return line;
  }

  /** Sends a command that must be answered with "ok"; answers what follows it. */
  async do(...words: (string | number)[]): Promise<string> {
    const line = await this.ask(...words);
    if (!line.startsWith('ok')) throw new Error(`${this.name}: ${words.join(' ')}: ${line}\n${this.output}`);
    return line.slice(3);
  }

  /** Ends the program in an orderly way, as the end of its stdin makes it. */
  async stop(): Promise<void> {
    if (this.ended) return;
    const end = new Promise<void>((resolve) => this.child.once('exit', () => resolve()));
    this.child.stdin?.end();
    await end;
  }

  private nextLine(): Promise<string> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}
