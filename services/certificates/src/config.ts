import { isIP } from 'node:net';
import { isAbsolute } from 'node:path';
import {
  type Environment,
  LOG_LEVELS,
  type LogLevel,
  type Parsed,
  commaSeparated,
  integer,
  oneOf,
  readSettings,
  token,
  truth,
} from '@trustcast/config';
import { parseAuthorities } from '@trustcast/http-client';
import { plainServers } from '@trustcast/schema';
import { type IssuerSettings, parseIssuers } from './features/identity/oidc/issuer-settings.js';
import type { RateLimits } from './api/http/limits/rates.js';
import { REFUSABLE_RANGES, type RefusableRange, isRefusableRange } from './features/retrieval/address-policy.js';
import { DATABASE_CONNECTIONS, LEAST_DATABASE_CONNECTIONS } from './platform/postgres/lane-sizes.js';
import { parseDatabaseUrl } from './platform/postgres/database-url.js';
import type { TlsFiles } from './platform/tls/server-tls.js';
import type { Retention } from './platform/postgres/remove-expired.js';
import type { RetrievalSettings } from './features/retrieval/retrieve-chain.js';

export interface NatsSettings {
  readonly servers: readonly string[];
  readonly user: string | null;
  readonly password: string | null;
}

/** How this service reaches NATS. */
export interface NatsRoad extends NatsSettings {
  /** PEM of CAs that are trusted beside Node's; null for Node's alone. */
  readonly ca: string | null;
  /** Whether a login may go in the clear to another machine. */
  readonly allowPlain: boolean;
}

/** File of nats-server's configuration that the service writes, and how nats-server reloads it. */
export interface NatsUsersSettings {
  readonly login: { readonly user: string; readonly password: string };
  readonly file: string;
  readonly pidFile: string | null;
}

export interface OidcSettings {
  /** None: people have API tokens. */
  readonly issuers: readonly IssuerSettings[];
  /** PEM of CAs that are trusted for them beside Node's; null: none. */
  readonly ca: string | null;
}

const RETRIEVAL_TIMEOUT_MS = 10_000;

export interface Config {
  readonly databaseUrl: string;
  /** Connections that this process holds at most. */
  readonly databaseConnections: number;
  readonly nats: NatsRoad;
  /** null: whoever runs nats-server keeps its users. */
  readonly natsUsers: NatsUsersSettings | null;
  /** Settings that registered agents receive. */
  readonly agentNats: NatsSettings;
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** null: HTTP without TLS. */
  readonly tls: TlsFiles | null;
  /** Addresses and CIDR ranges whose word on who asks is believed. */
  readonly trustedProxies: readonly string[];
  /** Origins whose pages may read answers. */
  readonly corsOrigins: readonly string[];
  readonly rateLimits: RateLimits;
  /** null: metrics are for this machine alone. */
  readonly metricsToken: string | null;
  /** Whether clients may ask what the schema is. */
  readonly introspection: boolean;
  readonly signingKeyFile: string;
  /** Program and arguments that sign with the key of which the file holds the public part; null: the file holds the private key. */
  readonly signingCommand: readonly string[] | null;
  readonly adminTokenFile: string | null;
  /** null: API tokens need not expire. */
  readonly apiTokenMaxDays: number | null;
  readonly oidc: OidcSettings;
  readonly migrate: boolean;
  readonly retrieval: RetrievalSettings;
  readonly retention: Retention;
  /** Of the stream of change events, where JetStream exists. */
  readonly streamReplicas: number;
  readonly logLevel: LogLevel;
}

const MAX_DAYS = 3_650;
const PLAIN_NATS =
  'nats:// to another machine carries logins in the clear; use tls://, or set TRUSTCAST_ALLOW_PLAIN_NATS=true on a network of its own';

