import { delimiter, isAbsolute, resolve } from 'node:path';
import {
  type Environment,
  LOG_LEVELS,
  type LogLevel,
  type Parsed,
  type SettingNames,
  absolutePath,
  commaSeparated,
  flagsOf,
  httpUrl,
  oneOf,
  readSettings,
  settingNames,
  token,
  truth,
} from '@trustcast/config';
import { parseAuthorities } from '@trustcast/http-client';
import { isPkcs12Password } from '@trustcast/keystore';
import { ENVIRONMENT_NAME_RULE, isEnvironmentName } from '@trustcast/schema';
import { type Selector, parseSelector } from './jvms/attach/selector.js';
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
  /** Whether NATS may be reached without TLS on another machine. */
  readonly allowPlainNats: boolean;
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

/** Every setting: how it is read, and what `--help` and the README say of it. A flag is the name without the prefix. */
export const SETTINGS = {
  TRUSTCAST_SERVICE_URL: { says: 'URL of the Trustcast service, http(s) (required by run)', parse: httpUrl },
  TRUSTCAST_AGENT_TOKEN: { secret: true, says: 'token of the agent (required by run)', parse: token },
  TRUSTCAST_CA_FILE: {
    content: true,
    says: 'PEM file of CAs to trust in addition to the public ones, for TLS to the service and NATS',
    parse: parseAuthorities,
  },
  TRUSTCAST_ALLOW_PLAIN_NATS: {
    says: 'whether NATS may be reached without TLS on another machine, true or false',
    parse: truth,
    standard: 'false',
  },
  TRUSTCAST_PINNED_KEYS: {
    says: "thumbprints of the service's signing keys to accept, separated by commas (required by run)",
    parse: parsePins,
  },
  TRUSTCAST_ENVIRONMENT: { says: 'name of the environment', parse: parseEnvironment, standard: 'apimanager' },
  TRUSTCAST_DIRECTORY: {
    says: 'directory of the agent: truststore, state and JVM statuses (default: /var/lib/trustcast/<environment>)',
    parse: absolutePath,
  },
  TRUSTCAST_BASE: {
    says: 'CAs to merge the managed certificates with: jvm:<java home>, file:<path> or none (default: the JVM of JAVA_HOME, or java on PATH)',
    parse: parseBase,
  },
  TRUSTCAST_BASE_PASSWORD: { secret: true, says: 'password of the base keystore' },
  TRUSTCAST_TRUSTSTORE_PASSWORD: {
    secret: true,
    says: 'password for a MAC over the truststore, for readers that require one',
    parse: parseTruststorePassword,
  },
  TRUSTCAST_PEM_BUNDLE: {
    says: 'whether to write truststore.pem as well, for programs that are not Java',
    parse: truth,
    standard: 'false',
  },
  TRUSTCAST_JVM_AGENT_JAR: {
    says: 'path of trustcast-jvm.jar as the JVMs see it (required to attach)',
    parse: absolutePath,
  },
  TRUSTCAST_ATTACH: {
    says: 'JVMs to attach, such as uid=1000;command=text;pid=4242 (default: none)',
    parse: parseAttach,
  },
  TRUSTCAST_LOG_LEVEL: { says: `log level: ${LOG_LEVELS.join(', ')}`, parse: oneOf(LOG_LEVELS), standard: 'info' },
} as const;
export type Setting = SettingNames<typeof SETTINGS>;

const ALL = settingNames(SETTINGS);
const DIRECTORY_SETTINGS = ['TRUSTCAST_ENVIRONMENT', 'TRUSTCAST_DIRECTORY'] as const satisfies readonly Setting[];
const ATTACH_SETTINGS = ['TRUSTCAST_JVM_AGENT_JAR', 'TRUSTCAST_ATTACH'] as const satisfies readonly Setting[];

/** What a command reads: all settings, those that lead to its directory, or also those that lead to JVMs. */
export const SETTINGS_OF = {
  all: ALL,
  directory: DIRECTORY_SETTINGS,
  jvms: [...DIRECTORY_SETTINGS, ...ATTACH_SETTINGS],
  doctor: ALL.filter((name) => name !== 'TRUSTCAST_LOG_LEVEL'),
} as const satisfies Readonly<Record<string, readonly Setting[]>>;

/** Flags by name, without the settings that must not be seen in a process list. */
export const FLAGS = flagsOf(SETTINGS);

/** Whether a command asks the service: with `if-told`, only where everything for that is set. */
export type NeedsService = 'yes' | 'if-told' | 'no';

export interface LoadOptions {
  readonly needsService?: NeedsService;
  readonly flags?: Readonly<Partial<Record<Setting, string>>>;
  readonly readFile?: (path: string) => string;
}

