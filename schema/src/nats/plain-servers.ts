import { BlockList, isIP } from 'node:net';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** The servers that are reached without TLS on a way that leaves this machine: a login, and what is said, can be read there. */
export function plainServers(servers: readonly string[]): readonly string[] {
  return servers.filter((server) => !server.startsWith('tls:') && !isOnLoopback(server));
}

function isOnLoopback(server: string): boolean {
  const url = server.replace(/^(nats:\/\/)?/, 'http://');
  return URL.canParse(url) && isLoopback(new URL(url).hostname);
}

/** Whether a host of a URL is this machine, by its address or by the name `localhost` (RFC 6761, 6.3). */
export function isLoopback(host: string): boolean {
  const address = host.replace(/^\[|\]$/g, '');
  const version = isIP(address);
  if (version === 0) return /^(.+\.)?localhost\.?$/i.test(address);
  return LOOPBACK.check(address, version === 4 ? 'ipv4' : 'ipv6');
}
