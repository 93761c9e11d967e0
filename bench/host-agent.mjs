import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { attach } from '../agents/host/dist/src/jvms/attach/attach.js';
import { describeJvm } from '../agents/host/dist/src/jvms/processes/jvm-scanner.js';
import { startNats } from '../agents/host/dist/test/support/backends.js';
import { entriesOf } from '../agents/host/dist/test/support/fixtures.js';
import { Host } from '../agents/host/dist/test/support/host.js';
import { agentJar } from '../agents/jvm/dist/test/java-process.js';
import { findJdks } from '../agents/jvm/dist/test/jdks.js';
import { World } from '../agents/jvm/dist/test/world.js';
import { quantileOf } from './bench-stack.mjs';

const ENTRIES = 1_000;
const CHANGES = 50;
const MANY = 5_000;
const MANY_TARGET_MS = 2_000;
const IDLE_MS = 30_000;
/** Clock ticks of /proc/<pid>/stat, on every Linux that Node runs on. */
const TICK_MS = 10;
const ATTACHMENTS = 15;
const HANDSHAKES = 200;

/**
 * The host agent by itself: what it costs when nothing happens, how long it takes from a large deployment to the report
 * that its truststore is written, and how long an attach takes, to a JVM that has done nothing yet and to one that has
 * worked.
 * @returns {Promise<import('./run.mjs').Row[]>}
 */
export async function hostAgent() {
  const rows = [...(await idle()), ...(await apply())];
  for (const jdk of findJdks()) {
    const world = await World.create();
    try {
      await world.deploy();
      const port = await world.serve('partner');
      rows.push(await attachment(world, jdk, { name: 'cold', targetMs: 400, port: null }));
      rows.push(await attachment(world, jdk, { name: 'warm', targetMs: 150, port }));
    } finally {
      await world.close();
    }
  }
  return rows;
}

/** @returns {Promise<import('./run.mjs').Row[]>} */
async function idle() {
  const nats = await startNats();
  const host = await Host.start(nats);
  try {
    const { pid } = await host.running();
    await host.service.deploy({ upserts: await entriesOf(...Array.from({ length: ENTRIES }, (_, i) => `entry-${i}`)) });
    for (let change = 0; change < CHANGES; change++) {
      await host.service.deploy({ upserts: await entriesOf('entry-0') });
      await host.service.written();
    }
    await delay(2_000);
    const before = cpuMs(pid);
    await delay(IDLE_MS);
    const percent = (100 * (cpuMs(pid) - before)) / IDLE_MS;
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const megabytes = Number(/^VmRSS:\s*(\d+)/m.exec(status)?.[1]) / 1_024;
    return [
      row(`resident memory with ${ENTRIES} entries, after ${CHANGES} changes`, 90, megabytes, 'MB'),
      row(`CPU when nothing changes, ${IDLE_MS / 1_000} s`, 0.5, percent, '%'),
    ];
  } finally {
    await host.stop();
    await nats.stop();
  }
}

/** @returns {Promise<import('./run.mjs').Row[]>} */
async function apply() {
  const nats = await startNats();
  const host = await Host.start(nats);
  try {
    await host.running();
    const upserts = await entriesOf(...Array.from({ length: MANY }, (_, i) => `entry-${i}`));
    const [changed] = await entriesOf('entry-0');
    const all = await timed(host, upserts);
    const one = await timed(host, [changed]);
    return [
      row(`${MANY} entries deployed at once, until they are written`, MANY_TARGET_MS, all, 'ms'),
      row(`one of ${MANY} entries replaced, until it is written`, MANY_TARGET_MS, one, 'ms'),
    ];
  } finally {
    await host.stop();
    await nats.stop();
  }
}

/** @param {Host} host @param {import('@trustcast/schema').Entry[]} upserts */
async function timed(host, upserts) {
  const startedAt = performance.now();
  host.service.change({ upserts });
  // Without data, as an event that is too large for them comes: the agent fetches them.
  await host.service.publish(await host.service.heartbeat());
  await host.service.written();
  return performance.now() - startedAt;
}

/** @param {number} pid */
function cpuMs(pid) {
  const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  const [user, system] = fields.split(' ').slice(11, 13);
  return (Number(user) + Number(system)) * TICK_MS;
}

/**
 * @param {World} world
 * @param {import('../agents/jvm/dist/test/jdks.js').Jdk} jdk
 * @param {{ name: string, targetMs: number, port: number | null }} how
 */
async function attachment(world, jdk, { name, targetMs, port }) {
  const sharedFile = world.path('shared');
  writeFileSync(sharedFile, '');
  const load = { jar: agentJar, options: `dir=${world.directory}`, sharedFile };
  const times = [];
  for (let i = 0; i < ATTACHMENTS; i++) {
    const subject = await world.subject(jdk, 'none');
    if (port !== null) {
      await subject.do('make', 'client', 'null-managers');
      for (let call = 0; call < HANDSHAKES; call++) await subject.ask('call', 'client', port);
    }
    const process = describeJvm(subject.pid);
    if (!process) throw new Error('the JVM has ended');
    const startedAt = performance.now();
    await attach(process, load);
    times.push(performance.now() - startedAt);
    await subject.stop();
  }
  return row(
    `attach to a ${name} JVM, median of ${ATTACHMENTS}, JDK ${jdk.major}`,
    targetMs,
    quantileOf(times, 0.5),
    'ms',
  );
}

/** @param {string} figure @param {number} target @param {number} measured @param {string} unit */
function row(figure, target, measured, unit) {
  const shown = `${measured.toFixed(unit === '%' ? 2 : 0)} ${unit}`;
  return { figure, target: `<= ${target} ${unit}`, measured: shown, ok: measured <= target };
}
