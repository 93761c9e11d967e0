import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Made in a mount namespace of its own: this machine's files below, and above them, in memory, whatever is changed. */
const SETUP = `set -e
base="$1"
mount -t tmpfs tmpfs "$base"
mkdir "$base/upper" "$base/work" "$base/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$base/upper,workdir=$base/work" "$base/root"
mount -t proc proc "$base/root/proc"
mount --rbind /dev "$base/root/dev"
mount -t tmpfs tmpfs "$base/root/tmp"
mount -t tmpfs tmpfs "$base/root/run"
echo made
exec sleep infinity`;

/**
 * A root file system that looks like this machine's and is gone afterwards, with processes of its own: for packages, which write
 * where the system's files are. Needs root.
 */
export class ThrowAwayRoot {
  readonly #holder: ChildProcess;
  readonly #base: string;

  private constructor(holder: ChildProcess, base: string) {
    this.#holder = holder;
    this.#base = base;
  }

  /** @param base an empty folder, on which it is mounted in its namespace alone */
  static async make(base: string): Promise<ThrowAwayRoot> {
    const namespaces = ['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child'];
    const holder = spawn('unshare', [...namespaces, 'sh', '-c', SETUP, 'sh', base], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const line of createInterface({ input: holder.stdout })) if (line === 'made') break;
    if (holder.exitCode !== null) throw new Error('no root file system could be made: is this root?');
    return new ThrowAwayRoot(holder, base);
  }

  /** The process that is the first one inside. */
  get #init(): string {
    const { pid } = this.#holder;
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  }

  /** Program and arguments that run a command inside, with an environment of its own. */
  command(words: readonly string[], env: Readonly<Record<string, string>> = {}): [string, string[]] {
    const settings = Object.entries({ PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...env }).map(
      ([name, value]) => `${name}=${value}`,
    );
    const enter = ['--target', this.#init, '--mount', '--pid', 'chroot', `${this.#base}/root`];
    return ['nsenter', [...enter, 'env', '-i', ...settings, ...words]];
  }

  /** Runs a command inside to its end. @throws with its output where it fails */
  async run(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
    const [program, args] = this.command(words, env);
    try {
      return (await run(program, args)).stdout;
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      throw new Error(`${words.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
    }
  }

  /** The path of a file inside, as this process sees it. */
  path(inside: string): string {
    return join(`/proc/${this.#init}/root`, this.#base, 'root', inside);
  }

  /** Every file that this machine does not have, or has otherwise. */
  changed(): string[] {
    const upper = join(`/proc/${this.#init}/root`, this.#base, 'upper');
    return readdirSync(upper, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map(({ parentPath, name }) => join(parentPath, name).slice(upper.length))
      .sort();
  }

  /** Ends every process inside. */
  async endAll(): Promise<void> {
    await this.run(['sh', '-c', 'kill -TERM -1']);
  }

  async stop(): Promise<void> {
    const closed = once(this.#holder, 'close');
    this.#holder.kill('SIGKILL');
    await closed;
  }
}
