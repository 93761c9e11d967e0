import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeLibrary } from './library.js';

/** A process that looks like a JVM, and names a jar that lies on a file system that never answers. */
export interface HangingProcess {
  readonly pid: number;
  readonly jar: string;
  /** Has the file system answer: with an error. */
  readonly answer: () => Promise<void>;
  readonly end: () => Promise<void>;
}

/**
 * Starts one in a mount namespace of its own, where FUSE is mounted that nobody serves. Only whoever looks for JVMs of `directory`
 * looks at the jar: agents of other tests see a process as any other.
 */
export async function hangingProcess(home: string, directory: string): Promise<HangingProcess> {
  const [library, mounted] = [makeLibrary(home), join(home, 'mounted')];
  const jar = join(mounted, 'hanging.jar');
  mkdirSync(mounted);
  const program = 'process.on("SIGQUIT", () => 0); console.log("ready"); setInterval(() => 0, 1000)';
  const words = ['--mount', process.execPath, '-e', program, '--', `-javaagent:${jar}=dir=${directory}`];
  const child = spawn('unshare', words, {
    env: { PATH: process.env.PATH, LD_PRELOAD: library },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(child.stdout, 'data');
  const mount = 'mount -i -t fuse -o fd=9,rootmode=40000,user_id=0,group_id=0 none "$0"';
  const script = `exec 9<>/dev/fuse; ${mount}; echo mounted; exec sleep infinity`;
  const server = spawn('nsenter', ['-t', String(child.pid), '-m', 'sh', '-ec', script, mounted], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(server.stdout, 'data');
  const kill = async (one: ChildProcess): Promise<void> => {
    if (!one.kill('SIGKILL')) return;
    await once(one, 'close');
  };
  // Without a server the kernel answers ENOTCONN.
  const answer = (): Promise<void> => kill(server);
  return { pid: child.pid!, jar, answer, end: () => answer().then(() => kill(child)) };
}
