import { createServer } from 'node:net';
import { SetupError } from '../setup/setup-error.mjs';
import { portHolder } from './port-holder.mjs';

/**
 * @param {number} [preferred] kept when nobody else listens on it
 * @returns {Promise<number>} a port of 127.0.0.1 that was free a moment ago; whoever binds it must be ready to lose it
 */
export async function loopbackPort(preferred = 0) {
  for (const port of preferred === 0 ? [0] : [preferred, 0]) {
    const tried = await tryListen(port);
    if ('port' in tried) return tried.port;
  }
  throw new Error('no free port');
}

/**
 * Makes sure that somebody who asked for a port gets it.
 * @param {number} port 0: any
 * @throws {SetupError} exit code 78, naming who has it
 */
export async function requireLoopbackPort(port) {
  const tried = await tryListen(port);
  if ('port' in tried) return;
  const why =
    tried.code === 'EADDRINUSE' ? `is taken by ${portHolder(port)}: stop that, or` : `cannot be used (${tried.code}):`;
  throw new SetupError(`port ${port} of 127.0.0.1 ${why} name another one with --port.`);
}

/** @param {number} port @returns {Promise<{ port: number } | { code: string }>} */
function tryListen(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (/** @type {NodeJS.ErrnoException} */ { code = '' }) => resolve({ code }));
    server.listen(port, '127.0.0.1', () => {
      const address = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve({ port: address.port }));
    });
  });
}