/** Every setting: how it is read, and what `--help` and the README say of it. */
export const SETTINGS = {
  DATABASE_URL: {
    secret: true,
    required: true,
    says: 'URL of the database, PostgreSQL 14 or later with encoding UTF8: postgresql://user:password@host:port/database; with ?sslmode=verify-full&sslrootcert=<file of the CA> over TLS',
    parse: parseDatabaseUrl,
  },
  TRUSTCAST_DATABASE_CONNECTIONS: {
    says: `maximum number of PostgreSQL connections of one process, ${LEAST_DATABASE_CONNECTIONS} to 1000`,
    parse: integer(LEAST_DATABASE_CONNECTIONS, 1_000),
    standard: String(DATABASE_CONNECTIONS),
  },
  NATS_URL: {
    required: true,
    says: 'URL of nats-server: nats://host:port or tls://host:port, several separated by commas',
    parse: parseNatsServers,
  },
  NATS_USER: { says: 'NATS user of the service' },
  NATS_PASSWORD: { secret: true, says: 'password of NATS_USER' },
  NATS_CA_FILE: {
    content: true,
    says: 'PEM file of CAs to trust in addition to the public ones, for tls:// in NATS_URL',
    parse: parseAuthorities,
  },
  TRUSTCAST_ALLOW_PLAIN_NATS: {
    says: 'whether NATS may be reached without TLS on another machine, true or false: logins then cross the network in the clear',
    parse: truth,
    standard: 'false',
  },
  TRUSTCAST_NATS_USERS_FILE: {
    says: 'file in which the service maintains the NATS users, one per agent, for an include of nats-server (default: none)',
  },
  TRUSTCAST_NATS_PID_FILE: {
    says: 'pid_file of nats-server, which receives SIGHUP when the users change (default: none; reload nats-server by other means)',
  },
  TRUSTCAST_AGENT_NATS_URL: { says: 'URL at which agents reach NATS (default: NATS_URL)', parse: parseNatsServers },
  TRUSTCAST_AGENT_NATS_USER: { says: 'NATS user of all agents, where the service does not maintain one per agent' },
  TRUSTCAST_AGENT_NATS_PASSWORD: { secret: true, says: 'password of TRUSTCAST_AGENT_NATS_USER' },
  TRUSTCAST_HOST: { says: 'address to listen on', standard: '127.0.0.1' },
  TRUSTCAST_PORT: { says: 'port to listen on, 0 for a free one', parse: integer(0, 65_535), standard: '4000' },
  TRUSTCAST_TLS_CERTIFICATE_FILE: {
    says: 'PEM file of the certificate for HTTPS, with those of its chain behind it; read again when it changes (default: HTTP)',
  },
  TRUSTCAST_TLS_KEY_FILE: { says: 'PEM file of the private key of that certificate' },
  TRUSTCAST_TRUSTED_PROXIES: {
    says: 'addresses and CIDR ranges of reverse proxies whose X-Forwarded-For is believed, separated by commas (default: none)',
    parse: parseProxies,
  },
  TRUSTCAST_CORS_ORIGINS: {
    says: 'origins whose pages in a browser may use the API, such as https://console.example, separated by commas (default: none)',
    parse: parseOrigins,
  },
  TRUSTCAST_RATE_LIMIT: {
    says: 'requests per second of one token, or of one person with any number of tokens, on the average of ten seconds, in each process',
    parse: integer(1, 1_000_000),
    standard: '500',
  },
  TRUSTCAST_REFUSED_RATE_LIMIT: {
    says: 'tokens that open nothing, per minute and address, after which only tokens that are known are let in from there',
    parse: integer(1, 1_000_000),
    standard: '600',
  },
  TRUSTCAST_METRICS_TOKEN: {
    secret: true,
    says: 'token with which /metrics is read (default: without one, from this machine only)',
    parse: token,
  },
  TRUSTCAST_INTROSPECTION: {
    says: 'whether clients may query the GraphQL schema (introspection), true or false',
    parse: truth,
    standard: 'true',
  },
  TRUSTCAST_SIGNING_KEY_FILE: {
    required: true,
    says: 'file of the Ed25519 private key that signs statements, PKCS#8 PEM; created by the first start',
  },
  TRUSTCAST_SIGNING_COMMAND: {
    says: 'program and arguments, separated by spaces, that sign with a key which is elsewhere, such as in a hardware module; the file above then holds the public key (default: none)',
    parse: parseCommand,
  },
  TRUSTCAST_ADMIN_TOKEN_FILE: {
    says: 'file to which the first start writes the admin token (default: the token is printed once)',
  },
  TRUSTCAST_API_TOKEN_MAX_DAYS: {
    says: `days after which an API token must expire at the latest, 1 to ${MAX_DAYS} (default: none, tokens need not expire)`,
    parse: integer(1, MAX_DAYS),
  },
  TRUSTCAST_OIDC_ISSUERS: {
    content: true,
    says: 'JSON file of the OpenID Connect providers whose tokens are accepted, see docs/access.md (default: none)',
    parse: parseIssuers,
  },
  TRUSTCAST_OIDC_CA_FILE: {
    content: true,
    says: 'PEM file of CAs to trust for these providers in addition to the public ones',
    parse: parseAuthorities,
  },
  TRUSTCAST_MIGRATE: { says: 'whether serve migrates the database, true or false', parse: truth, standard: 'true' },
  TRUSTCAST_RETRIEVE_REFUSE: {
    says: 'address ranges to refuse when certificates are retrieved: private, loopback, or private,loopback; link-local and metadata addresses are always refused',
    parse: parseRanges,
  },
  TRUSTCAST_RETRIEVE_PROXY: {
    secret: true,
    says: 'HTTP proxy (CONNECT) for retrieving certificates: http://[user:password@]host[:port] (default: none)',
    parse: parseProxy,
  },
  TRUSTCAST_KEEP_IDEMPOTENCY_KEYS_DAYS: {
    says: `days for which idempotency keys are kept, 1 to ${MAX_DAYS}; a repetition after that is a new request`,
    parse: integer(1, MAX_DAYS),
    standard: '7',
  },
  TRUSTCAST_KEEP_LEFTOVERS_DAYS: {
    says: `days after which ended JVMs, retired keys and unused bases are deleted, 1 to ${MAX_DAYS}`,
    parse: integer(1, MAX_DAYS),
    standard: '30',
  },
  TRUSTCAST_KEEP_AUDIT_DAYS: {
    says: `days after which records are removed from the audit, 1 to ${MAX_DAYS}; verify-audit checks those that are left (default: records are kept for ever)`,
    parse: integer(1, MAX_DAYS),
  },
  TRUSTCAST_STREAM_REPLICAS: {
    says: 'replicas of the JetStream stream of change events, 1 to 5',
    parse: integer(1, 5),
    standard: '1',
  },
  TRUSTCAST_LOG_LEVEL: { says: `log level: ${LOG_LEVELS.join(', ')}`, parse: oneOf(LOG_LEVELS), standard: 'info' },
} as const;

