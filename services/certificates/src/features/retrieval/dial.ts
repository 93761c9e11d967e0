import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { type Socket, connect, isIP, isIPv6 } from 'node:net';

/** Addresses of one name that are tried. */
const MAX_ADDRESSES = 8;

/** All addresses of a name, in the order of the resolver. */
export async function resolve(host: string): Promise<string[]> {
  if (isIP(host)) return [host];
  const found = await lookup(host, { all: true });
  return [...new Set(found.map(({ address }) => address))];
}

/** Connects to the first of some addresses that answers. Names are never resolved again. */
export async function dial(
  addresses: readonly string[],
  port: number,
  { proxy, signal, timeoutMs }: { proxy: URL | null; signal: AbortSignal; timeoutMs: number },
): Promise<{ socket: Socket; address: string }> {
  const tried = addresses.slice(0, MAX_ADDRESSES);
  let failure: unknown;
  for (const [index, address] of tried.entries()) {
    const attempt = new AbortController();
    const abort = (): void => attempt.abort(signal.reason);
    signal.addEventListener('abort', abort);
    // One that never answers leaves time for the next. A timer: Node 20 collects time-out signals that are combined.
    const share = setTimeout(() => {
      if (index + 1 < tried.length) attempt.abort(new Error('no answer'));
    }, timeoutMs / tried.length);
    try {
      return {
        socket: await (proxy ? tunnel(proxy, address, port, attempt.signal) : direct(address, port, attempt.signal)),
        address,
      };
    } catch (error) {
      failure = error;
    } finally {
      clearTimeout(share);
      signal.removeEventListener('abort', abort);
    }
    signal.throwIfAborted();
  }
  throw failure;
}

async function direct(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const socket = connect({ host, port }).on('error', inVain);
  try {
    await once(socket, 'connect', { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** CONNECT names the address, not the host: the proxy must not resolve it to another one. */
async function tunnel(proxy: URL, address: string, port: number, signal: AbortSignal): Promise<Socket> {
  const authority = `${isIPv6(address) ? `[${address}]` : address}:${port}`;
  const credentials = [proxy.username, proxy.password].map(decodeURIComponent).join(':');
  const asked = request({
    host: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: proxy.port || 80,
    method: 'CONNECT',
    path: authority,
    headers: {
      host: authority,
      ...(proxy.username && { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` }),
    },
    agent: false,
  });
  asked.on('error', inVain).end();
  try {
    const [{ statusCode }, socket, head] = (await once(asked, 'connect', { signal })) as [
      IncomingMessage,
      Socket,
      Buffer,
    ];
    socket.on('error', inVain);
    if (statusCode !== 200) {
      socket.destroy();
      throw new Error(`the proxy answers ${statusCode}`);
    }
    if (head.length > 0) socket.unshift(head);
    return socket;
  } catch (error) {
    asked.destroy();
    throw error;
  }
}

/** An error between two waits, or behind the last, would end the process; whoever waits next learns of it. */
function inVain(): void {
  return undefined;
}
