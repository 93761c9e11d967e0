import { constants, readFileSync } from 'node:fs';
import { access, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Log } from '@trustcast/config';
import { TrustcastError } from '@trustcast/schema';
import type { Problems } from '../../../platform/problems/problems.js';
import { explainFile } from '../../../platform/start-error.js';
import { readNatsAgents } from '../sql/read-nats-agents.js';
import type { Sql } from '../../../platform/postgres/statement.js';
import { type ConfirmOptions, confirmUsers } from './confirm-users.js';
import { type ServiceLogin, probeOf, usersText } from './users-text.js';

export interface NatsUsersOptions {
  readonly sql: Sql;
  readonly installation: string;
  readonly login: ServiceLogin;
  readonly file: string;
  /** Pid file of nats-server; null if the operator reloads it by other means. */
  readonly pidFile: string | null;
  /** Where nats-server is asked whether it uses the users. */
  readonly nats: ConfirmOptions['nats'];
  readonly onOutcome: (outcome: 'loaded' | 'refused') => void;
  readonly problems: Problems;
  readonly log: Log;
}

const WHAT = 'the NATS users file';
const RETRY_MS = 1_000;
/** PostgreSQL decides whether a key has ended, and is asked after that. */
const KEY_END_SLACK_MS = 250;
/** By a signal of this process, or by somebody who watches the file. */
const PATIENCE_MS = { told: 5_000, watched: 15_000 };

/** Keeps the file of nats-server's users as the agents of the database are, and has it read. */
export class NatsUsers {
  readonly #options: NatsUsersOptions;
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  /** Runs when the first of the keys ends from which another one took over. */
  #keyEnds: NodeJS.Timeout | undefined;
  #stopped = false;
  #confirming: { readonly text: string; readonly ending: AbortController } | undefined;

  constructor(options: NatsUsersOptions) {
    this.#options = options;
  }

  /** The first time, before anything waits for the file. @throws StartError where the file of the settings cannot be written */
  async start(): Promise<void> {
    try {
      // What is up to date is not written now, and has to be later.
      await access(dirname(this.#options.file), constants.W_OK).catch((cause: unknown) => {
        throw new UsersFileError(cause);
      });
      await this.#write();
    } catch (error) {
      if (error instanceof UsersFileError) throw explainFile(error.cause, 'TRUSTCAST_NATS_USERS_FILE', WHAT);
      // The database, or nats-server, which may come back.
      this.#failed(error);
    }
  }

  /**
   * Resolves when the file shows everything that was committed before, or could not be written and will be tried again.
   * Those who ask while one runs share the next.
   */
  update(): Promise<void> {
    this.#next ??= this.#running = this.#after(this.#running);
    return this.#next;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#confirming?.ending.abort();
    await this.#running;
    clearTimeout(this.#retry);
    clearTimeout(this.#keyEnds);
  }

  async #after(before: Promise<void>): Promise<void> {
    await before;
    this.#next = undefined;
    if (this.#stopped) return;
    try {
      await this.#write();
      this.#options.problems.ended('NATS_USERS_NOT_WRITTEN', 'the NATS users file was written');
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    const { problems, file } = this.#options;
    if (error instanceof UsersFileError)
      problems.began(
        'NATS_USERS_NOT_WRITTEN',
        `the NATS users file ${file} (TRUSTCAST_NATS_USERS_FILE) cannot be written: agents that register cannot log in to NATS, and deleted ones still can; trying again`,
        error,
      );
    else
      problems.failed(
        'NATS_USERS_NOT_WRITTEN',
        'the NATS users file cannot be brought up to date; trying again',
        error,
      );
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.update(), RETRY_MS);
  }

  async #write(): Promise<void> {
    const { sql, installation, login, file, pidFile, log } = this.#options;
    const agents = await readNatsAgents(sql);
    this.#updateAt(agents.flatMap(({ endsInMs }) => endsInMs ?? []));
    const text = usersText(installation, login, agents);
    if (await isPrivate(file, text)) {
      this.#confirm(text);
      return;
    }
    await replaceFile(file, text).catch((cause: unknown) => {
      throw new UsersFileError(cause);
    });
    const told = pidFile !== null && reload(pidFile);
    log.info('the NATS users file was written', { agents: agents.length, told });
    this.#confirm(text);
  }

  #updateAt(inMs: readonly number[]): void {
    clearTimeout(this.#keyEnds);
    if (inMs.length === 0 || this.#stopped) return;
    this.#keyEnds = setTimeout(() => void this.update(), Math.max(0, Math.min(...inMs)) + KEY_END_SLACK_MS);
  }

  /** Looks, beside everything else, whether nats-server uses the users. */
  #confirm(text: string): void {
    const login = probeOf(text);
    if (!login || this.#stopped || this.#confirming?.text === text) return;
    this.#confirming?.ending.abort();
    const ending = new AbortController();
    this.#confirming = { text, ending };
    const { nats, problems, pidFile, onOutcome } = this.#options;
    const patienceMs = pidFile === null ? PATIENCE_MS.watched : PATIENCE_MS.told;
    void confirmUsers(login, { nats, problems, patienceMs, onOutcome, signal: ending.signal });
  }
}

/** A system call on the file failed: neither the database's state nor that of NATS explains it. */
class UsersFileError extends TrustcastError {
  constructor(cause: unknown) {
    super('NATS_USERS_NOT_WRITTEN', `${WHAT} cannot be written`, { cause });
  }
}

async function replaceFile(file: string, text: string): Promise<void> {
  const temporary = `${file}.${process.pid}.new`;
  await rm(temporary, { force: true });
  // The file holds the service's password, whatever mode its installer gave it.
  const handle = await open(temporary, 'wx', 0o600);
  try {
    await handle.chmod(0o600);
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
}

async function isPrivate(file: string, text: string): Promise<boolean> {
  const unchanged = (await readFile(file, 'utf8').catch(() => undefined)) === text;
  return unchanged && ((await stat(file)).mode & 0o777) === 0o600;
}

/** @returns false when no nats-server runs under the pid: it reads the file when it starts */
function reload(pidFile: string): boolean {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8'));
    // After a crash the pid may be another's, and the signal ends most programs.
    if (!Number.isInteger(pid) || readFileSync(`/proc/${pid}/comm`, 'utf8').trim() !== 'nats-server') return false;
    process.kill(pid, 'SIGHUP');
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return false;
    throw error;
  }
}
