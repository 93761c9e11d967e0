import { readFileSync } from 'node:fs';
import { TrustcastError, unknownSettings } from '@trustcast/schema';
import { REFUSABLE_RANGES, isRefusableRange } from './features/retrieval/address-policy.js';
import { DATABASE_CONNECTIONS, LEAST_DATABASE_CONNECTIONS } from './platform/postgres/lane-sizes.js';
import type { Retention } from './platform/postgres/remove-expired.js';
import type { RetrievalSettings } from './features/retrieval/retrieve-chain.js';

export interface NatsSettings {
  readonly servers: readonly string[];
  readonly user: string | null;
  readonly password: string | null;
}

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** A file of nats-server's configuration that the service keeps, and how nats-server is told. */
export interface NatsUsersSettings {
  readonly login: { readonly user: string; readonly password: string };
  readonly file: string;
  readonly pidFile: string | null;
}

const RETRIEVAL_TIMEOUT_MS = 10_000;

export interface Config {
  readonly databaseUrl: string;
  /** Connections that this process holds at most. */
  readonly databaseConnections: number;
  readonly nats: NatsSettings;
  /** null: whoever runs nats-server keeps its users. */
  readonly natsUsers: NatsUsersSettings | null;
  /** What registered agents are told. */
  readonly agentNats: NatsSettings;
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  readonly signingKeyFile: string;
  readonly adminTokenFile: string | null;
  readonly migrate: boolean;
  readonly retrieval: RetrievalSettings;
  readonly retention: Retention;
  /** Of the stream of change events, where JetStream exists. */
  readonly streamReplicas: number;
  readonly logLevel: (typeof LOG_LEVELS)[number];
}

/** Every setting, for `--help` and for the README's table. A secret can also be given as `<name>_FILE`. */
export const SETTINGS = {
  DATABASE_URL: {
    secret: true,
    says: 'URL of the database, PostgreSQL 14 or later with encoding UTF8: postgresql://user:password@host:port/database (required)',
  },
  TRUSTCAST_DATABASE_CONNECTIONS: {
    secret: false,
    says: `maximum number of PostgreSQL connections of one process, ${LEAST_DATABASE_CONNECTIONS} to 1000 (default: ${DATABASE_CONNECTIONS})`,
  },
  NATS_URL: {
    secret: false,
    says: 'URL of nats-server: nats://host:port or tls://host:port, several separated by commas (required)',
  },
  NATS_USER: { secret: false, says: 'NATS user of the service' },
  NATS_PASSWORD: { secret: true, says: 'password of NATS_USER' },
  TRUSTCAST_NATS_USERS_FILE: {
    secret: false,
    says: 'file in which the service maintains the NATS users, one per agent, for an include of nats-server (default: none)',
  },
  TRUSTCAST_NATS_PID_FILE: {
    secret: false,
    says: 'pid_file of nats-server, which receives SIGHUP when the users change (default: none; reload nats-server by other means)',
  },
  TRUSTCAST_AGENT_NATS_URL: { secret: false, says: 'URL at which agents reach NATS (default: NATS_URL)' },
  TRUSTCAST_AGENT_NATS_USER: {
    secret: false,
    says: 'NATS user of all agents, where the service does not maintain one per agent',
  },
  TRUSTCAST_AGENT_NATS_PASSWORD: { secret: true, says: 'password of TRUSTCAST_AGENT_NATS_USER' },
  TRUSTCAST_HOST: { secret: false, says: 'address to listen on (default: 127.0.0.1)' },
  TRUSTCAST_PORT: { secret: false, says: 'port to listen on, 0 for a free one (default: 4000)' },
  TRUSTCAST_SIGNING_KEY_FILE: {
    secret: false,
    says: 'file of the Ed25519 private key that signs statements, PKCS#8 PEM; created by the first start (required)',
  },
  TRUSTCAST_ADMIN_TOKEN_FILE: {
    secret: false,
    says: 'file to which the first start writes the admin token (default: the token is printed once)',
  },
  TRUSTCAST_MIGRATE: { secret: false, says: 'whether serve migrates the database, true or false (default: true)' },
  TRUSTCAST_RETRIEVE_REFUSE: {
    secret: false,
    says: 'address ranges to refuse when certificates are retrieved: private, loopback, or private,loopback; link-local and metadata addresses are always refused',
  },
  TRUSTCAST_RETRIEVE_PROXY: {
    secret: true,
    says: 'HTTP proxy (CONNECT) for retrieving certificates: http://[user:password@]host[:port] (default: none)',
  },
  TRUSTCAST_KEEP_IDEMPOTENCY_KEYS_DAYS: {
    secret: false,
    says: 'days for which idempotency keys are kept, 1 to 3650; a repetition after that is a new request (default: 7)',
  },
  TRUSTCAST_KEEP_LEFTOVERS_DAYS: {
    secret: false,
    says: 'days after which ended JVMs, retired keys and unused bases are deleted, 1 to 3650 (default: 30)',
  },
  TRUSTCAST_STREAM_REPLICAS: {
    secret: false,
    says: 'replicas of the JetStream stream of change events, 1 to 5 (default: 1)',
  },
  TRUSTCAST_LOG_LEVEL: { secret: false, says: `log level: ${LOG_LEVELS.join(', ')} (default: info)` },
} as const;
type Setting = keyof typeof SETTINGS;

