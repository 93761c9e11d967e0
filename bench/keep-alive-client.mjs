import { Agent, request } from 'node:http';

/**
 * Posts GraphQL over connections that are kept, and leaves the answers unread: what the client costs, the server lacks.
 * @param {{ url: string, token?: string, connections: number }} options
 */
export function keepAliveClient({ url, token, connections }) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const target = new URL('/graphql', url);
  const headers = {
    'content-type': 'application/json',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  return {
    /** @param {string} body JSON @returns {Promise<Buffer>} the answer, as it came */
    post: (body) =>
      new Promise((resolve, reject) => {
        const sent = request(target, { agent, method: 'POST', headers }, (response) => {
          /** @type {Buffer[]} */
          const chunks = [];
          response.on('data', (chunk) => chunks.push(chunk));
          response.on('end', () => {
            const answer = Buffer.concat(chunks);
            if (response.statusCode === 200) resolve(answer);
            else reject(new Error(`HTTP ${response.statusCode}: ${answer}`));
          });
        });
        sent.on('error', reject).end(body);
      }),
    close: () => agent.destroy(),
  };
}

/**
 * @param {number} clients how many at once
 * @param {number} total
 * @param {(index: number) => Promise<unknown>} work
 * @returns {Promise<number>} how many per second
 */
export async function rate(clients, total, work) {
  const startedAt = performance.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (next < total) await work(next++);
    }),
  );
  return (total * 1_000) / (performance.now() - startedAt);
}
