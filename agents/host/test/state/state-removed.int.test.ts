import { describe, expect, test } from '@jest/globals';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentProcess } from '../support/agent-process.js';
import { entriesOf, sha256Of } from '../support/fixtures.js';
import { useHost } from '../support/use-host.js';

const host = useHost();
const state = (name = ''): string => join(host.directory, 'state', name);
const HEALED = 'files were removed from the agent directory; restored them';

async function deployed(): Promise<AgentProcess> {
  const agent = await host.running();
  await host.service.deploy({ upserts: await entriesOf('a', 'b') });
  await host.service.written();
  return agent;
}

/** Ends the agent without its doing and starts it with the service away: what it then has, it has of its state. */
async function restartAlone(agent: AgentProcess): Promise<void> {
  agent.kill('SIGKILL');
  await agent.exited;
  await host.service.stopHttp();
  rmSync(host.truststore);
  await host.agent().line('ready');
}

describe('what is removed while the agent runs is written again:', () => {
  test.each([
    // The agent may write there at that moment.
    ['the state', () => rmSync(state(), { recursive: true, maxRetries: 100, retryDelay: 5 })],
    ['every file of the state', () => readdirSync(state()).forEach((name) => rmSync(state(name)))],
    [
      'the state, with another directory in its place',
      () => {
        renameSync(state(), join(host.home, 'moved'));
        mkdirSync(state(), { mode: 0o700 });
      },
    ],
    ['the whole directory', () => renameSync(host.directory, join(host.home, 'moved'))],
  ])('%s', async (_name, remove) => {
    const agent = await deployed();
    const [key, sha256] = [readFileSync(state('agent-key.pem'), 'utf8'), sha256Of(host.truststore)];
    remove();
    await agent.line(HEALED);
    expect(readFileSync(state('agent-key.pem'), 'utf8')).toBe(key);
    expect(statSync(state()).mode & 0o7777).toBe(0o700);
    expect(statSync(join(host.directory, 'jvms')).mode & 0o7777).toBe(0o1777);
    await host.service.deploy({ upserts: await entriesOf('c') });
    await host.service.written();
    rmSync(host.truststore, { force: true });
    await host.service.status((status) => status.reason === 'DRIFT_RESTORED');
    const after = sha256Of(host.truststore);
    expect(after).not.toBe(sha256);
    await restartAlone(agent);
    expect(sha256Of(host.truststore)).toBe(after);
  });

  test('a change that comes at that moment is not lost', async () => {
    const agent = await deployed();
    const deploy = await entriesOf('c');
    rmSync(state(), { recursive: true, maxRetries: 10 });
    await host.service.deploy({ upserts: deploy });
    await host.service.written();
    const after = sha256Of(host.truststore);
    await restartAlone(agent);
    expect(sha256Of(host.truststore)).toBe(after);
  });

  test('the marks of what was decided by hand', async () => {
    const agent = await deployed();
    writeFileSync(state('lifted-0123456789abcdef'), '');
    // The agent has seen the mark once it looks at its directory, as it does when something of it is gone.
    rmSync(join(host.directory, 'jvms'), { recursive: true, maxRetries: 10 });
    await agent.line(HEALED);
    rmSync(state(), { recursive: true, maxRetries: 10 });
    await agent.line(HEALED, ({ files }) => Array.isArray(files) && files.includes('agent-key.pem'));
    expect(readdirSync(state())).toContain('lifted-0123456789abcdef');
  });
});

test('an agent that is stopped just after its state was removed leaves it whole', async () => {
  const agent = await deployed();
  agent.kill('SIGSTOP');
  rmSync(state(), { recursive: true, maxRetries: 10 });
  agent.kill('SIGTERM');
  agent.kill('SIGCONT');
  expect(await agent.exited).toBe(0);
  expect(readdirSync(state())).toEqual(expect.arrayContaining(['agent-key.pem', 'registration.json', 'set.journal']));
});
