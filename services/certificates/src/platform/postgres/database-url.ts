import type { Parsed } from '@trustcast/config';
import { isLoopback } from '@trustcast/schema';

/** What libpq's words for TLS mean here. `allow` and `prefer` go on without it, to whoever says that there is none. */
const SSL_MODES = ['disable', 'require', 'verify-ca', 'verify-full'];
const SSL_PARAMETERS = ['ssl', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'sslnegotiation'];

/** Reads a URL of a database; its value is what node-postgres is given. */
export function parseDatabaseUrl(text: string): Parsed<string> {
  const url = text.trim();
  const problem = problemInDatabaseUrl(url) ?? problemInTls(url);
  return problem === undefined ? { value: withLibpqModes(url) } : { problem };
}

/** Whether what is said to the database, passwords of its users among it, crosses a network without TLS. */
export function isPlainDatabase(url: string): boolean {
  const { hostname, searchParams } = new URL(url);
  const host = searchParams.get('host') ?? hostname;
  if (host === '' || host.startsWith('/') || isLoopback(host)) return false;
  const mode = searchParams.get('sslmode');
  const hasTls = SSL_PARAMETERS.some((name) => searchParams.has(name)) && searchParams.get('ssl') !== 'false';
  return mode === null ? !hasTls : mode === 'disable';
}

/** Without this parameter node-postgres takes `require` and `verify-ca` for `verify-full`, and warns of it. */
function withLibpqModes(url: string): string {
  const { searchParams } = new URL(url);
  const mode = searchParams.get('sslmode');
  const isOwn = searchParams.has('uselibpqcompat') || (mode !== 'require' && mode !== 'verify-ca');
  return isOwn ? url : `${url}&uselibpqcompat=true`;
}

/** What is wrong with the URL, without any of it. */
function problemInDatabaseUrl(text: string): string | undefined {
  if (!/^postgres(ql)?:\/\//.test(text)) return 'must start with postgresql://';
  const escape = 'in user and password, characters such as @ : / ? # % must be percent-encoded (@ is %40)';
  const [, authority = '', rest = ''] = /^[^:]+:\/\/([^/?#]*)(.*)$/s.exec(text) ?? [];
  if (authority.split('@').length > 2 || rest.split('?', 1)[0]?.includes('@')) return escape;
  if (!URL.canParse(text) || /[\s\0]/.test(text)) return `is no URL; ${escape}`;
  const { username, password, pathname } = new URL(text);
  try {
    decodeURIComponent(username + password + pathname);
  } catch {
    return escape;
  }
  if (pathname.length < 2) return 'must name a database: postgresql://user:password@host:port/database';
  return undefined;
}

/** A word that nobody knows would be passed over, and the connection made without TLS. */
function problemInTls(text: string): string | undefined {
  const { searchParams, hash } = new URL(text);
  const names = [...searchParams.keys()].filter((name) => /^ssl/i.test(name));
  if (hash !== '' || names.some((name) => !SSL_PARAMETERS.includes(name)) || new Set(names).size < names.length)
    return `takes each of ${SSL_PARAMETERS.join(', ')} once, in lower case, and no fragment`;
  const mode = searchParams.get('sslmode');
  if (mode !== null && !SSL_MODES.includes(mode)) return `has an sslmode that is not ${SSL_MODES.join(', ')}`;
  if (mode === 'verify-ca' && !searchParams.get('sslrootcert'))
    return 'has sslmode=verify-ca, which needs sslrootcert=<file>: any public CA would do otherwise';
  return undefined;
}
