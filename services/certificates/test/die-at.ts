import { existsSync } from 'node:fs';
import { Socket } from 'node:net';

/**
 * Preloaded into a service (`--import`): kills it, as kill -9 does, right before its Nth write to a connection, counted
 * from the moment when the file DIE_ARMED exists. What it asks of PostgreSQL, says to NATS and answers goes this way.
 */
const { DIE_AT = '0', DIE_ARMED = '' } = process.env;
let left = Number(DIE_AT);

for (const name of ['_write', '_writev'] as const) {
  const prototype = Socket.prototype as unknown as Record<string, (...args: unknown[]) => unknown>;
  const real = prototype[name]!;
  prototype[name] = function (this: Socket, ...args: unknown[]) {
    if (existsSync(DIE_ARMED) && (left -= 1) === 0) process.kill(process.pid, 'SIGKILL');
    return real.apply(this, args);
  };
}
