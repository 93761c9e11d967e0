import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../src/main.js', import.meta.url));

export interface Answer {
  readonly status: number;
  readonly data: unknown;
  readonly errors: readonly { message: string; extensions?: { code?: string; retryable?: boolean } }[] | undefined;
}

export interface ServiceProcess {
  readonly url: string;
  readonly token: string;
  readonly pid: number;
  /** Everything that it wrote so far. */
  readonly output: () => string;
  readonly graphql: (query: string, variables?: object) => Promise<Answer>;
  /** Answers the data as the caller knows it. @throws Error on errors */
  readonly query: <Data>(query: string, variables?: object) => Promise<Data>;
  /** Waits for a line of the log. */
  readonly logged: (message: string) => Promise<void>;
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly ended: Promise<number | null>;
  /** @returns the exit code */
  readonly stop: () => Promise<number | null>;
}

/** Starts `main.js` with nothing but the given environment. */
export function spawnMain(args: readonly string[], env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, ['--enable-source-maps', MAIN, ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Runs `main.js` to its end. */
export async function runMain(args: readonly string[], env: Record<string, string>) {
  const child = spawnMain(args, env);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text: Buffer) => (output += text.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

export async function startService(env: Record<string, string>, readToken: () => string): Promise<ServiceProcess> {
  const child = spawnMain(['serve'], env);
  let output = '';
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (text: Buffer) => {
      output += text.toString();
      for (const look of waiting) look();
    });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  if (!child.stdout) throw new Error('no output');
  const ready = new Promise<{ url: string }>((resolve, reject) => {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const record = parse(line);
      if (record?.msg === 'ready') resolve(record as unknown as { url: string });
    });
    void ended.then((code) => reject(new Error(`the service ended with ${code}:\n${output}`)));
  });
  const { url } = await ready;
  const token = readToken();
  return {
    url,
    token,
    pid: child.pid ?? 0,
    output: () => output,
    graphql: (query, variables) => ask(url, token, query, variables),
    query: async <Data>(query: string, variables?: object) => {
      const answer = await ask(url, token, query, variables);
      if (answer.errors || answer.data == null) throw new Error(JSON.stringify(answer));
      return answer.data as Data;
    },
    logged: (message) =>
      new Promise((resolve) => {
        const look = () => {
          if (!output.includes(`"msg":"${message}"`)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    kill: (signal) => void child.kill(signal),
    ended,
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

export async function ask(url: string, token: string, query: string, variables: object = {}): Promise<Answer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
  return { status: response.status, ...((await response.json()) as Omit<Answer, 'status'>) };
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
