import { spawnSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from '@jest/globals';
import { startNats } from '@trustcast/dev/backends/nats.mjs';
import { usersText } from '../../src/features/agents/nats-users/users-text.js';

const cacheDir = fileURLToPath(new URL('../../../../../.trustcast/cache', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'trustcast-accounts-'));

afterAll(() => rmSync(folder, { recursive: true }));

test('nats-server takes the users of two installations in two accounts', async () => {
  const { binary, stop } = await startNats({ stateDir: folder, cacheDir });
  await stop();
  const files = ['production', 'staging'].map((name) => {
    const file = `${name}.conf`;
    const password = randomBytes(24).toString('base64url');
    writeFileSync(join(folder, file), usersText(randomUUID(), { user: name, password }, []));
    return `${name} { jetstream: enabled, include '${file}' }`;
  });
  const file = join(folder, 'accounts.conf');
  writeFileSync(file, `jetstream { store_dir: '${join(folder, 'shared')}' }\naccounts {\n${files.join('\n')}\n}\n`);
  const { status, stderr } = spawnSync(binary!, ['-t', '-c', file], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining('is valid') });
});
