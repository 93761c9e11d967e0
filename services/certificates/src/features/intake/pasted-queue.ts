import type { ChosenContent } from '../gate/rules/admit-certificate.js';
import type { AdmittedCertificate } from '../gate/rules/validate-certificate.js';
import type { FieldPath } from '../records/refusal.js';
import type { Result } from '../records/result.js';
import { ReaderPool, UnreadError } from './reader-pool.js';

/** Of pasted text: of what one request brings, and of what waits for everybody. */
const LIMITS = { requestCharacters: 16 * 1024 * 1024, waitingCharacters: 48 * 1024 * 1024 };
/** What a thread reads at a time. */
const BATCH = { pieces: 64, characters: 64 * 1024 };

interface Piece {
  readonly given: readonly [ChosenContent, FieldPath];
  readonly resolve: (answer: Result<AdmittedCertificate>) => void;
  readonly reject: (error: unknown) => void;
}

interface Group {
  characters: number;
  readonly pieces: Piece[];
}

/** Pasted certificates that wait for a thread, those of one request together, and requests by turns: hundreds of one wait for themselves. */
export class PastedQueue {
  readonly #pool: Pick<ReaderPool, 'read' | 'close'>;
  readonly #groups: Group[] = [];
  #current: Group | undefined;
  #waitingCharacters = 0;
  #running = false;

  constructor(pool: Pick<ReaderPool, 'read' | 'close'> = new ReaderPool({ threads: 1, waiting: 0 })) {
    this.#pool = pool;
  }

  /** @throws UnreadError */
  read(content: ChosenContent, at: FieldPath): Promise<Result<AdmittedCertificate>> {
    const { length } = content.content;
    const group = this.#groupOfNow();
    if (group.characters + length > LIMITS.requestCharacters)
      return Promise.reject(
        new UnreadError(
          `a request has at most ${LIMITS.requestCharacters} characters of pasted text: send it in parts`,
        ),
      );
    if (this.#waitingCharacters + length > LIMITS.waitingCharacters)
      return Promise.reject(new UnreadError('too much is being read at the moment: try again'));
    group.characters += length;
    this.#waitingCharacters += length;
    return new Promise((resolve, reject) => {
      group.pieces.push({ given: [content, at], resolve, reject });
      if (!this.#running) void this.#run();
    });
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  /** What is asked for in one turn of the event loop is one request's. */
  #groupOfNow(): Group {
    if (this.#current) return this.#current;
    const group: Group = { characters: 0, pieces: [] };
    this.#current = group;
    this.#groups.push(group);
    setImmediate(() => (this.#current = undefined));
    return group;
  }

  async #run(): Promise<void> {
    this.#running = true;
    // All that come together are there before the first batch is cut.
    await new Promise(setImmediate);
    for (let group = this.#groups.shift(); group; group = this.#groups.shift()) {
      // What comes later in this turn finds another group: nobody would look into this one again.
      if (group === this.#current) this.#current = undefined;
      const batch = cut(group.pieces);
      if (group.pieces.length > 0) this.#groups.push(group);
      try {
        const answers = await this.#pool.read(
          'admitAll',
          batch.map(({ given }) => given),
        );
        for (const [index, answer] of answers.entries()) batch[index]?.resolve(answer);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
      for (const { given } of batch) this.#waitingCharacters -= given[0].content.length;
    }
    this.#running = false;
  }
}

function cut(pieces: Piece[]): Piece[] {
  let [count, characters] = [0, 0];
  for (const { given } of pieces) {
    characters += given[0].content.length;
    if (count > 0 && (characters > BATCH.characters || count >= BATCH.pieces)) break;
    count++;
  }
  return pieces.splice(0, count);
}
