import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from '@jest/globals';
import { readKeystore, writePkcs12 } from '../src/index.js';
import { machineRoots } from './machine-roots.js';

const example = fileURLToPath(new URL('../../examples/to-truststore.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'trustcast-example-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the example of the README', () => {
  const [from, to] = [join(folder, 'from.p12'), join(folder, 'to.p12')];
  const entries = machineRoots().slice(0, 3);
  const run = (password: string) => spawnSync(process.execPath, [example, from, password, to], { encoding: 'utf8' });

  it('is the file that runs', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    const [, shown] = /```js\n([^]*?)```/.exec(readme) ?? [];
    expect(readFileSync(example, 'utf8').endsWith(shown ?? 'nothing is shown')).toBe(true);
  });

  it('writes a truststore that opens without a password', () => {
    writeFileSync(from, writePkcs12(entries, { password: 'changeit', encrypt: true }));
    expect(run('changeit')).toMatchObject({ status: 0, stderr: '' });
    expect(readKeystore(readFileSync(to)).entries.map(({ der }) => Buffer.from(der))).toEqual(
      entries.map(({ der }) => Buffer.from(der)),
    );
  });

  it('writes no truststore where no entry is trusted by Java', () => {
    rmSync(to);
    writeFileSync(from, writePkcs12([], { password: 'changeit' }));
    expect(run('changeit')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^PKCS12: no entry that Java trusts/),
    });
    expect(existsSync(to)).toBe(false);
  });

  it('says that a password is wrong', () => {
    writeFileSync(from, writePkcs12(entries, { password: 'changeit', encrypt: true }));
    expect(run('wrong')).toMatchObject({ status: 1, stderr: expect.stringMatching(/^KEYSTORE_PASSWORD_WRONG: /) });
  });
});