/** All that is wrong with the environment, by name and rule; values are never shown. */
export class ConfigError extends TrustcastError {
  constructor(readonly problems: readonly string[]) {
    super(
      'CONFIG_INVALID',
      problems.length === 1
        ? `the configuration is not usable: ${problems[0]}`
        : `the configuration is not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    );
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings; an empty value counts as none.
 *
 * @param readSecret reads the file that a `…_FILE` names
 * @throws ConfigError
 */
export function loadConfig(
  env: Environment,
  readSecret: (file: string) => string = (file) => readFileSync(file, 'utf8'),
): Config {
  const problems = unknownSettings(env).map((name) => `${name}: is not a setting`);
  const given = (name: string) => (env[name] === '' ? undefined : env[name]);
  const read = (name: Setting): string | undefined => {
    const file = SETTINGS[name].secret ? given(`${name}_FILE`) : undefined;
    if (file === undefined) return given(name);
    if (given(name) !== undefined) problems.push(`${name} and ${name}_FILE: set one of them`);
    try {
      return readSecret(file).trim();
    } catch (error) {
      problems.push(`${name}_FILE: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`);
      return undefined;
    }
  };
  const required = (name: Setting, value: string | undefined) => {
    if (value === undefined) problems.push(`${name}: is required`);
    return value ?? '';
  };
  const urls = (name: Setting, text: string) => {
    const servers = text.split(',').map((url) => url.trim());
    if (text !== '' && !servers.every(isNatsServer))
      problems.push(
        `${name}: must be nats://host:port or tls://host:port without user and password, several separated by commas`,
      );
    return servers;
  };
  const account = (servers: readonly string[], userName: Setting, passwordName: Setting): NatsSettings => {
    const [user, password] = [read(userName), read(passwordName)];
    if ((user === undefined) !== (password === undefined))
      problems.push(`${userName}, ${passwordName}: set both or none`);
    return Object.freeze({ servers: Object.freeze(servers), user: user ?? null, password: password ?? null });
  };

  const users = (login: NatsSettings, shared: NatsSettings): NatsUsersSettings | null => {
    const file = read('TRUSTCAST_NATS_USERS_FILE');
    const pidFile = read('TRUSTCAST_NATS_PID_FILE') ?? null;
    if (file === undefined) {
      if (pidFile !== null) problems.push('TRUSTCAST_NATS_PID_FILE: needs TRUSTCAST_NATS_USERS_FILE');
      return null;
    }
    const { user, password } = login;
    // The parser of nats-server knows other escapes than JSON, and takes a password that starts with `$2a$` for a hash.
    const plain = (text: string | null): text is string => text !== null && /^[\w.@:/+=-]+$/.test(text);
    if (shared.user !== null) problems.push('TRUSTCAST_AGENT_NATS_USER, TRUSTCAST_NATS_USERS_FILE: set one of them');
    if (plain(user) && plain(password)) return Object.freeze({ login: { user, password }, file, pidFile });
    problems.push(
      'TRUSTCAST_NATS_USERS_FILE: needs NATS_USER and NATS_PASSWORD of letters, digits and . @ : / + = - _ only',
    );
    return null;
  };