const TO_REACH_THE_SERVICE = ['TRUSTCAST_SERVICE_URL', 'TRUSTCAST_AGENT_TOKEN', 'TRUSTCAST_PINNED_KEYS'] as const;

/**
 * Reads the configuration; a flag wins over the environment.
 *
 * @throws ConfigError naming all problems at once
 */
export function loadConfig(
  environment: Environment,
  { needsService = 'no', ...options }: LoadOptions = {},
): Readonly<Config> {
  const isSet = (name: Setting) => Boolean(options.flags?.[name] ?? environment[name]);
  const isTold =
    isSet('TRUSTCAST_SERVICE_URL') &&
    (isSet('TRUSTCAST_AGENT_TOKEN') || isSet('TRUSTCAST_AGENT_TOKEN_FILE')) &&
    isSet('TRUSTCAST_PINNED_KEYS');
  const asksService = needsService === 'yes' || (needsService === 'if-told' && isTold);
  const settings = readSettings(SETTINGS, environment, {
    ...options,
    ...(asksService
      ? { required: TO_REACH_THE_SERVICE }
      : { unread: [...TO_REACH_THE_SERVICE, 'TRUSTCAST_CA_FILE', 'TRUSTCAST_ALLOW_PLAIN_NATS'] as const }),
  });
  if (settings.values.TRUSTCAST_ATTACH?.length && !settings.has('TRUSTCAST_JVM_AGENT_JAR'))
    settings.problem('TRUSTCAST_ATTACH needs TRUSTCAST_JVM_AGENT_JAR');
  return settings.finish((values) => ({
    environment: values.TRUSTCAST_ENVIRONMENT,
    directory: resolve(values.TRUSTCAST_DIRECTORY ?? `/var/lib/trustcast/${values.TRUSTCAST_ENVIRONMENT}`),
    base: values.TRUSTCAST_BASE ?? baseOf(environment),
    basePassword: values.TRUSTCAST_BASE_PASSWORD,
    truststorePassword: values.TRUSTCAST_TRUSTSTORE_PASSWORD,
    pemBundle: values.TRUSTCAST_PEM_BUNDLE,
    jvmAgentJar: values.TRUSTCAST_JVM_AGENT_JAR,
    attach: values.TRUSTCAST_ATTACH ?? [],
    logLevel: values.TRUSTCAST_LOG_LEVEL,
    systemd: systemdOf(environment),
    service: asksService
      ? {
          url: values.TRUSTCAST_SERVICE_URL,
          token: values.TRUSTCAST_AGENT_TOKEN,
          pinnedKeys: values.TRUSTCAST_PINNED_KEYS,
          ca: values.TRUSTCAST_CA_FILE ?? null,
          allowPlainNats: values.TRUSTCAST_ALLOW_PLAIN_NATS,
        }
      : undefined,
  }));
}

/** The base where none is set: the CAs of the JVM that a shell would run. */
function baseOf({ JAVA_HOME: home, PATH: path = '' }: Environment): BaseSource {
  if (home) return { kind: 'jvm', home };
  return { kind: 'jvm-on-path', path: path.split(delimiter).filter((folder) => folder !== '') };
}

function parseBase(text: string): Parsed<BaseSource> {
  if (text === 'none') return { value: { kind: 'none' } };
  const [, kind, path = ''] = /^(jvm|file):(.+)$/.exec(text) ?? [];
  if (!isAbsolute(path)) return { problem: 'must be jvm:<absolute path>, file:<absolute path> or none' };
  return { value: kind === 'jvm' ? { kind, home: path } : { kind: 'file', path } };
}

function parseAttach(text: string): Parsed<readonly Selector[]> {
  const parts = text.split(';').filter((part) => part.trim() !== '');
  const selectors = parts.flatMap((part) => parseSelector(part) ?? []);
  return selectors.length === parts.length
    ? { value: selectors }
    : { problem: 'must be uid=<number>, pid=<number> or command=<text>, separated by ;' };
}

function parsePins(text: string): Parsed<readonly string[]> {
  const pins = commaSeparated(text);
  return pins.length > 0 && pins.every((pin) => /^[A-Za-z0-9_-]{43}$/.test(pin))
    ? { value: pins }
    : { problem: 'must be RFC 7638 SHA-256 thumbprints (43 characters), separated by commas' };
}

function parseEnvironment(text: string): Parsed<string> {
  return isEnvironmentName(text) ? { value: text } : { problem: ENVIRONMENT_NAME_RULE };
}

function parseTruststorePassword(text: string): Parsed<string> {
  return isPkcs12Password(text) ? { value: text } : { problem: 'must be printable ASCII, at least one character' };
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

/** The process's environment: the settings, and what the default of the base is looked up in. */
export function environment(): Environment {
  return process.env;
}
