import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/**
 * Preloaded into an agent (`--import`): kills it, as kill -9 does, right before its Nth call that changes a file, counted
 * from the moment when the file DIE_ARMED exists; of the functions DIE_CALLS, where it names some. What was done before stays done, nothing after it is.
 */
const CHANGING = [
  'writevSync',
  'fsyncSync',
  'fdatasyncSync',
  'ftruncateSync',
  'fchmodSync',
  'fchownSync',
  'futimesSync',
  'openSync',
  'renameSync',
  'linkSync',
  'unlinkSync',
  'writeFileSync',
] as const;

const { DIE_AT = '0', DIE_ARMED = '', DIE_CALLS } = process.env;
// The agent refuses unknown settings of its own prefix only, yet nothing of a test should be left for it to see.
delete process.env.DIE_AT;
delete process.env.DIE_ARMED;
delete process.env.DIE_CALLS;
const { existsSync } = fs;
let left = Number(DIE_AT);

for (const name of CHANGING) {
  const real = fs[name] as (...args: unknown[]) => unknown;
  Object.assign(fs, {
    [name]: (...args: unknown[]) => {
      const isReading = name === 'openSync' && (Number(args[1]) & fs.constants.O_CREAT) === 0;
      const counts = !isReading && (DIE_CALLS?.split(',').includes(name) ?? true);
      if (counts && existsSync(DIE_ARMED) && (left -= 1) === 0) process.kill(process.pid, 'SIGKILL');
      return real(...args);
    },
  });
}
syncBuiltinESMExports();
