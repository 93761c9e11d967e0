import { createLog } from '@trustcast/config';
import { makeApollo } from '../../src/api/graphql/apollo.js';
import { HeavyReads } from '../../src/api/graphql/limits/heavy-reads.js';
import { makeSchema } from '../../src/api/graphql/schema.js';
import { EMPTY_CONTEXT, answerByChance } from './mock-schema.js';

/** Asks so many distinct queries, each twice, of one server; prints how many had data. For a process with a small heap. */
const [count = '1000'] = process.argv.slice(2);
const schema = makeSchema();
answerByChance(schema);
const apollo = makeApollo(schema, createLog('silent'), new HeavyReads());
await apollo.start();
let answered = 0;
for (let number = 0; number < Number(count); number++) {
  const fields = Array.from(
    { length: 25 },
    (_, field) => `t${number}_${field}: name id title kind epoch revision`,
  ).join('\n');
  for (let run = 0; run < 2; run++) {
    const { body } = await apollo.executeOperation(
      { query: `query Q${number} { environment(name: "a") { ${fields} } }` },
      { contextValue: EMPTY_CONTEXT },
    );
    if (body.kind === 'single' && body.singleResult.data) answered++;
  }
}
await apollo.stop();
process.stdout.write(`${answered} answered\n`);
