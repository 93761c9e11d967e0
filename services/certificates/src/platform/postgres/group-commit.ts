import type { Database } from './database.js';
import { DatabaseUnavailableError } from './database-errors.js';
import type { Sql, Statement } from './statement.js';

type Runs = Pick<Database, 'query' | 'transaction'>;

interface Waiting {
  readonly statement: Statement<unknown>;
  readonly values: readonly unknown[] | undefined;
  /** Decides the order inside a group. */
  readonly rank: string;
  readonly done: (rows: unknown[]) => void;
  readonly failed: (error: unknown) => void;
}

const MAX_GROUP = 16;

/**
 * Commits together what waits for the same lock. Statements that take one lock run one after the other, and each held it
 * until its commit was on the disk; those that arrive meanwhile become one transaction, and wait for the disk once. A
 * statement that nothing waits for runs at once, by itself.
 */
export class GroupCommit {
  readonly #database: Runs;
  /** What waits for each lock; an entry is there while something holds the lock. */
  readonly #waiting = new Map<string, Waiting[]>();

  constructor(database: Runs) {
    this.#database = database;
  }

  /**
   * Where a statement runs that is a transaction of its own, and takes this lock before any other.
   *
   * @param lock names what it locks
   * @param rank names the other row that it may have to wait for: those of a group are taken in the order of their ranks
   */
  of(lock: string, rank: string): Sql {
    return {
      query: <Row>(statement: Statement<Row>, values?: readonly unknown[]) =>
        new Promise<Row[]>((resolve, failed) => {
          const one: Waiting = { statement, values, rank, done: resolve as (rows: unknown[]) => void, failed };
          const queue = this.#waiting.get(lock);
          if (queue) {
            queue.push(one);
            return;
          }
          this.#waiting.set(lock, []);
          void this.#alone(one).then(() => this.#next(lock));
        }),
    };
  }

  async #next(lock: string): Promise<void> {
    for (let group = this.#take(lock); group.length > 0; group = this.#take(lock)) {
      const [first, ...more] = group;
      await (first && more.length === 0 ? this.#alone(first) : this.#together(group));
    }
    this.#waiting.delete(lock);
  }

  #take(lock: string): Waiting[] {
    const group = this.#waiting.get(lock)?.splice(0, MAX_GROUP) ?? [];
    return group.sort((a, b) => (a.rank < b.rank ? -1 : 1));
  }

  async #alone({ statement, values, done, failed }: Waiting): Promise<void> {
    await this.#database.query(statement, values).then(done, failed);
  }

  /** One that fails takes nothing from the others: then each runs by itself, and meets its own end. */
  async #together(group: readonly Waiting[]): Promise<void> {
    try {
      const rows = await this.#database.transaction(async (transaction) => {
        const all: unknown[][] = [];
        for (const { statement, values } of group) all.push(await transaction.query(statement, values));
        return all;
      });
      group.forEach(({ done }, index) => done(rows[index] ?? []));
    } catch (error) {
      // It may have been committed.
      if (error instanceof DatabaseUnavailableError) group.forEach(({ failed }) => failed(error));
      else await Promise.all(group.map((one) => this.#alone(one)));
    }
  }
}

const groups = new WeakMap<Runs, GroupCommit>();

/** The groups of a database. */
export function groupCommit(database: Runs): GroupCommit {
  const made = groups.get(database) ?? new GroupCommit(database);
  groups.set(database, made);
  return made;
}
