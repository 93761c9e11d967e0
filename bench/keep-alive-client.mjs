import { connect } from 'node:net';
import { once } from 'node:events';

/**
 * Posts GraphQL over connections that are kept. It writes and reads the bytes of HTTP itself and leaves the answers
 * unread: what the client costs, the server lacks, and node:http costs as much as a third of a fast server.
 * @param {{ url: string, token?: string, connections: number }} options
 */
export function keepAliveClient({ url, token, connections }) {
  const { hostname, port, host } = new URL(url);
  const head =
    `POST /graphql HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\n` +
    (token === undefined ? '' : `authorization: Bearer ${token}\r\n`);
  /** @type {import('node:net').Socket[]} */
  const idle = [];
  let opened = 0;
  const take = async () => {
    for (let kept = idle.pop(); kept; kept = idle.pop()) {
      if (!kept.destroyed && kept.readable) return kept;
      // The server closed it: between two rounds on a machine that is busy it lay idle for seconds.
      kept.destroy();
      opened--;
    }
    if (++opened > connections) throw new Error(`more than ${connections} requests at once`);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    await once(socket, 'connect');
    socket.on('error', () => socket.destroy());
    return socket;
  };
  return {
    /** @param {string} body JSON @returns {Promise<Buffer>} the answer, as it came */
    post: async (body) => {
      const socket = await take();
      socket.write(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
      const { status, answer } = await read(socket);
      idle.push(socket);
      if (status !== '200') throw new Error(`HTTP ${status}: ${answer}`);
      return answer;
    },
    close: () => idle.forEach((socket) => socket.destroy()),
  };
}

/** One answer that says its length. @param {import('node:net').Socket} socket @returns {Promise<{ status: string, answer: Buffer }>} */
function read(socket) {
  return new Promise((resolve, reject) => {
    /** @type {Buffer[]} */
    const chunks = [];
    let status = '';
    let start = 0;
    let missing = Infinity;
    const settle = (/** @type {() => void} */ how) => {
      socket.off('data', take).off('error', fail).off('close', fail);
      how();
    };
    const fail = (/** @type {unknown} */ error) =>
      settle(() => reject(error instanceof Error ? error : new Error('the connection was closed')));
    const take = (/** @type {Buffer} */ chunk) => {
      chunks.push(chunk);
      if (missing === Infinity) {
        const text = chunk.toString('latin1');
        const end = text.indexOf('\r\n\r\n');
        const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, end + 2))?.[1];
        if (end < 0 || length === undefined) return fail(new Error(`no answer with a length: ${text}`));
        status = text.slice(9, 12);
        start = end + 4;
        missing = start + Number(length);
      }
      missing -= chunk.length;
      if (missing === 0) settle(() => resolve({ status, answer: Buffer.concat(chunks).subarray(start) }));
    };
    socket.on('data', take).once('error', fail).once('close', fail);
  });
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
