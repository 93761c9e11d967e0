import { printableJson } from '@trustcast/terminal';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type Fields = Readonly<Record<string, unknown>>;
type Write = (message: string, fields?: Fields) => void;
export type Log = Readonly<Record<Exclude<LogLevel, 'silent'>, Write>>;

/** One JSON line per call. An `error` field is written as its code and message, with the cause's. */
export function createLog(level: LogLevel, write: (line: string) => void = (line) => process.stdout.write(line)): Log {
  const from = LOG_LEVELS.indexOf(level);
  const at =
    (name: LogLevel): Write =>
    (msg, fields) => {
      if (LOG_LEVELS.indexOf(name) < from) return;
      const line = JSON.stringify({ level: name, time: new Date().toISOString(), msg, ...fields }, plainErrors);
      write(`${printableJson(line)}\n`);
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function plainErrors(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const { code } = value as NodeJS.ErrnoException;
  return { code: code ?? value.name, message: value.message, ...(value.cause ? { cause: value.cause } : {}) };
}
