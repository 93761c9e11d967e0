import { fork } from 'node:child_process';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { connect } from '@nats-io/transport-node';
import { testNats } from '@trustcast/dev/backends/test-backends.mjs';
import {
  EMPTY_SET,
  applyDelta,
  digestOf,
  encodeChangeMessage,
  publicJwkOf,
  signStatement,
  signingKeyOf,
  subjectsOf,
} from '@trustcast/schema';
import { quantileOf } from './bench-stack.mjs';

const AGENTS = 1_000;
const PROCESSES = 2;
const ENTRIES = 150;
const TARGET_MS = 500;
const ENVIRONMENT = 'apimanager';

/**
 * A thousand agents, each with a connection of its own, that verify every statement and compute every digest as the
 * host agent does; only the file is left out. From the event's publication to the last of them having applied it.
 * @param {{ changes?: number }} [options]
 * @returns {Promise<import('./run.mjs').Row[]>}
 */
export async function fleet({ changes = 30 } = {}) {
  const nats = await testNats();
  const key = await signingKeyOf(generateKeyPairSync('ed25519').privateKey);
  const scope = { installation: randomUUID(), environment: randomUUID() };
  const entry = (/** @type {number} */ number) => ({
    alias: `partner-${number}`,
    der: Buffer.alloc(1_000, `partner ${number} `),
  });
  let revision = 1;
  let set = applyDelta(EMPTY_SET, { upserts: Array.from({ length: ENTRIES }, (_, i) => entry(i)), removals: [] });
  const statement = () =>
    signStatement({ ...scope, epoch: 1, revision, digest: digestOf(scope, set), issuedAt: Date.now() }, key);
  const whole = encodeChangeMessage({
    statement: await statement(),
    from: null,
    upserts: [...set.values()],
    removals: [],
  });
  const script = fileURLToPath(new URL('fleet-agents.mjs', import.meta.url));
  const setting = {
    url: nats.url,
    agents: AGENTS / PROCESSES,
    environment: ENVIRONMENT,
    scope,
    signingKey: { kid: key.kid, jwk: await publicJwkOf(key.privateKey) },
    whole: whole.toString('base64'),
  };
  const processes = Array.from({ length: PROCESSES }, () => fork(script));
  for (const child of processes) child.once('exit', (code) => code && process.exit(code));
  const connection = await connect({ servers: nats.url });
  try {
    for (const child of processes) child.send(setting);
    await Promise.all(processes.map((child) => once(child, 'message')));
    /** @type {number[]} */
    const times = [];
    for (let change = -5; change < changes; change++) {
      const delta = { upserts: [entry(ENTRIES + change + 5)], removals: [] };
      const from = { epoch: 1, revision };
      set = applyDelta(set, delta);
      revision += 1;
      const event = encodeChangeMessage({ statement: await statement(), from, ...delta });
      const applied = Promise.all(processes.map((child) => once(child, 'message')));
      const publishedAt = process.hrtime.bigint();
      connection.publish(subjectsOf(scope.installation).changed(ENVIRONMENT), event);
      const last = (await applied).map(([{ at }]) => BigInt(at)).reduce((a, b) => (a > b ? a : b));
      if (change >= 0) times.push(Number(last - publishedAt) / 1e6);
    }
    const median = quantileOf(times, 0.5);
    const worst = Math.max(...times);
    return [
      {
        figure: `${AGENTS} agents, ${ENTRIES} entries: published -> last applied, worst of ${changes}`,
        target: `<= ${TARGET_MS} ms`,
        measured: `${worst.toFixed(0)} ms (median ${median.toFixed(0)} ms)`,
        ok: worst <= TARGET_MS,
      },
    ];
  } finally {
    await connection.close();
    await Promise.all(processes.map((child) => (child.disconnect(), once(child, 'exit'))));
    await nats.stop();
  }
}
