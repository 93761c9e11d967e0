import { expect, test } from '@jest/globals';
import { until } from '../support/harness.js';
import { useHarness } from '../support/use-harness.js';
import { HISTORY } from './expensive-queries.js';
import { seedHistory } from './seed-history.js';

/** How many clients ask at once. */
const CLIENTS = 4;
/** Collections of the young generation: some while code is being compiled, and the last ones, which count. */
const COLLECTIONS = 40;
const LAST = 10;

/** Writes a line for each collection, of every thread. */
const TRACE = "import v8 from 'node:v8'; v8.setFlagsFromString('--trace-gc-nvp');";
const LINE =
  /^\[\d+:(?<heap>\w+)\].* gc=s .* allocated=(?<allocated>\d+) promoted=(?<old>\d+) new_space_survived=(?<young>\d+)/gm;

const harness = useHarness();

test('of what lists allocate, less than a tenth outlives a collection of the young generation', async () => {
  const service = await harness.start({ NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(TRACE)}` });
  await seedHistory(harness.sql, { environments: 1, revisions: 20, changes: 5 });
  const ask = () => service.query(HISTORY);
  const enough = () => collections(service.output()).length >= COLLECTIONS;
  await Promise.all(Array.from({ length: CLIENTS }, () => until(ask, enough, { timeoutMs: 60_000 })));

  const last = collections(service.output()).slice(-LAST);
  const sum = (numberOf: (collection: Collection) => number) => last.reduce((all, one) => all + numberOf(one), 0);
  expect(sum(({ survived }) => survived) / sum(({ allocated }) => allocated)).toBeLessThan(0.1);
}, 120_000);

interface Collection {
  readonly allocated: number;
  readonly survived: number;
}

/** Those of the thread with the most, which answers. */
function collections(output: string): readonly Collection[] {
  const ofHeaps = new Map<string, Collection[]>();
  for (const { groups } of output.matchAll(LINE)) {
    const { heap, allocated, old, young } = groups as Record<'heap' | 'allocated' | 'old' | 'young', string>;
    const collection = { allocated: Number(allocated), survived: Number(old) + Number(young) };
    ofHeaps.set(heap, [...(ofHeaps.get(heap) ?? []), collection]);
  }
  return [...ofHeaps.values()].toSorted((one, other) => other.length - one.length)[0] ?? [];
}
