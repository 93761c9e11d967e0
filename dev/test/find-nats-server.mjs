// node find-nats-server.mjs <cache folder>: prints what was found as JSON, looking at the cache and Debian's package only.
import { findNatsServer } from '../backends/nats.mjs';
import { loadEnvironment } from '../setup/environment.mjs';

const [cacheDir = ''] = process.argv.slice(2);
try {
  const env = loadEnvironment({});
  console.log(JSON.stringify(await findNatsServer({ cacheDir, env, systemFolders: [], log: console.log })));
} catch (error) {
  const { exitCode, message } = /** @type {import('../setup/setup-error.mjs').SetupError} */ (error);
  console.log(JSON.stringify({ exitCode, message }));
}
