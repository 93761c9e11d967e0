import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readKeystore, writePkcs12 } from '@trustcast/keystore';
import { entriesOf } from '../support/fixtures.js';
import type { Host } from '../support/host.js';
import { jdkHomes } from '../support/jdk-homes.js';
import { JvmProcess } from '../support/jvm-process.js';
import { programs } from '../support/programs.js';
import { HOSTILE, asStranger } from '../support/strangers.js';
import type { Attack } from './attacker.js';

const ATTACKER = fileURLToPath(new URL('./attacker.js', import.meta.url));
const SYSTEM_FILES = ['/etc/passwd', '/etc/shadow', '/etc/hosts', '/etc/group'];
const PAUSE_MS = 500;

export interface HostileReport {
  readonly attacks: Readonly<Record<string, number>>;
  readonly removalMs: { readonly p50: number; readonly p99: number; readonly worst: number; readonly count: number };
  readonly residentMb: { readonly before: number; readonly worst: number; readonly after: number };
  readonly logMb: number;
  /** Files of others that are not as they were. */
  readonly touched: readonly string[];
  readonly sameProcess: boolean;
  /** What the JVM that is covered is said to be, once the user has gone. */
  readonly jvm: string;
}

/** Runs a user who does to an agent what a user can, while changes come. @throws where a removal does not arrive at all */
export async function hostileRun(host: Host, forMs: number): Promise<HostileReport> {
  const uid = HOSTILE;
  const theirs = (name: string): string => {
    const folder = join(host.home, name);
    mkdirSync(folder);
    chownSync(folder, uid, uid);
    return folder;
  };
  const [base, home] = [theirs('base'), theirs('stranger')];
  const goodBase = join(host.home, 'good.p12');
  writeFileSync(goodBase, writePkcs12(await entriesOf('one-1', 'one-2')), { mode: 0o644 });
  copyFileSync(goodBase, join(base, 'base.p12'));
  const secrets = [join(host.home, 'secret'), join(host.home, 'shown')];
  writeFileSync(secrets[0]!, 'of root alone', { mode: 0o600 });
  writeFileSync(secrets[1]!, 'of root', { mode: 0o644 });
  const victims = [...secrets, ...SYSTEM_FILES];
  const before = new Map(victims.map((path) => [path, stateOf(path)]));

  const agent = await host.running(host.attaching({ TRUSTCAST_BASE: `file:${join(base, 'base.p12')}` }));
  const [java = ''] = await jdkHomes();
  const classes = programs('Idle');
  const jvm = await JvmProcess.start(java, classes.path, [host.javaagent]);
  host.onStop(async () => {
    await jvm.stop();
    classes.remove();
  });
  await host.service.status(({ jvms }) => jvms.some(({ pid, state }) => pid === jvm.pid && state === 'LIVE'), 30_000);
  const resident = { before: residentMb(agent.pid), worst: 0 };

  const script = join(host.home, 'attacker.mjs');
  copyFileSync(ATTACKER, script);
  chmodSync(script, 0o644);
  const attack: Attack = {
    jvms: join(host.directory, 'jvms'),
    base: join(base, 'base.p12'),
    goodBase,
    home,
    victims,
    selected: `${host.selected} -`,
    java,
    classes: classes.path,
    jvm: jvm.pid,
  };
  const [setpriv = '', ...as] = asStranger(uid);
  const stranger = spawn(setpriv, [...as, process.execPath, script, JSON.stringify(attack)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: home,
  });
  let said = '';
  stranger.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = once(stranger, 'close');

  const removals: number[] = [];
  const sampler = setInterval(() => (resident.worst = Math.max(resident.worst, residentMb(agent.pid))), 200);
  try {
    for (const until = Date.now() + forMs; Date.now() < until;) {
      const upserts = await entriesOf('compromised');
      await host.service.deploy({ upserts });
      await arrives(host, true);
      const startedAt = performance.now();
      await host.service.deploy({ removals: ['compromised'] });
      await arrives(host, false);
      removals.push(performance.now() - startedAt);
      await sleep(PAUSE_MS);
    }
  } finally {
    clearInterval(sampler);
    stranger.kill('SIGTERM');
    await ended;
  }
  const { revision } = host.service.position;
  const last = await host.service
    .status(
      ({ jvms }) => jvms.some(({ pid, state, at }) => pid === jvm.pid && state === 'LIVE' && at?.revision === revision),
      60_000,
    )
    .catch(() => host.service.statuses.at(-1));
  const found = last?.jvms.find(({ pid }) => pid === jvm.pid);
  return {
    attacks: JSON.parse(said) as Record<string, number>,
    removalMs: timesOf(removals),
    residentMb: { ...resident, after: residentMb(agent.pid) },
    logMb: Math.round(Buffer.byteLength(agent.output) / 1e4) / 100,
    touched: victims.filter((path) => stateOf(path) !== before.get(path)),
    sameProcess: agent.lines.filter(({ msg }) => msg === 'ready').length === 1,
    jvm: found ? `${found.state} ${found.reason ?? ''}`.trim() : 'not listed',
  };
}

async function arrives({ truststore }: Host, isThere: boolean): Promise<void> {
  let seen = '';
  for (const until = Date.now() + 60_000; Date.now() < until;) {
    const { ino, mtimeNs } = statSync(truststore, { bigint: true });
    if (seen !== `${ino} ${mtimeNs}`) {
      seen = `${ino} ${mtimeNs}`;
      const { entries } = readKeystore(readFileSync(truststore));
      if (entries.some(({ alias }) => alias === 'compromised') === isThere) return;
    }
    await sleep(2);
  }
  throw new Error('a change does not arrive within a minute');
}

function stateOf(path: string): string {
  const { mode, uid, gid, mtimeMs, ino, nlink } = lstatSync(path);
  const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
  return [mode, uid, gid, mtimeMs, ino, nlink, sha256].join(' ');
}

function residentMb(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
  if (kilobytes === undefined) throw new Error('the agent has ended');
  return Math.round(Number(kilobytes) / 1_024);
}

function timesOf(times: readonly number[]): HostileReport['removalMs'] {
  const sorted = [...times].sort((one, other) => one - other);
  const at = (share: number): number => Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? 0);
  return { p50: at(0.5), p99: at(0.99), worst: at(1), count: sorted.length };
}
