import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { writePkcs12 } from '@trustcast/keystore';
import { JavaJudge } from '@trustcast/keystore/test/java-judge.js';
import {
  NotJavaSafeError,
  assertJavaSafe,
  certificateFields,
  certificateWarnings,
  suggestAlias,
} from '../src/index.js';
import { fuzzSeeds } from './fuzz-seeds.js';
import { mutate } from './mutate.js';
import { Random } from './random.js';

/** A mutant that the gate let in and some JDK cannot load, or whose fields cannot be read. */
export interface Escape {
  readonly der: Buffer;
  readonly reason: string;
}

export interface FuzzResult {
  readonly mutants: number;
  readonly admitted: number;
  /** Refused by the gate, of the sample that Java was asked about, and loadable in every JDK. */
  readonly refusedButLoadable: number;
  readonly refusedAsked: number;
  readonly escapes: readonly Escape[];
}

const BATCH = 250;

/** Asks every JDK whether it loads what the gate admits. The seed determines the mutants. */
export async function fuzzGate(judges: readonly JavaJudge[], mutants: number, seed: number): Promise<FuzzResult> {
  const random = new Random(seed);
  const seeds = fuzzSeeds();
  const escapes: Escape[] = [];
  let [admittedCount, refusedButLoadable, refusedAsked] = [0, 0, 0];
  for (let left = mutants; left > 0; left -= BATCH) {
    const admitted: Buffer[] = [];
    for (let index = Math.min(BATCH, left); index > 0; index--) {
      const mutant = mutate(random.one(seeds), random);
      if (admits(mutant)) {
        admitted.push(mutant);
        const failure = failureOfFields(mutant);
        if (failure) escapes.push({ der: mutant, reason: failure });
      } else if (index % 25 === 0) {
        refusedAsked++;
        if ((await refusalOf(judges, [mutant])) === undefined) refusedButLoadable++;
      }
    }
    admittedCount += admitted.length;
    escapes.push(...(await unloadable(judges, admitted)));
  }
  return { mutants, admitted: admittedCount, refusedButLoadable, refusedAsked, escapes };
}

function admits(der: Buffer): boolean {
  try {
    assertJavaSafe(der);
    return true;
  } catch (error) {
    if (error instanceof NotJavaSafeError) return false;
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
async function unloadable(judges: readonly JavaJudge[], ders: readonly Buffer[]): Promise<Escape[]> {
  const reason = ders.length === 0 ? undefined : await refusalOf(judges, ders);
  if (reason === undefined) return [];
  const [only, ...more] = ders;
  if (only && more.length === 0) return [{ der: only, reason }];
  const half = ders.length >> 1;
  return [...(await unloadable(judges, ders.slice(0, half))), ...(await unloadable(judges, ders.slice(half)))];
}

async function refusalOf(judges: readonly JavaJudge[], ders: readonly Buffer[]): Promise<string | undefined> {
  const file = writePkcs12(ders.map((der, index) => ({ alias: `mutant-${index}`, der })));
  const answers = await Promise.all(judges.map(async (judge) => ({ judge, answer: await judge.load(file) })));
  for (const { judge, answer } of answers) {
    if (typeof answer === 'string') return `${judge.name}: ${answer}`;
    if (answer.length !== ders.length) return `${judge.name}: ${answer.length} of ${ders.length} entries`;
  }
  return undefined;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      mutants: { type: 'string', default: '100000' },
      seed: { type: 'string', default: String(Date.now() % 2 ** 32) },
    },
  });
  const judges = await JavaJudge.startAll();
  const result = await fuzzGate(judges, Number(values.mutants), Number(values.seed));
  for (const { der, reason } of result.escapes) process.stdout.write(`${reason}\n  ${der.toString('base64')}\n`);
  const percent = (part: number, whole: number) => `${((100 * part) / Math.max(whole, 1)).toFixed(4)} %`;
  process.stdout.write(
    `seed ${values.seed}: ${result.mutants} mutants, ${result.admitted} admitted, ` +
      `${result.escapes.length} admitted but unloadable (${percent(result.escapes.length, result.mutants)} of all, ` +
      `${percent(result.escapes.length, result.admitted)} of the admitted); ` +
      `of ${result.refusedAsked} refused, ${result.refusedButLoadable} would load\n`,
  );
  await Promise.all(judges.map((judge) => judge.stop()));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
