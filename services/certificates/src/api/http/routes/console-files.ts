import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { extname, join } from 'node:path';

/** A file of the console, as it is sent. */
export interface ConsoleFile {
  readonly type: string;
  readonly plain: Buffer;
  /** The same in brotli's form; null: it has none. */
  readonly brotli: Buffer | null;
  readonly etag: string;
  /** Whether its name holds a hash of its content: it never changes. */
  readonly lasting: boolean;
}

/** The console's files by their path in its folder. */
export type ConsoleFiles = ReadonlyMap<string, ConsoleFile>;

const TYPES: Readonly<Record<string, string | undefined>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Reads all files of the console, less than 2 MB. None where it was not built. */
export function readConsoleFiles(folder: string): ConsoleFiles {
  if (!existsSync(folder)) return new Map();
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return new Map(
    names.flatMap((name) => {
      const type = TYPES[extname(name)];
      if (type === undefined) return [];
      const plain = readFileSync(join(folder, name));
      const brotli = existsSync(join(folder, `${name}.br`)) ? readFileSync(join(folder, `${name}.br`)) : null;
      const etag = `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`;
      return [[name, { type, plain, brotli, etag, lasting: name.startsWith('assets/') }] as const];
    }),
  );
}
