import { describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Entry, MARKER_ALIAS } from '@trustcast/schema';
import type { AgentProcess } from '../support/agent-process.js';
import { entriesOf, sha256Of } from '../support/fixtures.js';
import { jdkHomes, readAsJava } from '../support/jdk-homes.js';
import { useHost } from '../support/use-host.js';

const DIE_AT = fileURLToPath(new URL('../support/die-at.js', import.meta.url));
const KILLS = Number(process.env.TRUSTCAST_TEST_KILLS ?? 12);

const host = useHost();

/** Starts an agent that cannot reach anyone: what it writes follows from its state alone. */
async function rebuiltAlone(): Promise<string> {
  const agent = host.agent({ TRUSTCAST_SERVICE_URL: 'http://127.0.0.1:1' });
  await agent.line('ready');
  agent.kill('SIGKILL');
  await agent.exited;
  return sha256Of(host.truststore);
}

/** Starts an agent that will die at this step, and waits until it has written what the service has. */
async function upToDate(step: number, armed: string): Promise<AgentProcess> {
  const since = Date.now();
  const agent = host.agent({ DIE_AT: String(step), DIE_ARMED: armed }, [process.execPath, '--import', DIE_AT]);
  const { revision } = host.service.position;
  await host.service.status(
    ({ startedAt, state, written }) => startedAt >= since && state === 'WRITTEN' && written?.revision === revision,
  );
  return agent;
}

/** The file's hash for each revision, by letting an agent write them one after the other. */
async function hashesOf(steps: readonly (readonly Entry[])[]): Promise<string[]> {
  const agent = await host.running();
  const hashes = [sha256Of(host.truststore)];
  for (const upserts of steps) {
    await host.service.deploy({ upserts });
    await host.service.written();
    hashes.push(sha256Of(host.truststore));
  }
  await agent.stop();
  return hashes;
}

describe('a crash', () => {
  test('between any two steps of an apply leaves the old or the new truststore, and state and file agree afterwards', async () => {
    const [a, b] = await entriesOf('a', 'b');
    const [, without, withB] = await hashesOf([[a!], [b!]]);
    const armed = join(host.home, 'armed');
    const seen = new Set<string>();
    for (let step = 1; ; step += 1) {
      rmSync(armed, { force: true });
      // The next agent that dies shows first that what the last one left leads on.
      const agent = await upToDate(step, armed);
      const isThere = host.service.set.has('b');
      const [old, young] = isThere ? [withB, without] : [without, withB];
      expect(sha256Of(host.truststore)).toBe(old);
      writeFileSync(armed, '');
      const { revision } = await host.service.deploy(isThere ? { removals: ['b'] } : { upserts: [b!] });
      if (await survives(agent, revision)) break;
      const left = sha256Of(host.truststore);
      expect([old, young]).toContain(left);
      const rebuilt = await rebuiltAlone();
      expect([old, young]).toContain(rebuilt);
      // What was in the file must not be taken back.
      if (left === young) expect(rebuilt).toBe(young);
      seen.add(`${left === young ? 'new' : 'old'} file, ${rebuilt === young ? 'new' : 'old'} state`);
    }
    expect([...seen].sort()).toEqual(['new file, new state', 'old file, new state', 'old file, old state']);
  }, 300_000);

  test(`by kill -9 at ${KILLS} random moments never leaves a third content, and every start goes on where it was`, async () => {
    const pool = await entriesOf('a', 'b', 'c', 'd', 'e');
    const survivors: string[] = [];
    const known = new Set(await hashesOf(pool.map((entry) => [entry])));
    for (let kill = 0; kill < KILLS; kill += 1) {
      const agent = host.agent();
      await agent.line('connected');
      const stop = new AbortController();
      const changes = (async () => {
        while (!stop.signal.aborted) {
          const shrink = host.service.set.size === pool.length;
          if (shrink) await host.service.deploy({ removals: pool.slice(1).map(({ alias }) => alias) });
          else await host.service.deploy({ upserts: [pool[host.service.set.size]!] });
          await sleep(randomInt(3));
        }
      })();
      await sleep(randomInt(120));
      agent.kill('SIGKILL');
      await agent.exited;
      stop.abort();
      await changes;
      expect(known).toContain(sha256Of(host.truststore));
      survivors.push(join(host.home, `survivor-${kill}.p12`));
      copyFileSync(host.truststore, survivors.at(-1)!);
    }
    await host.running();
    expect(known).toContain(sha256Of(host.truststore));
    const aliases = pool.map(({ alias }) => alias);
    const [home] = await jdkHomes();
    const loaded = await readAsJava(home!, survivors);
    for (const entries of loaded) {
      const managed = [...entries.keys()].filter((alias) => alias !== MARKER_ALIAS);
      expect(entries.has(MARKER_ALIAS)).toBe(true);
      expect(managed).toEqual(aliases.slice(0, managed.length));
    }
    for (let i = 0; i < survivors.length; i += 25) {
      const listed = execFileSync(join(home!, 'bin/keytool'), ['-list', '-keystore', survivors[i]!], {
        input: '\n',
        encoding: 'utf8',
      });
      expect(listed.match(/trustedCertEntry/g)).toHaveLength(loaded[i]!.size);
    }
  }, 600_000);
});

async function survives(agent: AgentProcess, revision: number): Promise<boolean> {
  const written = host.service.written(revision).then(
    () => true,
    () => false,
  );
  // The last steps come after the report: history and snapshot are written lazily.
  const died = agent.exited.then(() => false);
  if (!(await Promise.race([written, died]))) return false;
  return Promise.race([died, sleep(1_500).then(() => true)]);
}
