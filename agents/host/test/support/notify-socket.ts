import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Receives as systemd does; a file descriptor that comes along (BARRIER=1) is closed by not being taken. */
const RECEIVER = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
while True:
    for line in s.recv(65536).decode().splitlines(): print(line, flush=True)
`;

/** The socket of a service manager, and what it was told. */
export class NotifySocket {
  readonly path: string;
  readonly said: string[] = [];
  readonly #child: ChildProcess;

  private constructor(path: string) {
    this.path = path;
    this.#child = spawn('python3', ['-c', RECEIVER, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.said.push(line));
  }

  static async in(folder: string): Promise<NotifySocket> {
    const socket = new NotifySocket(join(folder, 'notify'));
    while (!existsSync(socket.path)) await sleep(20);
    return socket;
  }

  async heard(test: (line: string) => boolean, times = 1): Promise<void> {
    for (const until = Date.now() + 20_000; this.said.filter(test).length < times;) {
      if (Date.now() > until) throw new Error(`systemd was told only: ${this.said.join(', ')}`);
      await sleep(20);
    }
  }

  async stop(): Promise<void> {
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGKILL');
    await closed;
  }
}
