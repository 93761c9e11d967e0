import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createLog } from '@trustcast/config';
import { Detached } from '../../../src/jvms/attach/detached.js';
import { JvmRegistry } from '../../../src/jvms/jvm-registry.js';
import { readProcess } from '../../../src/jvms/processes/process-facts.js';
import { processId } from '../../../src/jvms/processes/process-id.js';
import { HUNG_PREFIX, Watchdog } from '../../../src/jvms/processes/watchdog.js';
import { prepareDirectory } from '../../../src/state/agent-directory.js';
import { HandMarks } from '../../../src/state/hand-marks.js';
import { WrittenHistory } from '../../../src/truststore/written-history.js';
import { temporaryDirectory } from '../../support/fixtures.js';

let home: ReturnType<typeof temporaryDirectory>;
beforeEach(() => {
  home = temporaryDirectory();
});
afterEach(() => home.remove());

test('what is remembered of a process stays while it runs, whatever a look at it finds, and goes with it', async () => {
  const directory = prepareDirectory(join(home.path, 'agent'));
  // As a JVM that one look has no time for, or that hangs whoever looks at it: in both cases nobody knows it for one.
  const child = spawn('sleep', ['60']);
  const id = processId(readProcess(child.pid!)!);
  const marks = [new Detached(directory.state), new HandMarks(directory.state, HUNG_PREFIX)];
  for (const mark of marks) mark.add(id);
  const registry = new JvmRegistry(
    directory,
    new WrittenHistory(directory.state),
    { attach: [], base: { kind: 'none' }, jvmAgentJar: undefined },
    new Detached(directory.state),
    createLog('silent'),
    new Watchdog(directory.state),
  );
  registry.refresh();
  expect(marks.map((mark) => mark.has(id))).toEqual([true, true]);
  child.kill('SIGKILL');
  await once(child, 'exit');
  registry.refresh();
  expect(marks.map((mark) => mark.has(id))).toEqual([false, false]);
});
