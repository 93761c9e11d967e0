import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { temporaryDirectory } from '../support/fixtures.js';

const MODULE = new URL('../../src/files/replace-file.js', import.meta.url).href;

/** Kernels without SELinux refuse labels, so a stand-in for chcon tells what it was asked, and when. */
describe('the security label of a file that is replaced', () => {
  let home: ReturnType<typeof temporaryDirectory>;
  let file: string;
  beforeEach(() => {
    home = temporaryDirectory();
    file = join(home.path, 'truststore.p12');
    writeFileSync(file, 'old');
    mkdirSync(join(home.path, 'bin'));
  });
  afterEach(() => home.remove());

  /** Replaces the file in a process that finds this chcon first; answers how it failed, if it did. */
  function replace(identity: object, chcon: string): string {
    const bin = join(home.path, 'bin');
    writeFileSync(join(bin, 'chcon'), `#!/bin/sh\n${chcon}\n`);
    chmodSync(join(bin, 'chcon'), 0o755);
    const call = `replaceFile(${JSON.stringify(file)}, [Buffer.from('new')], ${JSON.stringify(identity)})`;
    const program = `import { replaceFile } from '${MODULE}';
      try { ${call} } catch ({ code, message }) { console.log(code + ': ' + message) }`;
    const env = { PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` };
    return execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8', env });
  }

  test('is copied to the new file before that takes the place of the old one', () => {
    const asked = join(home.path, 'asked');
    expect(replace({ mode: 0o644, labelOf: file }, `echo "$@ $(cat ${file})" > ${asked}`)).toBe('');
    // The new file goes by the directory that is open, also for the program that is run.
    const [reference, temporary, content] = readFileSync(asked, 'utf8').split(' ');
    expect([reference, content]).toEqual([`--reference=${file}`, 'old\n']);
    expect(temporary).toMatch(new RegExp(`^/proc/\\d+/fd/\\d+/\\.truststore\\.p12\\.trustcast-tmp$`));
    expect(readFileSync(file, 'utf8')).toBe('new');
  });

  test('that cannot be copied leaves the old file and nothing else', () => {
    const failure = replace({ mode: 0o644, labelOf: file }, 'echo "Operation not permitted" >&2; exit 1');
    expect(failure).toBe('LABEL_NOT_KEPT: Operation not permitted\n');
    expect(readFileSync(file, 'utf8')).toBe('old');
    expect(readdirSync(home.path).sort()).toEqual(['bin', 'truststore.p12']);
  });

  test('is left to the system where it was not asked for', () => {
    expect(replace({ mode: 0o644 }, 'exit 1')).toBe('');
    expect(readFileSync(file, 'utf8')).toBe('new');
  });
});
