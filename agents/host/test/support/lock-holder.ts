import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Interface, createInterface } from 'node:readline';

/** Takes locks as it is told to, in a process of its own. What it shares with a child is what clone(2) calls so. */
const SOURCE = `
import ctypes, fcntl, os, platform, signal, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
held = []
CLONE = 56 if platform.machine() == 'x86_64' else 220
def lock(path, start, size):
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    fcntl.fcntl(file, fcntl.F_SETLK, struct.pack('hhqqi4x', fcntl.F_WRLCK, 0, start, size, 0))
    held.append(file)
def through_child(path, start, size):
    reader, writer = os.pipe()
    child = libc.syscall(CLONE, 0x400 | signal.SIGCHLD, 0, 0, 0, 0)
    if child == 0:
        lock(path, start, size)
        os.write(writer, b'x')
        os._exit(0)
    os.read(reader, 1)
    os.waitpid(child, 0)
    return child
def as_pid(pid):
    wanted = ctypes.c_int(pid)
    arguments = (ctypes.c_uint64 * 10)(0, 0, 0, 0, signal.SIGCHLD, 0, 0, 0, ctypes.addressof(wanted), 1)
    child = libc.syscall(435, ctypes.byref(arguments), 80)
    if child == 0:
        # The table of descriptors of its own has none of the locks.
        os.execvp('sleep', ['sleep', '600'])
    return child
def many(path, number):
    for begin in range(0, number, 1000):
        file = os.open(path + str(begin), os.O_RDWR | os.O_CREAT, 0o644)
        held.append(file)
        for at in range(999, -1, -1):
            fcntl.fcntl(file, fcntl.F_SETLK, struct.pack('hhqqi4x', fcntl.F_WRLCK, 0, (1 << 61) + 2 * at, 1, 0))
    return number
print('ready', flush=True)
for line in sys.stdin:
    print(eval(line), flush=True)
`;

/** A process that locks files. */
export class LockHolder {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  private constructor(child: ChildProcess, output: Interface) {
    this.#child = child;
    this.#answers = output[Symbol.asyncIterator]();
  }
  /** @param wrapper stands before python */
  static async start(wrapper: readonly string[] = []): Promise<LockHolder> {
    const [command, ...args] = [...wrapper, 'python3', '-c', SOURCE];
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const holder = new LockHolder(child, createInterface({ input: child.stdout }));
    await holder.#answers.next();
    return holder;
  }
  get pid(): number {
    return this.#child.pid ?? 0;
  }
  /** Evaluates an expression there. */
  async does(expression: string): Promise<string> {
    this.#child.stdin?.write(`${expression}\n`);
    return ((await this.#answers.next()) as IteratorYieldResult<string>).value;
  }
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'close');
  }
}
