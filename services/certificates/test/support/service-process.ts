import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../bundle/main.js', import.meta.url));

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
  return spawn(process.execPath, [MAIN, ...args], {
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

export interface LaunchedProcess extends Pick<ServiceProcess, 'pid' | 'output' | 'logged' | 'kill' | 'ended' | 'stop'> {
  /** Waits for a line of the log, and answers it; rejects when the process ends before. */
  readonly record: (message: string) => Promise<Record<string, unknown>>;
}

/** Starts `main.js serve` and does not wait for it. */
export function launchService(env: Record<string, string>, args: readonly string[] = []): LaunchedProcess {
  const child = spawnMain(['serve', ...args], env);
  let output = '';
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (text: Buffer) => {
      output += text.toString();
      for (const look of waiting) look();
    });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const record = (message: string) =>
    new Promise<Record<string, unknown>>((resolve, reject) => {
      const look = () => {
        if (!output.includes(`"msg":"${message}"`)) return;
        const found = output
          .split('\n')
          .map(parse)
          .find((line) => line?.msg === message);
        if (!found) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
      const early = (code: number | null) => reject(new Error(`the service ended with ${code}:\n${output}`));
      void ended.then(early);
    });
  return {
    pid: child.pid ?? 0,
    output: () => output,
    record,
    logged: async (message) => {
      await record(message);
    },
    kill: (signal) => void child.kill(signal),
    ended,
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

export async function startService(
  env: Record<string, string>,
  readToken: () => string,
  args: readonly string[] = [],
): Promise<ServiceProcess> {
  const launched = launchService(env, args);
  const { url } = (await launched.record('ready')) as { url: string };
  const token = readToken();
  return {
    ...launched,
    url,
    token,
    graphql: (query, variables) => ask(url, token, query, variables),
    query: async <Data>(query: string, variables?: object) => {
      const answer = await ask(url, token, query, variables);
      if (answer.errors || answer.data == null) throw new Error(JSON.stringify(answer));
      return answer.data as Data;
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
