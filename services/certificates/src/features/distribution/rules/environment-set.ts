import { type Hash, createHash } from 'node:crypto';
import { type SetScope, TrustcastError, foldAlias } from '@trustcast/schema';

interface Line {
  readonly alias: string;
  readonly fingerprint: string;
}

/** A run of sorted lines. What was computed of it is kept until it changes. */
interface Block {
  lines: string[];
  bytes: Buffer | undefined;
  /** State of the hash before the block. */
  before: Hash | undefined;
}

const BLOCK_LINES = 512;

/**
 * The set of an environment without its certificates' bytes. Its digest after a change costs the hashing of what comes
 * after the change, and no sorting. `digestOf` in the schema says what the digest is.
 */
export class EnvironmentSet {
  readonly #blockLines: number;
  readonly #start: Hash;
  readonly #lineByKey = new Map<string, string>();
  /** Lines sort as strings: aliases are of the BMP without surrogates, where UTF-16 order is UTF-8 order. */
  readonly #blocks: Block[] = [];

  constructor({ installation, environment }: SetScope, entries: readonly Line[], blockLines = BLOCK_LINES) {
    this.#blockLines = blockLines;
    this.#start = createHash('sha256').update(`trustcast-set/1\n${installation}\n${environment}\n`);
    for (const entry of entries) this.#lineByKey.set(foldAlias(entry.alias), lineOf(entry));
    const lines = [...this.#lineByKey.values()].sort();
    for (let at = 0; at < lines.length || at === 0; at += blockLines)
      this.#blocks.push({ lines: lines.slice(at, at + blockLines), bytes: undefined, before: undefined });
  }

  get size(): number {
    return this.#lineByKey.size;
  }

  /** Removals come first. @throws TrustcastError `DELTA_MISMATCH` when a removal names no entry */
  apply({ upserts, removals }: { upserts: readonly Line[]; removals: readonly string[] }): void {
    for (const alias of removals) {
      const key = foldAlias(alias);
      const line = this.#lineByKey.get(key);
      if (line === undefined)
        throw new TrustcastError('DELTA_MISMATCH', 'a removal names an alias that the set does not have');
      this.#lineByKey.delete(key);
      this.#remove(line);
    }
    for (const entry of upserts) {
      const key = foldAlias(entry.alias);
      const old = this.#lineByKey.get(key);
      if (old !== undefined) this.#remove(old);
      const line = lineOf(entry);
      this.#lineByKey.set(key, line);
      this.#insert(line);
    }
  }

  digest(): string {
    let hash = this.#start.copy();
    // Blocks before the first change have their state, and so has the block that changed.
    const known = this.#blocks.findLastIndex(({ before }) => before !== undefined);
    const from = Math.max(0, known);
    hash = this.#blocks[from]?.before?.copy() ?? hash;
    for (const block of this.#blocks.slice(from)) {
      block.before = hash.copy();
      block.bytes ??= Buffer.from(block.lines.join(''));
      hash.update(block.bytes);
    }
    return hash.digest('hex');
  }

  #insert(line: string): void {
    const [index, block] = this.#blockOf(line);
    block.lines.splice(indexIn(block.lines, line), 0, line);
    this.#changed(index);
    if (block.lines.length <= 2 * this.#blockLines) return;
    const second = block.lines.splice(this.#blockLines);
    this.#blocks.splice(index + 1, 0, { lines: second, bytes: undefined, before: undefined });
  }

  #remove(line: string): void {
    const [index, block] = this.#blockOf(line);
    block.lines.splice(indexIn(block.lines, line), 1);
    this.#changed(index);
    if (block.lines.length > 0 || this.#blocks.length === 1) return;
    this.#blocks.splice(index, 1);
    const next = this.#blocks[index];
    // What came before the empty block comes before the next one.
    if (next) next.before = block.before;
  }

  #changed(index: number): void {
    const block = this.#blocks[index];
    if (block) block.bytes = undefined;
    for (let after = index + 1; after < this.#blocks.length; after++) {
      const later = this.#blocks[after];
      if (later) later.before = undefined;
    }
  }

  /** The block that a line is in, or would be. */
  #blockOf(line: string): readonly [number, Block] {
    let low = 0;
    let high = this.#blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#blocks[middle]?.lines[0] ?? '') <= line) low = middle;
      else high = middle - 1;
    }
    const block = this.#blocks[low];
    if (!block) throw new Error('there is always a block');
    return [low, block];
  }
}

function indexIn(lines: readonly string[], line: string): number {
  let low = 0;
  let high = lines.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((lines[middle] ?? '') < line) low = middle + 1;
    else high = middle;
  }
  return low;
}

function lineOf({ alias, fingerprint }: Line): string {
  return `trust ${fingerprint} ${alias}\n`;
}
