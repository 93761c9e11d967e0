import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { startProduct } from '@trustcast/dev/product-process.mjs';
import { quantileOf, withStack } from './bench-stack.mjs';
import { keepAliveClient, rate } from './keep-alive-client.mjs';
import { seedCertificates } from './seed-certificates.mjs';

const QUERY = `query ($first: Int!) { certificates(first: $first) { nodes {
  id name description version createdAt updatedAt
  definitions { id alias source fingerprint environments { id name title } }
} } }`;
const TARGET = 3.5;
/** Rounds until both run compiled. */
const WARM_UP = 8;

/**
 * A list of 50 certificates with their definitions and environments, 10,000 in the table, against the same list written
 * with Apollo's and type-graphql's defaults, TypeORM's repositories and DataLoader. Rounds alternate and last about as
 * long for both, so that both meet the same machine.
 * @param {{ rounds?: number, requests?: number }} [options]
 * @returns {Promise<import('./run.mjs').Row[]>}
 */
export function list({ rounds = 9, requests = 1_200 } = {}) {
  return withStack(async ({ url, token, postgres }, state) => {
    const client = new pg.Client(postgres.url);
    await client.connect();
    await seedCertificates(client, 10_000);
    await client.end();
    const baseline = await startProduct({
      name: 'The baseline',
      script: fileURLToPath(new URL('dist/baseline/server.js', import.meta.url)),
      args: [postgres.url],
      env: { NODE_ENV: 'production' },
      logFile: join(state, 'logs/baseline.log'),
    });
    const body = JSON.stringify({ query: QUERY, variables: { first: 50 } });
    const ours = keepAliveClient({ url, token, connections: 8 });
    const theirs = keepAliveClient({ url: String(baseline.ready.url), connections: 8 });
    try {
      const [mine, other] = await Promise.all([ours.post(body), theirs.post(body)]);
      const sortedIds = (/** @type {Buffer} */ answer) => JSON.parse(String(answer)).data.certificates.nodes;
      if (JSON.stringify(sortedIds(mine)) !== JSON.stringify(sortedIds(other)))
        throw new Error('the two lists are not the same');
      /** @type {number[]} */
      const ratios = [];
      const perSecond = { ours: 0, theirs: 0 };
      for (let round = -WARM_UP; round < rounds; round++) {
        const slow = await rate(8, requests / 3, () => theirs.post(body));
        const fast = await rate(8, requests, () => ours.post(body));
        if (round < 0) continue;
        ratios.push(fast / slow);
        perSecond.ours += fast / rounds;
        perSecond.theirs += slow / rounds;
      }
      const ratio = quantileOf(ratios, 0.5);
      return [
        {
          figure: 'list of 50 of 10,000 against Apollo defaults + TypeORM + DataLoader',
          target: `>= ${TARGET} x`,
          measured: `${ratio.toFixed(2)} x (${perSecond.ours.toFixed(0)}/s against ${perSecond.theirs.toFixed(0)}/s)`,
          ok: ratio >= TARGET,
        },
      ];
    } finally {
      ours.close();
      theirs.close();
      await baseline.stop();
    }
  });
}
