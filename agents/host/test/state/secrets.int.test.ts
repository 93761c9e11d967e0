import { expect, test } from '@jest/globals';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { TOKEN } from '../support/fake-service.js';
import { entriesOf } from '../support/fixtures.js';
import { useHost } from '../support/use-host.js';

const PASSWORD = 'not-to-be-seen';
const host = useHost();

/** Every file below the agent's directory but its key. */
function files(): Map<string, string> {
  const paths = readdirSync(host.directory, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path !== 'state/agent-key.pem' && statSync(join(host.directory, path)).isFile(),
  );
  return new Map(paths.map((path) => [path, readFileSync(join(host.directory, path), 'latin1')]));
}

test('the key of the agent is readable by the agent alone, and key, token and password stand in no log, report or other file', async () => {
  const env = { TRUSTCAST_TRUSTSTORE_PASSWORD: PASSWORD, TRUSTCAST_LOG_LEVEL: 'debug' };
  const agent = await host.running(env);
  await host.service.deploy({ upserts: await entriesOf('a') });
  await host.service.written();
  await agent.stop();
  const key = join(host.directory, 'state/agent-key.pem');
  expect(statSync(key).mode & 0o777).toBe(0o600);
  const [, secret = ''] = readFileSync(key, 'utf8').split('\n');
  expect(secret).toMatch(/^[\w+/=]{60,}$/);
  const texts = new Map([
    ...files(),
    ['log', agent.output + agent.stderr],
    ['reports', JSON.stringify(host.service.statuses)],
  ]);
  expect([...texts.keys()]).toEqual(expect.arrayContaining(['state/status.json', 'truststore.p12']));
  for (const [name, text] of texts)
    for (const value of [secret, TOKEN, PASSWORD]) expect([name, text.includes(value)]).toEqual([name, false]);
});
