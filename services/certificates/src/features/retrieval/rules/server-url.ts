/** A server that presents certificates. */
export interface ServerUrl {
  /** `ldap` becomes TLS by StartTLS. */
  readonly protocol: 'https' | 'ldaps' | 'ldap';
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
}

const MAX_LENGTH = 2_000;
const DEFAULT_PORTS = { https: 443, ldaps: 636, ldap: 389 } as const;
const SHAPE = /^(?<protocol>https|ldaps|ldap):\/\/(?<authority>[^/?#\\\s]+)(?:[/?#]\S*)?$/i;
const HOST = /^(?:[a-z0-9._-]{1,253}|\[[0-9a-f:.]+\])$/;

/** Reads `https://host[:port]/…`, `ldaps://host[:port]` or `ldap://host[:port]`; a text says what is wrong with it. */
export function parseServerUrl(text: string): ServerUrl | string {
  if (text.length > MAX_LENGTH) return `must have at most ${MAX_LENGTH} characters`;
  const { protocol, authority } = SHAPE.exec(text)?.groups ?? {};
  if (protocol === undefined || authority === undefined)
    return 'must be https://host[:port], ldaps://host[:port] or ldap://host[:port]';
  if (authority.includes('@')) return 'must not hold a user or a password';
  // Only for schemes of the web does URL make one spelling of a host, as 127.0.0.1 of 0x7f.1.
  const web = `http://${authority}`;
  const host = URL.canParse(web) ? new URL(web).hostname : '';
  if (!HOST.test(host)) return 'must name a host, and a port up to 65535 if any';
  const scheme = protocol.toLowerCase() as ServerUrl['protocol'];
  const port = Number(/(?<=[^:]:|\]:)\d+$/.exec(authority)?.[0] ?? DEFAULT_PORTS[scheme]);
  return port === 0 ? 'must not name port 0' : { protocol: scheme, host: host.replace(/^\[|\]$/g, ''), port };
}
