import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { deflateRawSync } from 'node:zlib';
import { HISTORY } from '../reading-load/expensive-queries.js';
import { crcOf, makeZip } from '../support/make-zip.js';
import { WEB_SOCKET, frame, rawConnection, readUntil, requestText, webSocket } from '../support/raw-request.js';
import { ask } from '../support/service-process.js';

/** Who is attacked, and the token of a caller who has one. */
export interface Target {
  readonly url: string;
  readonly token: string;
}

const ENDS_MS = 1_000;
const MB = 1_000_000;
const zeros = Buffer.alloc(100 * MB);
const BOMB = makeZip([
  { name: 'trustcast-export.json', packed: deflateRawSync(zeros), crc: crcOf(zeros), claimed: 1_000 },
]).toString('base64');

/** JSON that is no export: it is read as far as it says so. */
const LARGE = new Blob([`{"format":"${'x'.repeat(60 * MB)}"}`]);

const authorized = ({ token }: Target) => ({ authorization: `Bearer ${token}`, 'content-type': 'application/json' });
const times = (count: number, each: (index: number) => Promise<unknown>) =>
  Promise.all(Array.from({ length: count }, (_, index) => each(index)));

/** One round of each takes about a second. */
export const ATTACKS: Readonly<Record<string, (target: Target) => Promise<unknown>>> = {
  'half-open connections': ({ url }) =>
    times(100, async () => {
      const socket = await rawConnection(url);
      await delay(ENDS_MS);
      socket.destroy();
    }),
  'upgrades that are reset': ({ url }) =>
    times(60, async (index) => {
      const socket = await rawConnection(url);
      const wrong = [{}, { 'sec-websocket-version': 7 }, { upgrade: 'h2c' }, { 'sec-websocket-key': '' }][index % 4];
      socket.write(requestText(index % 3 ? 'GET /graphql' : 'GET /other', { ...WEB_SOCKET, ...wrong }));
      await delay(index % 10);
      socket.resetAndDestroy();
    }),
  'pings that nobody reads the answers of': async ({ url }) => {
    const socket = await webSocket(url);
    socket.pause();
    const many = Buffer.concat(Array<Buffer>(4_000).fill(frame(0x89, Buffer.alloc(125))));
    for (let sent = 0; sent < 20 && !socket.destroyed; sent++) {
      const drained = new Promise((resolve) => socket.once('drain', resolve).once('close', resolve));
      if (!socket.write(many)) await Promise.race([drained, delay(ENDS_MS)]);
    }
    socket.destroy();
  },
  'empty continuation frames': async ({ url }) => {
    const socket = await webSocket(url);
    socket.write(Buffer.concat([frame(0x01), ...Array<Buffer>(900_000).fill(frame(0x00))]));
    socket.resume();
    await Promise.race([once(socket, 'close').catch(() => undefined), delay(ENDS_MS)]);
    socket.destroy();
  },
  'bodies that do not end': (target) =>
    times(20, async () => {
      const socket = await rawConnection(target.url);
      const head = { ...authorized(target), 'content-length': 40 * MB };
      socket.resume().write(requestText('POST /graphql', head, ' '.repeat(4 * MB)));
      await delay(ENDS_MS);
      socket.destroy();
    }),
  'bodies without a token': ({ url }) =>
    times(20, async () => {
      const socket = await rawConnection(url);
      socket.resume().write(requestText('POST /agent/v1/base', { 'content-length': 15 * MB }, ' '.repeat(4 * MB)));
      await delay(ENDS_MS);
      socket.destroy();
    }),
  'heads that come letter by letter': ({ url }) =>
    times(50, async () => {
      const socket = await rawConnection(url);
      for (const letter of 'GET / HTTP/1.1\r\nx: a') {
        socket.write(letter);
        await delay(ENDS_MS / 20);
      }
      socket.destroy();
    }),
  'archives that lie': (target) =>
    times(2, () =>
      ask(
        target.url,
        target.token,
        'mutation ($content: String!) { importCertificates(input: { content: $content, dryRun: true }) { plan } }',
        { content: BOMB },
      ),
    ),
  'deep and wide queries': async (target) => {
    const deep = `{ environments ${'{ history { nodes { changes { nodes '.repeat(50)}{ name }${' } } } }'.repeat(50)} }`;
    const wide = `{ ${Array.from({ length: 5_000 }, (_, index) => `a${index}: environments { name }`).join(' ')} }`;
    for (let round = 0; round < 5; round++)
      for (const query of [
        deep,
        wide,
        '{'.repeat(50_000),
        `{ environments { ...F } } fragment F on Environment { ...F }`,
        `{ ${'environments { name } '.repeat(1_200)} }`,
        `{ environments { ...F0 } } ${Array.from({ length: 350 }, (_, index) => `fragment F${index} on Environment { name ...F${index + 1} ...F${index + 2} }`).join(' ')}`,
      ])
        await ask(target.url, target.token, query);
  },
  'six of the largest queries that are accepted': (target) => times(6, () => ask(target.url, target.token, HISTORY)),
  'a file of the largest size': async ({ url, token }) => {
    const query =
      'mutation ($content: String!) { importCertificates(input: { content: $content, dryRun: true }) { plan } }';
    const form = new FormData();
    form.set('operations', JSON.stringify({ query, variables: { content: null } }));
    form.set('map', '{"0":["variables.content"]}');
    form.set('0', LARGE, 'export.json');
    await (
      await fetch(`${url}/graphql`, { method: 'POST', headers: { authorization: `Bearer ${token}` }, body: form })
    ).text();
  },
  'large variables': (target) =>
    times(2, async (index) => {
      const v = index % 2 ? Array<number>(500_000).fill(0) : 'a'.repeat(10 * MB);
      await ask(target.url, target.token, 'query ($v: String) { environments { name } }', { v });
    }),
  'tokens that open nothing': ({ url }) =>
    times(100, async (index) => {
      await ask(url, `tca_${index}_${Math.random()}`, '{ environments { name } }');
      const headers = { authorization: `Bearer tch_${Math.random()}` };
      await (await fetch(`${url}/agent/v1/base`, { method: 'POST', headers })).text();
    }),
  'answers that nobody reads': (target) =>
    times(10, async () => {
      const socket = await rawConnection(target.url);
      const body = JSON.stringify({ query: '{ __schema { types { name description fields { name description } } } }' });
      const request = requestText('POST /graphql', { ...authorized(target), 'content-length': body.length }, body);
      socket.pause().write(Buffer.concat(Array<Buffer>(20).fill(request)));
      await delay(ENDS_MS);
      socket.resetAndDestroy();
    }),
  'what is no HTTP': ({ url }) =>
    times(50, async (index) => {
      const socket = await rawConnection(url);
      socket.write(index % 2 ? Buffer.alloc(20_000, index) : 'GET / HTTP/9.9\r\ncontent-length: -1\r\n\r\n');
      await readUntil(socket, () => true);
      socket.destroy();
    }),
};
