import { readFileSync } from 'node:fs';
import { delimiter, isAbsolute, resolve } from 'node:path';
import { trustedAuthorities } from '@trustcast/http-client';
import { isPkcs12Password } from '@trustcast/keystore';
import { MalformedError, parseEnvironmentName, unknownSettings } from '@trustcast/schema';
import { ConfigError } from './errors.js';
import { type Selector, parseSelector } from './jvms/attach/selector.js';
import { LOG_LEVELS, type LogLevel } from './log.js';
import type { SystemdAccess } from './systemd/notifier.js';

/** Where the CAs come from that managed certificates are merged with. */
export type BaseSource =
  | { readonly kind: 'jvm'; readonly home: string }
  | { readonly kind: 'jvm-on-path'; readonly path: readonly string[] }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'none' };

/** How to reach the service, as `run` needs it. */
export interface ServiceAccess {
  readonly url: URL;
  readonly token: string;
  /** RFC 7638 thumbprints of the signing keys that are believed. */
  readonly pinnedKeys: readonly string[];
  /** PEM of CAs that are trusted beside Node's, for the service and for NATS over TLS; null for Node's alone. */
  readonly ca: string | null;
}

export interface Config {
  readonly environment: string;
  readonly directory: string;
  readonly base: BaseSource;
  readonly basePassword: string | undefined;
  /** Of the MAC of the truststore; undefined: it has none. */
  readonly truststorePassword: string | undefined;
  readonly pemBundle: boolean;
  readonly jvmAgentJar: string | undefined;
  readonly attach: readonly Selector[];
  readonly logLevel: LogLevel;
  /** Null where no service manager has started this process. */
  readonly systemd: SystemdAccess | null;
  /** Present only where it was asked for. */
  readonly service: ServiceAccess | undefined;
}

/** Every setting, with what it means. A flag is the name without the prefix: `TRUSTCAST_SERVICE_URL` is `--service-url`. */
export const SETTINGS = {
  TRUSTCAST_SERVICE_URL: 'URL of the Trustcast service, http(s) (required by run)',
  TRUSTCAST_AGENT_TOKEN: 'token of the agent, environment variable only (required by run, or its file)',
  TRUSTCAST_AGENT_TOKEN_FILE: 'file that holds the token of the agent (required by run, or the token)',
  TRUSTCAST_CA_FILE: 'PEM file of CAs to trust in addition to the public ones, for TLS to the service and NATS',
  TRUSTCAST_PINNED_KEYS: "thumbprints of the service's signing keys to accept, separated by commas (required by run)",
  TRUSTCAST_ENVIRONMENT: 'name of the environment (default: apimanager)',
  TRUSTCAST_DIRECTORY:
    'directory of the agent: truststore, state and JVM statuses (default: /var/lib/trustcast/<environment>)',
  TRUSTCAST_BASE:
    'CAs to merge the managed certificates with: jvm:<java home>, file:<path> or none (default: the JVM of JAVA_HOME, or java on PATH)',
  TRUSTCAST_BASE_PASSWORD: 'password of the base keystore (environment variable only)',
  TRUSTCAST_BASE_PASSWORD_FILE: 'file that holds the password of the base keystore',
  TRUSTCAST_TRUSTSTORE_PASSWORD:
    'password for a MAC over the truststore, for readers that require one (environment variable only)',
  TRUSTCAST_TRUSTSTORE_PASSWORD_FILE: 'file that holds the password for that MAC',
  TRUSTCAST_PEM_BUNDLE: 'whether to write truststore.pem as well, for programs that are not Java (default: false)',
  TRUSTCAST_JVM_AGENT_JAR: 'path of trustcast-jvm.jar as the JVMs see it (required to attach)',
  TRUSTCAST_ATTACH: 'JVMs to attach, such as uid=1000;command=text;pid=4242 (default: none)',
  TRUSTCAST_LOG_LEVEL: `log level: ${LOG_LEVELS.join(', ')} (default: info)`,
} as const;
export type Setting = keyof typeof SETTINGS;

const DIRECTORY_SETTINGS = ['TRUSTCAST_ENVIRONMENT', 'TRUSTCAST_DIRECTORY'] as const satisfies readonly Setting[];
const ATTACH_SETTINGS = ['TRUSTCAST_JVM_AGENT_JAR', 'TRUSTCAST_ATTACH'] as const satisfies readonly Setting[];

