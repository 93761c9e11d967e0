import { createServer } from 'node:net';

/**
 * @param {number} [preferred] kept when nobody else listens on it
 * @returns {Promise<number>} a port of 127.0.0.1 that was free a moment ago; whoever binds it must be ready to lose it
 */
export async function loopbackPort(preferred = 0) {
  return (
    (preferred && (await tryListen(preferred))) || (await tryListen(0)) || Promise.reject(new Error('no free port'))
  );
}

/** @param {number} port @returns {Promise<number | undefined>} */
function tryListen(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
    });
  });
}
