import { execFile } from 'node:child_process';
import { type KeyObject, verify } from 'node:crypto';
import { type Signer, type SigningKey, TrustcastError } from '@trustcast/schema';

/** A key that this process does not have: a command signs with it, with a module or a service of others behind it. */
export interface CommandKey {
  readonly kid: string;
  readonly publicKey: KeyObject;
  /** Program and arguments; no shell reads them. */
  readonly command: readonly string[];
}

/** With what this process signs. */
export type StatementKey = SigningKey | CommandKey;

/** Nothing could be signed; what was asked for may succeed later. */
export class SigningError extends TrustcastError {
  constructor(why: string) {
    super('SIGNING_COMMAND_FAILED', `TRUSTCAST_SIGNING_COMMAND ${why}`, { retryable: true });
  }
}

const TIMEOUT_MS = 10_000;
const MAX_OUTPUT = 4_096;
const SIGNATURE_BYTES = 64;
/** Processes at once; what comes meanwhile waits. */
const MAX_RUNNING = 4;

/** Public or private: what names the key. */
export function keyObjectOf(key: StatementKey): KeyObject {
  return 'privateKey' in key ? key.privateKey : key.publicKey;
}

/** Signs with a key of this process, or with a command. */
export function statementSigner(key: StatementKey, timeoutMs = TIMEOUT_MS): SigningKey | Signer {
  if ('privateKey' in key) return key;
  const waiting: (() => void)[] = [];
  let running = 0;
  return {
    kid: key.kid,
    async sign(bytes) {
      if (running >= MAX_RUNNING) await new Promise<void>((resolve) => waiting.push(resolve));
      else running += 1;
      try {
        return await signBy(key, bytes, timeoutMs);
      } finally {
        const next = waiting.shift();
        if (next) next();
        else running -= 1;
      }
    },
  };
}

/** The bytes go to its standard input; 64 bytes, as they are or in base64, come from its standard output. */
async function signBy({ command, publicKey }: CommandKey, bytes: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
  const [program = '', ...args] = command;
  const output = await new Promise<Buffer>((resolve, reject) => {
    const options = { timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: MAX_OUTPUT, encoding: 'buffer' } as const;
    const child = execFile(program, args, options, (error, stdout) => {
      if (!error) {
        resolve(stdout);
        return;
      }
      // Node's own message has the command line and what it printed, which may hold secrets.
      const isLate = child.killed && error.code !== 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER';
      const why = error.code ?? error.signal ?? 'unknown';
      reject(new SigningError(isLate ? `has not answered within ${timeoutMs} ms` : `failed (${why})`));
    });
    // One that does not read is told by its exit code, or by its signature.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(bytes);
  });
  const signature =
    output.length === SIGNATURE_BYTES ? output : Buffer.from(output.toString('latin1').trim(), 'base64');
  if (signature.length !== SIGNATURE_BYTES || !verify(null, bytes, publicKey, signature))
    throw new SigningError('answered no signature of the key in TRUSTCAST_SIGNING_KEY_FILE');
  return signature;
}
