import { type ChildProcess, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** A JVM that runs until it is ended. */
export const WAIT = 'class Wait { public static void main(String[] a) throws Exception { Thread.sleep(600_000); } }';

/** A program with nothing of this machine in its environment. */
export function execute(program: string, args: readonly string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', env, cwd: '/' });
  return { status, stdout, stderr };
}

/** Waits until a program has ended. */
export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

/** Ends a program and waits for that. */
export async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM');
  await ended(child);
}

/** Waits until a program prints a text, and goes on reading what it prints. @returns all until then */
export function printed(child: ChildProcess, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        output += String(chunk);
        if (output.includes(text)) resolve(output);
      });
    child.once('exit', () => reject(new Error(`${text} was not printed:\n${output}`)));
  });
}

/** Waits until the agent reports a JVM that is LIVE. @param ask prints the JVMs */
export async function untilLive(ask: () => string): Promise<void> {
  const until = Date.now() + 60_000;
  for (let states: string[] = []; !states.includes('LIVE');) {
    if (Date.now() > until) throw new Error(`no JVM is LIVE: ${states.join()}`);
    states = (JSON.parse(ask()) as { jvms: { state: string }[] }).jvms.map(({ state }) => state);
    await delay(100);
  }
}

/** Of a file, in hex. */
export function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
