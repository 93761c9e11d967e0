import { type Position, type SetScope, comparePositions } from '@trustcast/schema';
import { EnvironmentSet } from './rules/environment-set.js';
import type { Database } from '../../platform/postgres/database.js';
import { type Changes, type LoggedRevision, changesAfter } from '../deployments/sql/read-changes.js';
import { readSetLines } from './sql/read-set.js';

/** An environment as the database has it now. */
export interface Look extends Position {
  readonly name: string;
  readonly head: string | null;
  readonly digest: string;
  /** Read together with the position. */
  readonly issuedAt: number;
  /** What was new since the last look. */
  readonly revisions: readonly LoggedRevision[];
  /** The last look belongs to another history (or there was none): `revisions` does not lead from it. */
  readonly reloaded: boolean;
}

/** Follows the log of one environment and keeps its set and digest in memory. Looks must not overlap. */
export class EnvironmentFollower {
  readonly #database: Database;
  readonly #scope: SetScope;
  #known: (Position & { head: string | null; set: EnvironmentSet; digest: string | undefined }) | undefined;

  constructor(database: Database, scope: SetScope) {
    this.#database = database;
    this.#scope = scope;
  }

  /** null: the environment is gone. */
  async look(): Promise<Look | null> {
    try {
      return await this.#look();
    } catch (error) {
      // Whatever was half done: the next look starts from the whole set.
      this.#known = undefined;
      throw error;
    }
  }

  async #look(): Promise<Look | null> {
    const revisions: LoggedRevision[] = [];
    let reloaded = false;
    for (;;) {
      const changes = await changesAfter(this.#database, this.#scope.environment, this.#known?.revision ?? 0);
      if (!changes) return null;
      if (!this.#known || !continues(this.#known, changes)) {
        if (!(await this.#load())) return null;
        reloaded = true;
        revisions.length = 0;
        continue;
      }
      for (const revision of changes.revisions) {
        this.#known.set.apply(revision);
        Object.assign(this.#known, {
          epoch: revision.epoch,
          revision: revision.revision,
          head: revision.deploymentId,
          digest: undefined,
        });
        revisions.push(revision);
      }
      if (comparePositions(this.#known, changes) !== 0) continue;
      const { name, epoch, revision, head, issuedAt } = changes;
      this.#known.digest ??= this.#known.set.digest();
      return { name, epoch, revision, head, issuedAt, digest: this.#known.digest, revisions, reloaded };
    }
  }

  async #load(): Promise<boolean> {
    const whole = await readSetLines(this.#database, this.#scope.environment);
    if (!whole) return false;
    const { epoch, revision, head, entries } = whole;
    this.#known = { epoch, revision, head, set: new EnvironmentSet(this.#scope, entries), digest: undefined };
    return true;
  }
}

/** A database that was restored may have the same numbers for other changes: the deployment ids tell. */
function continues(known: Position & { head: string | null }, changes: Changes): boolean {
  if (known.revision > changes.revision) return false;
  return known.revision === changes.revision && known.epoch === changes.epoch
    ? known.head === changes.head
    : known.revision === 0 || (changes.anchor?.epoch === known.epoch && changes.anchor.deploymentId === known.head);
}
