import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { makeLibrary } from './library.js';

/** A process that looks like a JVM, and whose `release` lies on a file system that never answers. */
export interface HangingProcess {
  readonly pid: number;
  /** Has the file system answer: with an error. */
  readonly answer: () => Promise<void>;
  readonly end: () => Promise<void>;
}

/** Starts one in a mount namespace of its own: what it has mounted over `folder` is FUSE, which nobody serves. */
export async function hangingProcess(folder: string): Promise<HangingProcess> {
  const library = makeLibrary(folder);
  const program = 'console.log("ready"); setInterval(() => 0, 1000)';
  const child = spawn('unshare', ['--mount', process.execPath, '-e', program], {
    env: { PATH: process.env.PATH, LD_PRELOAD: library },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(child.stdout, 'data');
  const mount = 'mount -i -t fuse -o fd=9,rootmode=40000,user_id=0,group_id=0 none "$0"';
  const script = `exec 9<>/dev/fuse; ${mount}; echo mounted; exec sleep infinity`;
  const server = spawn('nsenter', ['-t', String(child.pid), '-m', 'sh', '-ec', script, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(server.stdout, 'data');
  const kill = async (one: ChildProcess): Promise<void> => {
    if (!one.kill('SIGKILL')) return;
    await once(one, 'close');
  };
  // Without a server the kernel answers ENOTCONN.
  const answer = (): Promise<void> => kill(server);
  return { pid: child.pid!, answer, end: () => answer().then(() => kill(child)) };
}
