import { makeSchema } from '../../src/api/graphql/schema.js';
import { compare, twoServers } from './compare.js';
import { answerByChance } from './mock-schema.js';
import { randomQuery } from './random-query.js';

/** `npm run test:queries -- [queries] [seed]`: as many random queries, three times each, against graphql-js. */
const [count = '10000', seed = String(Date.now())] = process.argv.slice(2);
// graphql-js loses sight of promises beside an item of a list that fails at once: they are nobody's then.
process.on('unhandledRejection', () => undefined);

const schema = makeSchema();
answerByChance(schema);
const servers = await twoServers(schema);

function* queries() {
  for (let number = 0; number < Number(count); number++) {
    const own = `${seed}/${number}`;
    yield { seed: own, query: randomQuery(schema, own) };
  }
}

const { differences, kinds } = await compare(servers, queries());
await servers.stop();
for (const difference of differences.slice(0, 5)) process.stdout.write(`${JSON.stringify(difference, null, 2)}\n`);
process.stdout.write(`seed ${seed}: ${JSON.stringify(kinds)}, ${differences.length} differences\n`);
process.exitCode = differences.length === 0 ? 0 : 1;
