import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLog } from '@trustcast/config';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { renewKey } from '../../src/agent/renew-key.js';
import { Keyring } from '../../src/distribution/keyring.js';
import { ServiceClient } from '../../src/distribution/service-client.js';
import { AgentKey, begunKey, keyIdOf, loadAgentKey } from '../../src/state/agent-key.js';
import { readEnrollment } from '../../src/state/enrollment-store.js';
import { KeyListStore } from '../../src/state/key-list-store.js';
import { RootKeys, newKey } from '../support/root-keys.js';
import { useHost } from '../support/use-host.js';

const host = useHost();
const NO_TOKEN = { TRUSTCAST_SERVICE_URL: '', TRUSTCAST_AGENT_TOKEN: '', TRUSTCAST_PINNED_KEYS: '' };
const DIE_AT = ['--import', fileURLToPath(new URL('../support/die-at.js', import.meta.url))];
const state = (name = '') => join(host.directory, 'state', name);
const keyId = () => readEnrollment(state())?.keyId ?? '';

beforeEach(async () => {
  const { service } = host;
  await host.cli(['enroll', '--service-url', service.url, '--token', service.enrollmentToken()]);
});

/** What an agent does that starts here, and continues what was begun. */
async function recover(): Promise<void> {
  const key = new AgentKey(await loadAgentKey(state()));
  const enrollment = readEnrollment(state());
  if (!enrollment) throw new Error('the host is not enrolled any more');
  const access = {
    url: new URL(host.service.url),
    token: null,
    installation: enrollment.installation,
    pinnedKeys: enrollment.pinnedKeys,
    ca: null,
    allowPlainNats: false,
  };
  const http = new ServiceClient(access, host.directory, () => key.current);
  const keyring = new Keyring(enrollment.pinnedKeys, new KeyListStore(state()), createLog('silent'));
  if (await begunKey(state())) await renewKey({ state: state(), enrollment, key, http, keyring });
  await http.heartbeat(host.service.environment);
  expect([keyIdOf(key.current), keyId()]).toEqual([host.service.agentKeyId, host.service.agentKeyId]);
  http.close();
}

describe('trustcast-agent renew-key', () => {
  test('where no agent runs, leaves another key, which the service knows, and nothing else', async () => {
    const [before, pem] = [keyId(), readFileSync(state('agent-key.pem'), 'utf8')];
    const { code, out } = await host.cli(['renew-key']);
    expect([code, out]).toEqual([0, expect.stringContaining(keyId()) as unknown]);
    expect([keyId() === before, keyId() === host.service.agentKeyId]).toEqual([false, true]);
    expect(readFileSync(state('agent-key.pem'), 'utf8')).not.toBe(pem);
    expect(existsSync(state('agent-key.next.pem'))).toBe(false);
    await recover();
  });

  test('has a running agent renew without a restart: it goes on with the new key, and applies what comes', async () => {
    const agent = await host.running(NO_TOKEN);
    const before = keyId();
    expect((await host.cli(['renew-key'])).code).toBe(0);
    await agent.line('the key of this host was renewed', (line) => line.before === before && line.after === keyId());
    host.service.endPreviousKeys();
    await host.service.deploy({});
    await host.service.written();
    expect(existsSync(state('renew-key'))).toBe(false);
    expect(await agent.stop()).toBe(0);
  });

  test('works on a host that pins a root, also with a signing key of a later list, where an agent runs and where none does', async () => {
    const { service } = host;
    const root = await RootKeys.make(service.scope.installation);
    service.keyList = await root.list([service.key]);
    const again = ['enroll', '--new-key', '--service-url', service.url, '--token', service.enrollmentToken(root.pin)];
    expect((await host.cli(again)).code).toBe(0);
    expect(readEnrollment(state())?.pinnedKeys).toEqual([root.pin]);
    const next = await newKey();
    service.keyList = await root.list([next]);
    service.signer = next;
    expect(await host.cli(['renew-key'])).toMatchObject({ code: 0, err: '' });
    expect(keyId()).toBe(service.agentKeyId);
    const agent = await host.running(NO_TOKEN);
    const before = keyId();
    expect(await host.cli(['renew-key'])).toMatchObject({ code: 0, err: '' });
    expect([keyId() === before, keyId() === service.agentKeyId]).toEqual([false, true]);
    expect(await agent.stop()).toBe(0);
  });

  test('is for hosts that enrolled', async () => {
    const other = await host.another();
    const { code, err } = await other.cli(['renew-key'], { TRUSTCAST_SERVICE_URL: other.service.url });
    expect([code, err]).toEqual([78, expect.stringContaining('trustcast-agent enroll') as unknown]);
  });
});

test('a key that is older than TRUSTCAST_KEY_DAYS is renewed by the agent itself', async () => {
  const before = keyId();
  const at = Date.now() / 1_000 - 2 * 86_400;
  utimesSync(state('agent-key.pem'), at, at);
  const agent = await host.running({ ...NO_TOKEN, TRUSTCAST_KEY_DAYS: '2' });
  await agent.line('the key of this host was renewed', (line) => line.before === before);
  expect(keyId()).toBe(host.service.agentKeyId);
});

describe('a renewal that ends in between is continued', () => {
  test.each([1, 2, 3])('when the process is killed before rename %i of a file', async (at) => {
    const armed = join(host.home, 'armed');
    writeFileSync(armed, '');
    const die = { DIE_AT: String(at), DIE_ARMED: armed, DIE_CALLS: 'renameSync' };
    const { code } = await host.cli(['renew-key'], die, [process.execPath, ...DIE_AT]);
    expect(code).toBe(null);
    await recover();
  });

  test.each([1, 2, 3])('when the process is killed before removal %i of a file', async (at) => {
    const armed = join(host.home, 'armed');
    writeFileSync(armed, '');
    const die = { DIE_AT: String(at), DIE_ARMED: armed, DIE_CALLS: 'unlinkSync' };
    await host.cli(['renew-key'], die, [process.execPath, ...DIE_AT]);
    await recover();
  });

  test('when the answer is lost, with the same key, by the next start of the agent', async () => {
    host.service.loseAnswers = true;
    expect((await host.cli(['renew-key'])).code).toBe(1);
    const taken = host.service.agentKeyId;
    expect(keyId()).not.toBe(taken);
    host.service.loseAnswers = false;
    await host.running(NO_TOKEN);
    expect(keyId()).toBe(taken);
  });

  test('when the answer is lost and the key before has ended since', async () => {
    host.service.loseAnswers = true;
    await host.cli(['renew-key']);
    host.service.loseAnswers = false;
    host.service.endPreviousKeys();
    await recover();
  });

  test('and an answer that no pinned key has signed renews nothing', async () => {
    const before = keyId();
    host.service.intercept = (request, response) => {
      if (request.url !== '/agent/v1/key') return false;
      response.writeHead(200).end(JSON.stringify({ signingKeys: [], registration: 'a.b.c' }));
      return true;
    };
    const { code, err } = await host.cli(['renew-key']);
    expect([code, err, keyId()]).toEqual([1, expect.stringContaining('NO_PINNED_KEY') as unknown, before]);
  });
});
