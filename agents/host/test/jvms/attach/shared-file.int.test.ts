import { expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { refuseUnattachable } from '../../../src/jvms/attach/attach.js';
import { temporaryDirectory } from '../../support/fixtures.js';
import { TargetProcess } from './target-process.js';

/** Replaces a file again and again. */
const REPLACE = `
  const { renameSync, writeFileSync } = require('node:fs');
  const [path] = process.argv.slice(1);
  console.log('ready');
  for (;;) {
    writeFileSync(path + '.new', '');
    renameSync(path + '.new', path);
  }`;
const LOOKS = 3_000;

test('a JVM sees the truststore as the agent does also while it is replaced', async () => {
  const folder = temporaryDirectory();
  const target = await TargetProcess.start(folder.path);
  const sharedFile = `${folder.path}/truststore.p12`;
  writeFileSync(sharedFile, '');
  const writer = spawn(process.execPath, ['-e', REPLACE, sharedFile], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(writer.stdout, 'data');
    const load = { jar: sharedFile, options: '', sharedFile };
    for (let look = 0; look < LOOKS; look++) expect(() => refuseUnattachable(target.facts, load)).not.toThrow();
  } finally {
    writer.kill('SIGKILL');
    await once(writer, 'exit');
    target.stop();
    folder.remove();
  }
});
