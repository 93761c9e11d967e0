// Started as a process of its own, to be killed or to run as another user:
//   node start-backend.mjs postgres|nats '<options as JSON>' [<uid>]
// Prints one line, `{ url, pid, source }` or `{ exitCode, message }`; the end of its input stops the backend.
import { startNats } from '../backends/nats.mjs';
import { startPostgres } from '../backends/postgres.mjs';

const [kind, options = '{}', uid] = process.argv.slice(2);
if (uid) {
  // Only now: neither Node nor these scripts need be where that user may read.
  process.setgroups?.([]);
  process.setgid?.(Number(uid));
  process.setuid?.(Number(uid));
}
const start = kind === 'postgres' ? startPostgres : startNats;
try {
  const { url, pid, source, stop } = await start(JSON.parse(options));
  console.log(JSON.stringify({ url, pid, source }));
  process.stdin.resume().once('end', () => void stop());
} catch (error) {
  const { exitCode, message } = /** @type {import('../setup/setup-error.mjs').SetupError} */ (error);
  console.log(JSON.stringify({ exitCode, message }));
}
