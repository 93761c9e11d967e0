import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** Says who asks: the other end of the connection, or whom a named proxy there names (`X-Forwarded-For`). */
export type ClientAddress = (request: IncomingMessage) => string | null;

/** @param proxies addresses and CIDR ranges */
export function clientAddress(proxies: readonly string[]): ClientAddress {
  const named = new BlockList();
  for (const proxy of proxies) {
    const [address = '', bits] = proxy.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) named.addAddress(address, family);
    else named.addSubnet(address, Number(bits), family);
  }
  const isNamed = (text: string) => {
    const address = text.replace(/%.*$/, '');
    return named.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  };
  return ({ socket, headers }) => {
    let address = socket.remoteAddress ?? null;
    const said = headers['x-forwarded-for'];
    if (address === null || said === undefined || proxies.length === 0) return address;
    // Each proxy adds whom it heard behind what it was told: as far as those who say it are named, it is believed.
    for (const hop of [said].flat().join(',').split(',').reverse()) {
      const next = withoutPort(hop.trim());
      if (!isNamed(address) || isIP(next) === 0) break;
      address = next;
    }
    return address;
  };
}

function withoutPort(hop: string): string {
  return hop.replace(/^\[(.*)\](:\d+)?$/, '$1').replace(/^([\d.]+):\d+$/, '$1');
}

/**
 * Makes `request.ip` who asks, for every route. Call it before any other hook, for a server that trusts its first hop. What
 * host and scheme were asked for is nobody's to say but the request's.
 */
export function noteClientAddress(server: FastifyInstance, addressOf: ClientAddress): void {
  server.addHook('onRequest', ({ raw }, _reply, done) => {
    const { headers } = raw;
    if (headers['x-forwarded-for'] !== undefined) headers['x-forwarded-for'] = addressOf(raw) ?? '';
    for (const name of ['x-forwarded-host', 'x-forwarded-proto'])
      if (headers[name] !== undefined) headers[name] = undefined;
    done();
  });
}
