import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { JavaJudge } from '@trustcast/keystore/test/java-judge.js';
import {
  NotJavaSafeError,
  assertJavaSafe,
  certificateFields,
  certificateWarnings,
  suggestAlias,
} from '../../src/index.js';
import { fuzzSeeds } from '../fuzz/fuzz-seeds.js';
import { mutate } from '@trustcast/keystore/test/mutate.js';
import { recombinations } from './recombine.js';
import { isWarnedOf } from './warned-providers.js';
import { Random } from '@trustcast/keystore/test/random.js';

/** A certificate that the gate let in and some judge cannot load, or whose fields cannot be read. */
export interface Escape {
  readonly der: Buffer;
  readonly reason: string;
}

export interface FuzzResult {
  readonly made: number;
  readonly admitted: number;
  /** Of the admitted, those that a warning calls unreadable for a judge, who was not asked then. */
  readonly warned: number;
  /** Why the gate refused what all judges load, of the sample that they were asked about. */
  readonly refusedButLoadable: readonly string[];
  readonly refusedAsked: number;
  readonly escapes: readonly Escape[];
}

const BATCH = 250;

/** What makes the next certificate. */
export type Generator = (random: Random) => Buffer;

export function mutants(): Generator {
  const seeds = fuzzSeeds();
  return (random) => mutate(random.one(seeds), random);
}

/** Asks every judge whether it loads what the gate admits. The seed determines what is made. */
export async function fuzzGate(
  judges: readonly JavaJudge[],
  make: Generator,
  count: number,
  seed: number,
): Promise<FuzzResult> {
  const random = new Random(seed);
  const escapes: Escape[] = [];
  const refusedButLoadable: string[] = [];
  let [admittedCount, warned, refusedAsked] = [0, 0, 0];
  for (let left = count; left > 0; left -= BATCH) {
    const admitted: Buffer[] = [];
    for (let index = Math.min(BATCH, left); index > 0; index--) {
      const der = make(random);
      const refusal = refusalOfGate(der);
      if (refusal === undefined) {
        const failure = failureOfFields(der);
        if (failure) escapes.push({ der, reason: failure });
        else admitted.push(der);
      } else if (index % 25 === 0) {
        refusedAsked++;
        const refused = await Promise.all(judges.map((judge) => unloadable(judge, [der])));
        if (refused.every(({ length }) => length === 0)) refusedButLoadable.push(refusal);
      }
    }
    admittedCount += admitted.length;
    warned += admitted.filter((der) => judges.some(({ name }) => isWarnedOf(name, der))).length;
    const found = await Promise.all(
      judges.map((judge) =>
        unloadable(
          judge,
          admitted.filter((der) => !isWarnedOf(judge.name, der)),
        ),
      ),
    );
    escapes.push(...found.flat());
  }
  return { made: count, admitted: admittedCount, warned, refusedButLoadable, refusedAsked, escapes };
}

function refusalOfGate(der: Buffer): string | undefined {
  try {
    assertJavaSafe(der);
    return undefined;
  } catch (error) {
    if (error instanceof NotJavaSafeError) return error.message;
    throw error;
  }
}

/** What is admitted must be shown too. */
function failureOfFields(der: Buffer): string | undefined {
  try {
    const fields = certificateFields(der);
    certificateWarnings(fields, new Date(0));
    return /^[a-z0-9._-]{1,64}$/.test(suggestAlias(fields)) ? undefined : 'its alias is malformed';
  } catch (error) {
    return `its fields cannot be read: ${String(error)}`;
  }
}

/** Halves the batch until each culprit stands alone. */
async function unloadable(judge: JavaJudge, ders: readonly Buffer[]): Promise<Escape[]> {
  const reason = ders.length === 0 ? undefined : await refusalOf(judge, ders);
  if (reason === undefined) return [];
  const [only, ...more] = ders;
  if (only && more.length === 0) return [{ der: only, reason }];
  const half = ders.length >> 1;
  return [...(await unloadable(judge, ders.slice(0, half))), ...(await unloadable(judge, ders.slice(half)))];
}

async function refusalOf(judge: JavaJudge, ders: readonly Buffer[]): Promise<string | undefined> {
  const answer = await judge.open(ders.map((der, index) => ({ alias: `mutant-${index}`, der })));
  if (typeof answer === 'string') return `${judge.name}: ${answer}`;
  return answer.length === ders.length ? undefined : `${judge.name}: ${answer.length} of ${ders.length} entries`;
}

/** `npm run test:recombine`: every Java of this machine, and each provider first in each of them. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '20000' },
      seed: { type: 'string', default: String(Date.now() % 2 ** 32) },
      mutants: { type: 'boolean', default: false },
    },
  });
  const judges = [...(await JavaJudge.startAll()), ...(await JavaJudge.startProviders({ on: 'every' }))];
  const make = values.mutants ? mutants() : recombinations();
  const result = await fuzzGate(judges, make, Number(values.count), Number(values.seed));
  for (const { der, reason } of result.escapes) process.stdout.write(`${reason}\n  ${der.toString('base64')}\n`);
  process.stdout.write(
    `seed ${values.seed}: ${result.made} made, ${result.admitted} admitted, ${result.escapes.length} of them unloadable; ` +
      `${result.warned} have a warning that names a provider, which was not asked then; ` +
      `of ${result.refusedAsked} refused, ${result.refusedButLoadable.length} would load everywhere\n`,
  );
  for (const reason of result.refusedButLoadable.toSorted()) process.stdout.write(`loads everywhere: ${reason}\n`);
  await Promise.all(judges.map((judge) => judge.stop()));
  process.exitCode = result.escapes.length === 0 ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
