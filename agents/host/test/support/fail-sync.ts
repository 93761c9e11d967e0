import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** Preloaded into an agent (`--import`): as long as the file SYNC_FAILS exists, the data of no file can be made durable. */
const { SYNC_FAILS = '' } = process.env;
delete process.env.SYNC_FAILS;
const real = fs.fdatasyncSync;

Object.assign(fs, {
  fdatasyncSync: (file: number) => {
    if (fs.existsSync(SYNC_FAILS)) throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' });
    real(file);
  },
});
syncBuiltinESMExports();
