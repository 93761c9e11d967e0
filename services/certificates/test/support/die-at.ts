import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';

/**
 * Preloaded into a service (`--import`): kills it, as kill -9 does, right before its Nth write to a connection, counted
 * from the moment when the file DIE_ARMED exists. What it asks of PostgreSQL, says to NATS and answers goes this way. Its
 * threads count together: the file is as long as the count.
 */
const { DIE_AT = '0', DIE_ARMED = '' } = process.env;

function isLast(): boolean {
  let file: number;
  try {
    file = openSync(DIE_ARMED, constants.O_WRONLY | constants.O_APPEND);
  } catch {
    return false;
  }
  writeSync(file, '.');
  const { size } = fstatSync(file);
  closeSync(file);
  return size >= Number(DIE_AT);
}

for (const name of ['_write', '_writev'] as const) {
  const prototype = Socket.prototype as unknown as Record<string, (...args: unknown[]) => unknown>;
  const real = prototype[name]!;
  prototype[name] = function (this: Socket, ...args: unknown[]) {
    if (isLast()) process.kill(process.pid, 'SIGKILL');
    return real.apply(this, args);
  };
}
