import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from '@jest/globals';

const script = fileURLToPath(new URL('../package.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'trustcast-package-command-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a wrong option, artefact, executable or time, and a missing tool, end with one message before anything is built', () => {
  const out = join(folder, 'out');
  const program = join('/bin', 'sh');
  /** @type {[string[], Record<string, string>, number, string][]} */
  const cases = [
    [['--bogus'], {}, 64, "Unknown option '--bogus'"],
    [['--only', 'jar,bogus'], {}, 64, '--only: there is no artefact "bogus"; name some of jar, agent,'],
    [['--node', join(folder, 'nothing')], {}, 78, `--node: ${join(folder, 'nothing')} cannot be read: ENOENT`],
    [['--node', program], {}, 78, `${program} cannot carry a program; name an executable of nodejs.org with --node.`],
    [['--node', script], {}, 78, `${script} is no Linux executable for x64 or arm64`],
    [['--only', 'jar'], { SOURCE_DATE_EPOCH: 'today' }, 78, 'SOURCE_DATE_EPOCH must be seconds since 1970.'],
    [['--only', 'rpm'], { PATH: folder, SOURCE_DATE_EPOCH: '0' }, 78, 'rpm packages need Go or nfpm on PATH'],
  ];
  for (const [args, env, code, message] of cases) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--out', out, ...args], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, ...env },
    });
    expect([args, status, stdout]).toEqual([args, code, '']);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
  }
  expect(existsSync(out)).toBe(false);
});
