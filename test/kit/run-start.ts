import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const START = fileURLToPath(import.meta.resolve('@trustcast/dev/start.mjs'));

/** One JSON line that `npm start -- --json` printed. */
export type StartLine = { readonly event: string } & Readonly<Record<string, unknown>>;

export interface RunningStart {
  readonly pid: number;
  /** All lines so far. */
  readonly lines: readonly StartLine[];
  /** Resolves with the first line of this event; rejects when the process ends without one. */
  until(event: string): Promise<StartLine>;
  /** The same for the first line that matches. */
  untilLine(matches: (line: StartLine) => boolean): Promise<StartLine>;
  /** Resolves when the process and its output have ended. */
  readonly ended: Promise<{ code: number | null; stderr: string }>;
  signal(signal: NodeJS.Signals): void;
}

/** Runs `npm start -- --json` as its user would, with a state folder of its own. */
export function runStart(state: string, options: readonly string[] = []): RunningStart {
  const child = spawn(process.execPath, [START, '--json', '--port', '0', '--state', state, ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: StartLine[] = [];
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const reader = createInterface({ input: child.stdout });
  const ended = new Promise<{ code: number | null; stderr: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, stderr }));
  });
  reader.on('line', (line) => lines.push(JSON.parse(line) as StartLine));
  const untilLine = (matches: (line: StartLine) => boolean) =>
    new Promise<StartLine>((resolve, reject) => {
      const look = () => {
        const line = lines.find(matches);
        if (line) resolve(line);
      };
      reader.on('line', look);
      look();
      void ended.then(() => reject(new Error(`npm start ended without the line that was awaited:\n${stderr}`)));
    });
  return {
    pid: child.pid!,
    lines,
    until: (event) => untilLine((line) => line.event === event),
    untilLine,
    ended,
    signal: (signal) => void child.kill(signal),
  };
}
