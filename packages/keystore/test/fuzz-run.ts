import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { mutate } from './mutate.js';
import { Random } from './random.js';

/** What is fuzzed. `fuzz` has the shape of a target of jazzer.js, which can run it too. */
export interface FuzzTarget {
  /** @returns what came out, in words: a word that was not seen before makes its input a seed. @throws where a property fails */
  readonly fuzz: (data: Buffer) => string;
  readonly corpus: () => readonly Buffer[];
  /** Pieces that inputs of this kind are made of. */
  readonly dictionary: readonly string[];
  /** Encodings that are put around an input. */
  readonly wraps: readonly ((data: Buffer) => Buffer)[];
  /** CPU time that one input may take. */
  readonly cpuMs: number;
  readonly heapMb: number;
}

export interface FuzzResult {
  readonly runs: number;
  readonly seed: number;
  /** What failed, with its input in base64. */
  readonly failures: readonly string[];
  readonly slowestCpuMs: number;
  readonly largestHeapMb: number;
  /** How often each came out. */
  readonly outcomes: Readonly<Record<string, number>>;
}

/** Larger inputs find nothing that smaller ones do not, and take longer. */
const MAX_INPUT_BYTES = 64 * 1024;

/** Gives the target its corpus, then mutants of it, until there were `runs` or `seconds` are over. The seed determines all inputs. */
export function runFuzz(target: FuzzTarget, options: { runs: number; seconds: number; seed: number }): FuzzResult {
  const random = new Random(options.seed);
  const seeds = [...target.corpus()];
  const corpusSize = seeds.length;
  const failures: string[] = [];
  const outcomes: Record<string, number> = {};
  let [runs, slowestCpuMs, largestHeapMb] = [0, 0, 0];
  // Whatever else this process holds is none of the inputs'.
  collect();
  const beforeMb = usedMb();
  const ownMb = () => usedMb() - beforeMb;
  const end = performance.now() + options.seconds * 1_000;
  while (runs < options.runs && performance.now() < end) {
    const input = runs < corpusSize ? seeds[runs]! : mutant(target, seeds, random);
    runs++;
    const start = process.cpuUsage();
    let outcome = 'failed';
    try {
      outcome = target.fuzz(input);
      if (!(outcome in outcomes) && runs > corpusSize) seeds.push(input);
    } catch (error) {
      failures.push(`${String(error)} ${input.toString('base64')}`);
    }
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    const { user, system } = process.cpuUsage(start);
    const cpuMs = (user + system) / 1_000;
    if (cpuMs > target.cpuMs) failures.push(`${cpuMs} ms ${input.toString('base64')}`);
    slowestCpuMs = Math.max(slowestCpuMs, cpuMs);
    // Garbage of earlier inputs, which nobody has collected yet, is no memory that one of them needs.
    if (ownMb() > target.heapMb) collect();
    largestHeapMb = Math.max(largestHeapMb, ownMb());
  }
  if (largestHeapMb > target.heapMb) failures.push(`${largestHeapMb} MB of heap`);
  return { runs, seed: options.seed, failures, slowestCpuMs, largestHeapMb, outcomes };
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function usedMb(): number {
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}

/** The command of a target: `--runs`, `--seconds` and `--seed`. Ends with 1 where something failed. */
export function fuzzCommand(target: FuzzTarget): void {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '1000000' },
      seconds: { type: 'string', default: '60' },
      seed: { type: 'string', default: String(Date.now() % 2 ** 32) },
    },
  });
  const result = runFuzz(target, {
    runs: Number(values.runs),
    seconds: Number(values.seconds),
    seed: Number(values.seed),
  });
  for (const failure of result.failures) process.stdout.write(`${failure}\n`);
  for (const [outcome, count] of Object.entries(result.outcomes)) process.stdout.write(`${count} ${outcome}\n`);
  process.stdout.write(
    `seed ${result.seed}: ${result.runs} inputs, ${result.failures.length} failures, slowest ` +
      `${result.slowestCpuMs.toFixed(0)} ms of CPU, largest heap ${result.largestHeapMb.toFixed(0)} MB\n`,
  );
  process.exitCode = result.failures.length === 0 ? 0 : 1;
}

function mutant(target: FuzzTarget, seeds: readonly Buffer[], random: Random): Buffer {
  let input = random.one(seeds);
  for (let left = 1 + random.below(4); left > 0; left--) input = changed(input, target, seeds, random);
  return input.subarray(0, MAX_INPUT_BYTES);
}

function changed(input: Buffer, target: FuzzTarget, seeds: readonly Buffer[], random: Random): Buffer {
  const at = random.below(input.length + 1);
  const end = at + random.below(1 + Math.min(input.length - at, 256));
  const with_ = (piece: Uint8Array, upTo = at) => Buffer.concat([input.subarray(0, at), piece, input.subarray(upTo)]);
  switch (random.below(8)) {
    case 0:
      return with_(Buffer.from(random.one(target.dictionary), 'latin1'));
    case 1:
      return with_(Buffer.alloc(0), end);
    case 2:
      return with_(input.subarray(at, end));
    case 3: {
      const other = random.one(seeds);
      const from = random.below(other.length + 1);
      return with_(other.subarray(from, from + random.below(2_048)), random.below(2) === 0 ? at : end);
    }
    case 4:
      return input.subarray(0, at);
    case 5:
      return target.wraps.length > 0 ? random.one(target.wraps)(input) : mutate(input, random);
    default:
      return mutate(input, random);
  }
}
