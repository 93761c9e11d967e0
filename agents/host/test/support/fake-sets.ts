import { randomUUID } from 'node:crypto';
import {
  type CertificateSet,
  type ChangeMessage,
  type Delta,
  EMPTY_SET,
  type KeyDocument,
  type Position,
  type SetScope,
  type SigningKey,
  applyDelta,
  digestOf,
  formatPosition,
  signStatement,
} from '@trustcast/schema';

interface Revision {
  readonly position: Position;
  readonly set: CertificateSet;
  readonly delta: Delta;
}

/** The sets of an environment in memory, with real statements. */
export class FakeSets {
  readonly key: SigningKey;
  readonly environment: string;
  scope: SetScope;
  /** What it signs with; `key` unless another one took over. */
  signer: SigningKey;
  /** Which keys sign, as the root says. */
  keyList: KeyDocument | undefined;
  /** Added to the clock by which statements are issued. */
  clockMs = 0;
  #sets: Revision[];

  constructor(key: SigningKey, environment: string) {
    this.key = key;
    this.signer = key;
    this.environment = environment;
    this.scope = { installation: randomUUID(), environment: randomUUID() };
    this.#sets = [{ position: { epoch: 1, revision: 0 }, set: EMPTY_SET, delta: { upserts: [], removals: [] } }];
  }

  get position(): Position {
    return this.#last.position;
  }
  get set(): CertificateSet {
    return this.#last.set;
  }
  get #last(): Revision {
    return this.#sets.at(-1)!;
  }

  /** Makes the next revision, without telling anyone. */
  change(delta: Partial<Delta>): Position {
    const whole = { upserts: [], removals: [], ...delta };
    const { epoch, revision } = this.position;
    const position = { epoch, revision: revision + 1 };
    this.#sets.push({ position, set: applyDelta(this.set, whole), delta: whole });
    return position;
  }

  /** Goes back in time, with no agent left that has seen more. */
  rewind(revision: number): void {
    this.#sets = this.#sets.filter(({ position }) => position.revision <= revision);
  }

  /** All revisions so far. */
  get history(): readonly Revision[] {
    return [...this.#sets];
  }

  /** Knows these revisions and no others, as after a restore. */
  restore(history: readonly Revision[]): void {
    this.#sets = [...history];
  }

  /** Its environment was deleted and made again under its name. */
  makeAgain(): void {
    this.scope = { ...this.scope, environment: randomUUID() };
    this.rewind(0);
  }

  /** Statement of a revision, the current one unless told otherwise. */
  async statement(
    revision = this.position.revision,
    key = this.signer,
    scope: Partial<SetScope> = {},
  ): Promise<string> {
    const { position, set } = this.#sets.find((one) => one.position.revision === revision)!;
    const owner = { ...this.scope, ...scope };
    return signStatement(
      { ...owner, ...position, digest: digestOf(owner, set), issuedAt: Date.now() + this.clockMs },
      key,
    );
  }

  /** The event that leads from the revision before to this one. */
  async event(revision = this.position.revision): Promise<ChangeMessage> {
    const at = this.#sets.findIndex((one) => one.position.revision === revision);
    return {
      statement: await this.statement(revision),
      from: this.#sets[at - 1]!.position,
      ...this.#sets[at]!.delta,
    };
  }

  async heartbeat(): Promise<ChangeMessage> {
    const message = { statement: await this.statement(), from: this.position, upserts: [], removals: [] };
    return { ...message, ...(this.keyList && { keyList: this.keyList }) };
  }

  whole(statement: string): ChangeMessage {
    return { statement, from: null, upserts: [...this.set.values()], removals: [] };
  }

  /** What leads from a position, as `after` names it, to the last one; the whole set where that is not known. */
  async since(after: string | null): Promise<ChangeMessage> {
    const statement = await this.statement();
    const from = this.#sets.find(({ position }) => formatPosition(position) === after);
    if (!from) return this.whole(statement);
    const removals = [...from.set].filter(([alias]) => !this.set.has(alias)).map(([, entry]) => entry.alias);
    const upserts = [...this.set].filter(([alias, entry]) => from.set.get(alias)?.fingerprint !== entry.fingerprint);
    return { statement, from: from.position, removals, upserts: upserts.map(([, entry]) => entry) };
  }
}
