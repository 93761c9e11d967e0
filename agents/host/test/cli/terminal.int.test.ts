import { describe, expect, test } from '@jest/globals';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { useHost } from '../support/use-host.js';

/** Sets a title, clears the screen, and is a line of its own: as an alias of a keystore may be. */
const ACTING = 'base/\u001b]0;owned\u0007\u001b[2J\n\u009b\u202elifted  x';
const SHOWS = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*\n$/u;
const host = useHost();

describe('what a stranger has named acts on no terminal', () => {
  const liftWith = async (...words: readonly string[]): Promise<{ code: number | null; out: string; err: string }> => {
    for (const folder of ['', 'state', 'jvms']) mkdirSync(join(host.directory, folder), { recursive: true });
    const kept = [{ alias: ACTING, fingerprint: 'aa', jdk: '/opt/jdk\u001b[2J' }];
    writeFileSync(join(host.directory, 'state/quarantine.json'), JSON.stringify(kept));
    return host.cli(['lift-quarantine', ...words]);
  };

  test('where it is listed, which is one line', async () => {
    const { code, out } = await liftWith();
    expect(code).toBe(0);
    expect(out).toContain('base/\ufffd]0;owned');
    expect(out).toMatch(SHOWS);
  });

  test('where it is JSON, which means the same', async () => {
    const { out } = await liftWith('--json');
    expect(out).toMatch(/^[\n\x20-\x7e]*$/);
    expect(JSON.parse(out)).toMatchObject({ quarantined: [{ alias: ACTING }] });
  });

  test('where an argument is repeated, to standard output or to standard error', async () => {
    expect((await liftWith(ACTING.replace('x', 'y'))).out).toMatch(SHOWS);
    const { code, err } = await host.cli([`\u001b[2J\u009b`]);
    expect(code).toBe(64);
    expect(err).toMatch(SHOWS);
  });
});
