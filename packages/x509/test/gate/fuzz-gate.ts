import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { ReferenceJvm } from '@trustcast/keystore/test/reference-jvm.js';
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

/** A certificate that the gate let in and some reference JVM cannot load, or whose fields cannot be read. */
export interface Escape {
  readonly der: Buffer;
  readonly reason: string;
}

export interface FuzzResult {
  readonly made: number;
  readonly admitted: number;
  /** Of the admitted, those that a warning calls unreadable for a reference JVM, which was not asked then. */
  readonly warned: number;
  /** Why the gate refused what all reference JVMs load, of the sample that they were asked about. */
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

/** Asks every reference JVM whether it loads what the gate admits. The seed determines what is made. */
export async function fuzzGate(
  references: readonly ReferenceJvm[],
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
        const refused = await Promise.all(references.map((reference) => unloadable(reference, [der])));
        if (refused.every(({ length }) => length === 0)) refusedButLoadable.push(refusal);
      }
    }
    admittedCount += admitted.length;
    warned += admitted.filter((der) => references.some(({ name }) => isWarnedOf(name, der))).length;
    const found = await Promise.all(
      references.map((reference) =>
        unloadable(
          reference,
          admitted.filter((der) => !isWarnedOf(reference.name, der)),
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
async function unloadable(reference: ReferenceJvm, ders: readonly Buffer[]): Promise<Escape[]> {
  const reason = ders.length === 0 ? undefined : await refusalOf(reference, ders);
  if (reason === undefined) return [];
  const [only, ...more] = ders;
  if (only && more.length === 0) return [{ der: only, reason }];
  const half = ders.length >> 1;
  return [...(await unloadable(reference, ders.slice(0, half))), ...(await unloadable(reference, ders.slice(half)))];
}

async function refusalOf(reference: ReferenceJvm, ders: readonly Buffer[]): Promise<string | undefined> {
  const answer = await reference.open(ders.map((der, index) => ({ alias: `mutant-${index}`, der })));
  if (typeof answer === 'string') return `${reference.name}: ${answer}`;
  return answer.length === ders.length ? undefined : `${reference.name}: ${answer.length} of ${ders.length} entries`;
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
  const references = [...(await ReferenceJvm.startAll()), ...(await ReferenceJvm.startProviders({ on: 'every' }))];
  const make = values.mutants ? mutants() : recombinations();
  const result = await fuzzGate(references, make, Number(values.count), Number(values.seed));
  for (const { der, reason } of result.escapes) process.stdout.write(`${reason}\n  ${der.toString('base64')}\n`);
  process.stdout.write(
    `seed ${values.seed}: ${result.made} made, ${result.admitted} admitted, ${result.escapes.length} of them unloadable; ` +
      `${result.warned} have a warning that names a provider, which was not asked then; ` +
      `of ${result.refusedAsked} refused, ${result.refusedButLoadable.length} would load everywhere\n`,
  );
  for (const reason of result.refusedButLoadable.toSorted()) process.stdout.write(`loads everywhere: ${reason}\n`);
  await Promise.all(references.map((reference) => reference.stop()));
  process.exitCode = result.escapes.length === 0 ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