  const databaseUrl = required('DATABASE_URL', read('DATABASE_URL'));
  const databaseProblem = databaseUrl === '' ? undefined : problemInDatabaseUrl(databaseUrl);
  if (databaseProblem !== undefined) problems.push(`DATABASE_URL: ${databaseProblem}`);
  const natsServers = urls('NATS_URL', required('NATS_URL', read('NATS_URL')));
  const agentUrl = read('TRUSTCAST_AGENT_NATS_URL');
  const port = read('TRUSTCAST_PORT') ?? '4000';
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
    problems.push('TRUSTCAST_PORT: must be a number from 0 to 65535');
  const migrate = read('TRUSTCAST_MIGRATE') ?? 'true';
  if (migrate !== 'true' && migrate !== 'false') problems.push('TRUSTCAST_MIGRATE: must be true or false');
  const number = (name: Setting, standard: number, most: number, least = 1) => {
    const text = read(name) ?? String(standard);
    if (!/^\d{1,4}$/.test(text) || Number(text) < least || Number(text) > most)
      problems.push(`${name}: must be a number from ${least} to ${most}`);
    return Number(text);
  };
  const logLevel = read('TRUSTCAST_LOG_LEVEL') ?? 'info';
  if (!LOG_LEVELS.some((level) => level === logLevel))
    problems.push(`TRUSTCAST_LOG_LEVEL: must be one of ${LOG_LEVELS.join(', ')}`);

  const nats = account(natsServers, 'NATS_USER', 'NATS_PASSWORD');
  const agentNats = account(
    agentUrl === undefined ? natsServers : urls('TRUSTCAST_AGENT_NATS_URL', agentUrl),
    'TRUSTCAST_AGENT_NATS_USER',
    'TRUSTCAST_AGENT_NATS_PASSWORD',
  );
  const closed = (read('TRUSTCAST_RETRIEVE_REFUSE') ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (!closed.every(isRefusableRange))
    problems.push(`TRUSTCAST_RETRIEVE_REFUSE: must be ${REFUSABLE_RANGES.join(', ')} or ${REFUSABLE_RANGES.join(',')}`);
  const proxyUrl = read('TRUSTCAST_RETRIEVE_PROXY');
  const proxy = proxyUrl === undefined ? null : proxyOf(proxyUrl);
  if (proxy === undefined) problems.push('TRUSTCAST_RETRIEVE_PROXY: must be http://[user:password@]host[:port]');

  const config: Config = Object.freeze({
    databaseUrl: withPlainSslMode(databaseUrl),
    databaseConnections: number(
      'TRUSTCAST_DATABASE_CONNECTIONS',
      DATABASE_CONNECTIONS,
      1_000,
      LEAST_DATABASE_CONNECTIONS,
    ),
    nats,
    natsUsers: users(nats, agentNats),
    agentNats,
    host: read('TRUSTCAST_HOST') ?? '127.0.0.1',
    port: Number(port),
    signingKeyFile: required('TRUSTCAST_SIGNING_KEY_FILE', read('TRUSTCAST_SIGNING_KEY_FILE')),
    adminTokenFile: read('TRUSTCAST_ADMIN_TOKEN_FILE') ?? null,
    migrate: migrate === 'true',
    retrieval: Object.freeze({
      closed: Object.freeze(closed.filter(isRefusableRange)),
      proxy: proxy ?? null,
      timeoutMs: RETRIEVAL_TIMEOUT_MS,
    }),
    retention: Object.freeze({
      idempotencyKeysDays: number('TRUSTCAST_KEEP_IDEMPOTENCY_KEYS_DAYS', 7, 3_650),
      leftoversDays: number('TRUSTCAST_KEEP_LEFTOVERS_DAYS', 30, 3_650),
    }),
    streamReplicas: number('TRUSTCAST_STREAM_REPLICAS', 1, 5),
    logLevel: logLevel as Config['logLevel'],
  });
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

function isNatsServer(text: string): boolean {
  return /^(nats|tls):\/\/[^/?#@\s]+$/.test(text) && URL.canParse(text.replace(/^[a-z]+/, 'http'));
}

/**
 * What node-postgres does with these modes is verify-full, of which it warns over several lines at each connection; by this
 * name it does the same and says nothing. `uselibpqcompat=true` asks for what libpq does.
 */
function withPlainSslMode(url: string): string {
  if (/[?&]uselibpqcompat=true(&|$)/.test(url)) return url;
  return url.replace(/([?&]sslmode=)(prefer|require|verify-ca)(?=&|$)/g, '$1verify-full');
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

function proxyOf(text: string): URL | undefined {
  if (!/^http:\/\/[^/?#\s]+\/?$/.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  try {
    decodeURIComponent(url.username + url.password);
    return url;
  } catch {
    return undefined;
  }
}

/** The process's environment: the one place that reads it. */
export function processConfig(): Config {
  return loadConfig(process.env);
}
