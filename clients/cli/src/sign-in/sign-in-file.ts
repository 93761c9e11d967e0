import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Environment } from '@trustcast/config';
import { UsageError } from '../errors.js';

/** Who somebody is at a service, until when, and how it goes on. */
export interface StoredSignIn {
  /** URL of the service. */
  readonly service: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly kind: 'access_token' | 'id_token';
  /** The bearer token. */
  readonly token: string;
  /** In milliseconds since the Unix epoch, by this host's clock. */
  readonly expiresAt: number;
  /** null: the provider gave none. */
  readonly refreshToken: string | null;
}

const LOCK_PAUSE_MS = 100;
const LOCK_WAIT_MS = 20_000;
/** Longer than a refresh takes: who held it is gone. */
const LOCK_STALE_MS = 60_000;

/** The file of a sign-in, which nobody else may read. Each service has its own. */
export class SignInFile {
  readonly path: string;

  constructor(environment: Environment, service: string) {
    const { XDG_STATE_HOME: given = '', HOME: home = homedir() } = environment;
    // The XDG specification: a relative path is to be ignored.
    const state = isAbsolute(given) ? given : join(home, '.local', 'state');
    const name = createHash('sha256').update(service).digest('hex').slice(0, 16);
    this.path = join(state, 'trustcast', `sign-in-${name}.json`);
  }

  /** @returns null: nobody is signed in @throws UsageError where others could have read or written it */
  async read(): Promise<StoredSignIn | null> {
    try {
      const { mode, uid } = await stat(this.path);
      if ((mode & 0o077) !== 0 || (process.getuid && uid !== process.getuid()))
        throw new UsageError(`${this.path} can be read or changed by others: run trustcast logout and trustcast login`);
      return JSON.parse(await readFile(this.path, 'utf8')) as StoredSignIn;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      if (error instanceof SyntaxError) throw new UsageError(`${this.path} is damaged: run trustcast login`);
      throw error;
    }
  }

  async write(signIn: StoredSignIn): Promise<void> {
    await this.#makeFolder();
    const draft = `${this.path}.${randomUUID()}`;
    try {
      await writeFile(draft, `${JSON.stringify(signIn, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
      await rename(draft, this.path);
    } finally {
      await rm(draft, { force: true });
    }
  }

  /** @returns whether there was one */
  async remove(): Promise<boolean> {
    try {
      await rm(this.path);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
  }

  /** Runs while no other process does: providers end a sign-in whose refresh token is used twice. */
  async locked<Result>(run: () => Promise<Result>): Promise<Result> {
    await this.#makeFolder();
    const lock = `${this.path}.lock`;
    const deadline = performance.now() + LOCK_WAIT_MS;
    for (;;)
      try {
        await (await open(lock, 'wx', 0o600)).close();
        break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        const since = await stat(lock).then(
          ({ mtimeMs }) => mtimeMs,
          () => Date.now(),
        );
        if (Date.now() - since > LOCK_STALE_MS) await rm(lock, { force: true });
        else if (performance.now() > deadline)
          throw new UsageError(`another trustcast is refreshing the sign-in; if there is none, delete ${lock}`);
        else await delay(LOCK_PAUSE_MS);
      }
    try {
      return await run();
    } finally {
      await rm(lock, { force: true });
    }
  }

  async #makeFolder(): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
  }
}
