import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { writePkcs12 } from '@trustcast/keystore';
import { TrustcastError } from '@trustcast/schema';
import { encodeElement, encodeInteger, encodeOid } from '@trustcast/keystore/test/asn1.js';
import { JavaJudge } from '@trustcast/keystore/test/java-judge.js';
import { machineRoots } from '@trustcast/keystore/test/machine-roots.js';
import { pemOf, readCertificateItems } from '../src/index.js';
import { mutate } from './mutate.js';
import { sequence } from './odd-certificate.js';
import { Random } from './random.js';

const PASSWORD = 'changeit';

export interface IntakeFuzzResult {
  /** What was not an error of ours, or took too long. */
  readonly failures: readonly string[];
  readonly slowestMs: number;
  readonly largestHeapMb: number;
  /** Mutants of which something could still be read. */
  readonly readable: number;
}

/** Real uploads of every kind, small, with cheap keys. */
export async function intakeSeeds(judge: JavaJudge): Promise<Buffer[]> {
  const [one, two] = machineRoots() as [{ alias: string; der: Uint8Array }, { alias: string; der: Uint8Array }];
  const entries = [one, two];
  const cheap = {
    'keystore.pkcs12.certPbeIterationCount': '100',
    'keystore.pkcs12.macIterationCount': '100',
    'keystore.pkcs12.keyPbeIterationCount': '100',
  };
  const rc2 = { ...cheap, 'keystore.pkcs12.certProtectionAlgorithm': 'PBEWithSHA1AndRC2_40' };
  const key = { kind: 'key', alias: 'server', der: two.der } as const;
  const signed = sequence(
    encodeInteger(1),
    encodeElement(0x31),
    sequence(encodeOid('1.2.840.113549.1.7.1')),
    encodeElement(0xa0, one.der, two.der),
    encodeElement(0x31),
  );
  return [
    Buffer.from(one.der),
    Buffer.from(pemOf(one.der) + pemOf(two.der)),
    Buffer.from(pemOf(one.der), 'utf16le'),
    Buffer.from(Buffer.from(one.der).toString('base64')),
    sequence(encodeOid('1.2.840.113549.1.7.2'), encodeElement(0xa0, signed)),
    writePkcs12(entries),
    writePkcs12(entries, { password: PASSWORD }),
    await judge.store('PKCS12', PASSWORD, [one, key], cheap),
    await judge.store('PKCS12', PASSWORD, [one, key], rc2),
    await judge.store('JKS', PASSWORD, [one, key]),
    await judge.store('JCEKS', PASSWORD, [one, key, { kind: 'secret', alias: 'secret', der: one.der }]),
  ];
}

/** Reads mutated uploads with and without a password. The seed determines the mutants. */
export function fuzzIntake(seeds: readonly Buffer[], mutants: number, seed: number, capMs = 2_000): IntakeFuzzResult {
  const random = new Random(seed);
  const failures: string[] = [];
  let [slowestMs, largestHeapMb, readable] = [0, 0, 0];
  for (let index = 0; index < mutants; index++) {
    const mutant = mutate(random.one(seeds), random);
    const start = performance.now();
    try {
      readCertificateItems(mutant, random.below(2) === 0 ? {} : { password: PASSWORD });
      readable++;
    } catch (error) {
      if (!(error instanceof TrustcastError)) failures.push(`${String(error)} ${mutant.toString('base64')}`);
    }
    const tookMs = performance.now() - start;
    if (tookMs > capMs) failures.push(`${tookMs} ms ${mutant.toString('base64')}`);
    slowestMs = Math.max(slowestMs, tookMs);
    largestHeapMb = Math.max(largestHeapMb, process.memoryUsage().heapUsed / 2 ** 20);
  }
  return { failures, slowestMs, largestHeapMb, readable };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      mutants: { type: 'string', default: '10000' },
      seed: { type: 'string', default: String(Date.now() % 2 ** 32) },
    },
  });
  const judges = await JavaJudge.startAll();
  const seeds = await intakeSeeds(judges[0]!);
  await Promise.all(judges.map((judge) => judge.stop()));
  const { failures, slowestMs, largestHeapMb, readable } = fuzzIntake(
    seeds,
    Number(values.mutants),
    Number(values.seed),
  );
  for (const failure of failures) process.stdout.write(`${failure}\n`);
  process.stdout.write(
    `seed ${values.seed}: ${values.mutants} mutated uploads, ${readable} readable, ${failures.length} failures, ` +
      `slowest ${slowestMs.toFixed(0)} ms, largest heap ${largestHeapMb.toFixed(0)} MB\n`,
  );
  process.exitCode = failures.length === 0 ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