/**
 * Reads the settings of the service.
 *
 * @throws ConfigError naming all problems at once
 */
export function loadConfig(environment: Environment, readFile?: (path: string) => string): Config {
  const settings = readSettings(SETTINGS, environment, readFile && { readFile });
  for (const [user, password] of [
    ['NATS_USER', 'NATS_PASSWORD'],
    ['TRUSTCAST_AGENT_NATS_USER', 'TRUSTCAST_AGENT_NATS_PASSWORD'],
    ['TRUSTCAST_TLS_CERTIFICATE_FILE', 'TRUSTCAST_TLS_KEY_FILE'],
  ] as const)
    if (settings.has(user) !== settings.has(password)) settings.problem(`${user}, ${password}: set both or none`);
  for (const name of ['NATS_URL', 'TRUSTCAST_AGENT_NATS_URL'] as const)
    if (settings.values.TRUSTCAST_ALLOW_PLAIN_NATS === false && plainServers(settings.values[name] ?? []).length > 0)
      settings.problem(`${name}: ${PLAIN_NATS}`);
  const login = natsLogin(settings.values.NATS_USER, settings.values.NATS_PASSWORD);
  if (settings.has('TRUSTCAST_NATS_USERS_FILE')) {
    if (settings.has('TRUSTCAST_AGENT_NATS_USER'))
      settings.problem('TRUSTCAST_AGENT_NATS_USER, TRUSTCAST_NATS_USERS_FILE: set one of them');
    if (login === null)
      settings.problem(
        'TRUSTCAST_NATS_USERS_FILE needs NATS_USER and NATS_PASSWORD of letters, digits and . @ : / + = - _ only',
      );
  } else if (settings.has('TRUSTCAST_NATS_PID_FILE'))
    settings.problem('TRUSTCAST_NATS_PID_FILE needs TRUSTCAST_NATS_USERS_FILE');

  return settings.finish((values) => ({
    databaseUrl: values.DATABASE_URL,
    databaseConnections: values.TRUSTCAST_DATABASE_CONNECTIONS,
    nats: {
      servers: values.NATS_URL,
      user: values.NATS_USER ?? null,
      password: values.NATS_PASSWORD ?? null,
      ca: values.NATS_CA_FILE ?? null,
      allowPlain: values.TRUSTCAST_ALLOW_PLAIN_NATS,
    },
    natsUsers:
      values.TRUSTCAST_NATS_USERS_FILE === undefined || login === null
        ? null
        : { login, file: values.TRUSTCAST_NATS_USERS_FILE, pidFile: values.TRUSTCAST_NATS_PID_FILE ?? null },
    agentNats: {
      servers: values.TRUSTCAST_AGENT_NATS_URL ?? values.NATS_URL,
      user: values.TRUSTCAST_AGENT_NATS_USER ?? null,
      password: values.TRUSTCAST_AGENT_NATS_PASSWORD ?? null,
    },
    host: values.TRUSTCAST_HOST,
    port: values.TRUSTCAST_PORT,
    tls:
      values.TRUSTCAST_TLS_CERTIFICATE_FILE === undefined || values.TRUSTCAST_TLS_KEY_FILE === undefined
        ? null
        : { certificateFile: values.TRUSTCAST_TLS_CERTIFICATE_FILE, keyFile: values.TRUSTCAST_TLS_KEY_FILE },
    trustedProxies: values.TRUSTCAST_TRUSTED_PROXIES ?? [],
    corsOrigins: values.TRUSTCAST_CORS_ORIGINS ?? [],
    rateLimits: {
      tokenPerSecond: values.TRUSTCAST_RATE_LIMIT,
      refusedPerMinute: values.TRUSTCAST_REFUSED_RATE_LIMIT,
    },
    metricsToken: values.TRUSTCAST_METRICS_TOKEN ?? null,
    introspection: values.TRUSTCAST_INTROSPECTION,
    signingKeyFile: values.TRUSTCAST_SIGNING_KEY_FILE,
    signingCommand: values.TRUSTCAST_SIGNING_COMMAND ?? null,
    adminTokenFile: values.TRUSTCAST_ADMIN_TOKEN_FILE ?? null,
    apiTokenMaxDays: values.TRUSTCAST_API_TOKEN_MAX_DAYS ?? null,
    oidc: { issuers: values.TRUSTCAST_OIDC_ISSUERS ?? [], ca: values.TRUSTCAST_OIDC_CA_FILE ?? null },
    migrate: values.TRUSTCAST_MIGRATE,
    retrieval: {
      closed: values.TRUSTCAST_RETRIEVE_REFUSE ?? [],
      proxy: values.TRUSTCAST_RETRIEVE_PROXY ?? null,
      timeoutMs: RETRIEVAL_TIMEOUT_MS,
    },
    retention: {
      idempotencyKeysDays: values.TRUSTCAST_KEEP_IDEMPOTENCY_KEYS_DAYS,
      leftoversDays: values.TRUSTCAST_KEEP_LEFTOVERS_DAYS,
      auditDays: values.TRUSTCAST_KEEP_AUDIT_DAYS ?? null,
    },
    streamReplicas: values.TRUSTCAST_STREAM_REPLICAS,
    logLevel: values.TRUSTCAST_LOG_LEVEL,
  }));
}