/** What a command reads: all settings, those that lead to its directory, or also those that lead to JVMs. */
export const SETTINGS_OF = {
  all: Object.keys(SETTINGS) as readonly Setting[],
  directory: DIRECTORY_SETTINGS,
  jvms: [...DIRECTORY_SETTINGS, ...ATTACH_SETTINGS],
  doctor: (Object.keys(SETTINGS) as readonly Setting[]).filter((name) => name !== 'TRUSTCAST_LOG_LEVEL'),
} as const satisfies Readonly<Record<string, readonly Setting[]>>;

const SECRETS = ['TRUSTCAST_AGENT_TOKEN', 'TRUSTCAST_BASE_PASSWORD', 'TRUSTCAST_TRUSTSTORE_PASSWORD'] as const;

/** Flags by name, without the settings that must not be seen in a process list. */
export const FLAGS: ReadonlyMap<string, Setting> = new Map(
  (Object.keys(SETTINGS) as Setting[])
    .filter((name) => !SECRETS.some((secret) => secret === name))
    .map((name) => [name.slice('TRUSTCAST_'.length).toLowerCase().replaceAll('_', '-'), name]),
);

export type Environment = Readonly<Record<string, string | undefined>>;

/** Whether a command asks the service: with `if-told`, only where everything for that is set. */
export type NeedsService = 'yes' | 'if-told' | 'no';

export interface LoadOptions {
  readonly needsService?: NeedsService;
  readonly readFile?: (path: string) => string;
}

/**
 * Reads the configuration. `settings` are the environment's variables; flags were laid over them by the caller.
 *
 * @throws ConfigError naming all problems at once
 */
export function loadConfig(
  settings: Environment,
  { needsService = 'no', readFile = (path: string) => readFileSync(path, 'utf8') }: LoadOptions = {},
): Config {
  const problems: string[] = [];
  for (const name of unknownSettings(settings)) problems.push(`${name} is not a setting`);

  const text = (name: Setting): string | undefined => (settings[name] === '' ? undefined : settings[name]);
  const secret = (name: (typeof SECRETS)[number]): string | undefined => {
    const file = text(`${name}_FILE`);
    if (file === undefined) return text(name);
    if (text(name) !== undefined) problems.push(`${name} and ${name}_FILE contradict each other`);
    try {
      return readFile(file).replace(/\r?\n$/, '');
    } catch (error) {
      problems.push(unreadable(`${name}_FILE`, file, error));
      return undefined;
    }
  };
  const absolute = (name: Setting): string | undefined => {
    const path = text(name);
    if (path !== undefined && !isAbsolute(path)) problems.push(`${name} must be an absolute path`);
    return path;
  };

  const authorities = (file: string | undefined): string | null => {
    if (file === undefined) return null;
    let pem: string | null = null;
    try {
      pem = readFile(file);
      trustedAuthorities(pem);
    } catch (error) {
      problems.push(
        pem === null
          ? unreadable('TRUSTCAST_CA_FILE', file, error)
          : `TRUSTCAST_CA_FILE: ${file} must hold certificates in PEM`,
      );
    }
    return pem;
  };
  const truth = (name: Setting): boolean => {
    const value = text(name) ?? 'false';
    if (value !== 'true' && value !== 'false') problems.push(`${name} must be true or false`);
    return value === 'true';
  };

  const truststorePassword = secret('TRUSTCAST_TRUSTSTORE_PASSWORD');
  if (truststorePassword !== undefined && !isPkcs12Password(truststorePassword))
    problems.push('TRUSTCAST_TRUSTSTORE_PASSWORD must be printable ASCII, at least one character');

  let environment = 'apimanager';
  try {
    environment = parseEnvironmentName(text('TRUSTCAST_ENVIRONMENT') ?? environment, 'TRUSTCAST_ENVIRONMENT');
  } catch (error) {
    problems.push((error as MalformedError).message);
  }
  const logLevel = text('TRUSTCAST_LOG_LEVEL') ?? 'info';
  if (!LOG_LEVELS.includes(logLevel as LogLevel))
    problems.push(`TRUSTCAST_LOG_LEVEL must be one of ${LOG_LEVELS.join(', ')}`);

  const config: Config = {
    environment,
    directory: resolve(absolute('TRUSTCAST_DIRECTORY') ?? `/var/lib/trustcast/${environment}`),
    base: parseBase(text('TRUSTCAST_BASE'), settings, problems),
    basePassword: secret('TRUSTCAST_BASE_PASSWORD'),
    truststorePassword,
    pemBundle: truth('TRUSTCAST_PEM_BUNDLE'),
    jvmAgentJar: absolute('TRUSTCAST_JVM_AGENT_JAR'),
    attach: parseAttach(text('TRUSTCAST_ATTACH'), problems),
    logLevel: logLevel as LogLevel,
    systemd: systemdOf(settings),
    service: parseService(
      {
        url: text('TRUSTCAST_SERVICE_URL'),
        token: secret('TRUSTCAST_AGENT_TOKEN'),
        tokenNamed: text('TRUSTCAST_AGENT_TOKEN_FILE') !== undefined,
        pins: text('TRUSTCAST_PINNED_KEYS'),
        ca: authorities(text('TRUSTCAST_CA_FILE')),
      },
      needsService,
      problems,
    ),
  };
  if (config.attach.length > 0 && config.jvmAgentJar === undefined)
    problems.push('TRUSTCAST_ATTACH needs TRUSTCAST_JVM_AGENT_JAR');
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(config);
}

