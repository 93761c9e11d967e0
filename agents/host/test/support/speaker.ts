import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { bootId, startTicksOf } from '../../src/jvms/processes/process-facts.js';
import { programs } from './programs.js';

/** A Java process that says of itself what it is told to, with the same time on each of its files. */
export interface Speaker {
  readonly pid: number;
  readonly say: (more: Readonly<Record<string, unknown>>) => Promise<void>;
  readonly stop: () => Promise<unknown>;
}

/** Starts one that writes to `file`; `wrapper` stands before java. */
export async function startSpeaker(home: string, file: string, wrapper: readonly string[] = []): Promise<Speaker> {
  const folder = programs('Speaker');
  const options = ['-XX:TieredStopAtLevel=1', '-cp', folder.path];
  const [command, ...args] = [...wrapper, join(home, 'bin/java'), ...options, 'Speaker', file];
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], cwd: '/' });
  await once(child.stdout, 'data');
  const pid = child.pid ?? 0;
  let sequence = 0;
  return {
    pid,
    say: async (more) => {
      sequence += 1;
      const said = {
        format: 'trustcast-jvm-status/1',
        bootId: bootId(),
        pid,
        startTicks: startTicksOf(pid),
        jdk: { version: '99', vendor: 'nobody' },
        mainClass: 'Speaker',
        agentVersion: '1',
        via: 'premain',
        file: null,
        state: 'FAILED',
        reason: null,
        loaded: null,
        alsoInBase: [],
        lastError: null,
        hookErrors: 0,
        sequence,
        writtenAt: new Date().toISOString(),
        ...more,
      };
      const heard = once(child.stdout, 'data');
      child.stdin.write(`${Buffer.from(JSON.stringify(said)).toString('base64')}\n`);
      await heard;
    },
    stop: async () => {
      child.kill('SIGKILL');
      await once(child, 'close');
      folder.remove();
    },
  };
}