/** The parser of nats-server knows other escapes than JSON, and takes a password that starts with `$2a$` for a hash. */
function natsLogin(user: string | undefined, password: string | undefined): NatsUsersSettings['login'] | null {
  const isPlain = (text: string | undefined): text is string => text !== undefined && /^[\w.@:/+=-]+$/.test(text);
  return isPlain(user) && isPlain(password) ? { user, password } : null;
}

function parseNatsServers(text: string): Parsed<readonly string[]> {
  const servers = text.split(',').map((url) => url.trim());
  return servers.every(isNatsServer)
    ? { value: servers }
    : {
        problem: 'must be nats://host:port or tls://host:port without user and password, several separated by commas',
      };
}

function parseRanges(text: string): Parsed<readonly RefusableRange[]> {
  const ranges = commaSeparated(text);
  return ranges.every(isRefusableRange)
    ? { value: ranges }
    : { problem: `must be ${REFUSABLE_RANGES.join(', ')} or ${REFUSABLE_RANGES.join(',')}` };
}

/** No shell reads it: a program that needs more than words is called by a script. */
function parseCommand(text: string): Parsed<readonly string[]> {
  const words = text.trim().split(/\s+/);
  return isAbsolute(words[0] ?? '')
    ? { value: words }
    : { problem: 'must begin with the absolute path of a program; arguments follow, separated by spaces' };
}

function parseOrigins(text: string): Parsed<readonly string[]> {
  const origins = commaSeparated(text);
  return origins.length > 0 && origins.every((origin) => URL.canParse(origin) && new URL(origin).origin === origin)
    ? { value: origins }
    : { problem: 'must be origins such as https://console.example, without a path, separated by commas' };
}

function parseProxies(text: string): Parsed<readonly string[]> {
  const proxies = commaSeparated(text);
  return proxies.length > 0 && proxies.every(isAddressRange)
    ? { value: proxies }
    : { problem: 'must be IP addresses or CIDR ranges such as 10.0.0.0/24, separated by commas' };
}

function isAddressRange(text: string): boolean {
  const [, address = '', bits = '1'] = /^([^/]+)(?:\/([1-9]\d{0,2}))?$/.exec(text) ?? [];
  const version = isIP(address);
  return version !== 0 && !address.includes('%') && Number(bits) <= (version === 6 ? 128 : 32);
}

function isNatsServer(text: string): boolean {
  return /^(nats|tls):\/\/[^/?#@\s]+$/.test(text) && URL.canParse(text.replace(/^[a-z]+/, 'http'));
}

function parseProxy(text: string): Parsed<URL> {
  const problem = 'must be http://[user:password@]host[:port]';
  if (!/^http:\/\/[^/?#\s]+\/?$/.test(text) || !URL.canParse(text)) return { problem };
  const url = new URL(text);
  try {
    decodeURIComponent(url.username + url.password);
    return { value: url };
  } catch {
    return { problem };
  }
}

/** The process's environment: the one place that reads it. */
export function processConfig(): Config {
  return loadConfig(process.env);
}
