import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { ServiceProcess } from '@trustcast/certificates-service/test/support/service-process.js';
import { main } from '../src/command-line.js';

const MAIN = fileURLToPath(new URL('../bundle/main.js', import.meta.url));

export interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export type Settings = Readonly<Record<string, string>>;

/** Read where they are used: before the tests there is no service. */
export function settingsFor(service: ServiceProcess): Settings {
  return {
    get TRUSTCAST_URL() {
      return service.url;
    },
    get TRUSTCAST_TOKEN() {
      return service.token;
    },
  };
}

/** Runs a command line to its end, in this process. */
export async function trustcast(args: readonly string[], settings: Settings = {}, stdin = ''): Promise<Run> {
  const out: Buffer[] = [];
  let err = '';
  const code = await main(args, {
    environment: settings,
    stdin: Readable.from([stdin]),
    stdout: { write: (chunk) => out.push(Buffer.from(chunk)) },
    stderr: { write: (text) => (err += text) },
  });
  return { code, out: Buffer.concat(out).toString(), err };
}

/** Starts the program, with these settings and no others, and answers its lines one by one. */
export function spawnTrustcast(args: readonly string[], settings: Settings) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env.PATH, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close').then(([code]) => code as number | null);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    closed,
    line: async (): Promise<string> => String((await lines.next()).value),
    stop: async (): Promise<void> => {
      child.kill('SIGTERM');
      await closed;
    },
  };
}