function parseBase(text: string | undefined, settings: Environment, problems: string[]): BaseSource {
  if (text === undefined) {
    const home = settings.JAVA_HOME;
    if (home) return { kind: 'jvm', home };
    return { kind: 'jvm-on-path', path: (settings.PATH ?? '').split(delimiter).filter((folder) => folder !== '') };
  }
  if (text === 'none') return { kind: 'none' };
  const [, kind, path] = /^(jvm|file):(.+)$/.exec(text) ?? [];
  if (path !== undefined && isAbsolute(path)) return kind === 'jvm' ? { kind, home: path } : { kind: 'file', path };
  problems.push('TRUSTCAST_BASE must be jvm:<absolute path>, file:<absolute path> or none');
  return { kind: 'none' };
}

/** As sd_notify(3) and sd_watchdog_enabled(3) read it: what is meant for another process is not ours. */
function systemdOf({
  NOTIFY_SOCKET: socket,
  WATCHDOG_USEC: usec,
  WATCHDOG_PID: pid,
}: Environment): SystemdAccess | null {
  if (socket === undefined || socket === '') return null;
  const isOurs = pid === undefined || Number(pid) === process.pid;
  const watchdogMs = isOurs && /^[1-9]\d{0,15}$/.test(usec ?? '') ? Number(usec) / 1_000 : null;
  return { socket, watchdogMs };
}

function parseAttach(text: string | undefined, problems: string[]): Selector[] {
  const parts = (text ?? '').split(';').filter((part) => part.trim() !== '');
  return parts.flatMap((part) => {
    const selector = parseSelector(part);
    if (selector) return [selector];
    problems.push('TRUSTCAST_ATTACH must be uid=<number>, pid=<number> or command=<text>, separated by ;');
    return [];
  });
}

function parseService(
  given: {
    url: string | undefined;
    token: string | undefined;
    /** A file is named: what is wrong with that is said already. */
    tokenNamed: boolean;
    pins: string | undefined;
    ca: string | null;
  },
  needed: NeedsService,
  problems: string[],
): ServiceAccess | undefined {
  if (needed === 'no') return undefined;
  if (needed === 'if-told' && [given.url, given.token, given.pins].includes(undefined)) return undefined;
  const url = given.url !== undefined && URL.canParse(given.url) ? new URL(given.url) : undefined;
  if (given.url === undefined) problems.push('TRUSTCAST_SERVICE_URL is required');
  else if (!url || !['http:', 'https:'].includes(url.protocol) || url.username || url.search)
    problems.push('TRUSTCAST_SERVICE_URL must be an http or https URL without user and query');
  if (given.token === undefined && !given.tokenNamed)
    problems.push('TRUSTCAST_AGENT_TOKEN or TRUSTCAST_AGENT_TOKEN_FILE is required');
  else if (given.token !== undefined && !/^[\x21-\x7e]+$/.test(given.token))
    problems.push(`TRUSTCAST_AGENT_TOKEN${given.tokenNamed ? '_FILE' : ''} must hold printable ASCII without spaces`);
  const pinnedKeys = (given.pins ?? '')
    .split(',')
    .map((pin) => pin.trim())
    .filter((pin) => pin !== '');
  if (pinnedKeys.length === 0) problems.push('TRUSTCAST_PINNED_KEYS is required');
  else if (!pinnedKeys.every((pin) => /^[A-Za-z0-9_-]{43}$/.test(pin)))
    problems.push('TRUSTCAST_PINNED_KEYS must be RFC 7638 SHA-256 thumbprints (43 characters), separated by commas');
  if (!url || given.token === undefined) return undefined;
  return Object.freeze({ url, token: given.token, pinnedKeys, ca: given.ca });
}

/** A path is no secret, unless somebody gave the token or a password in its place. */
function unreadable(setting: string, path: string, error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
  return `${setting}:${path.includes('/') ? ` ${path}` : ''} cannot be read (${code})`;
}

/** The process's environment: the settings, and what the default of the base is looked up in. */
export function environment(): Environment {
  return process.env;
}
