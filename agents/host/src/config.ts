import { delimiter, isAbsolute, join, resolve } from 'node:path';
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
  integer,
  isSingleExecutable,
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
import { JAR_NAME } from './jvms/attach/jar-name.js';
import { type Enrollment, readEnrollment } from './state/enrollment-store.js';
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
  /** Token of an agent that was created with one; null where the host is enrolled and signs its requests. */
  readonly token: string | null;
  /** Installation that the host is enrolled at; null with a token. */
  readonly installation: string | null;
  /** Ids of roots that say which keys sign, and RFC 7638 thumbprints of keys that are believed themselves. */
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
  /** Age at which an enrolled host renews its key, in days; 0: never by itself. */
  readonly keyDays: number;
  readonly logLevel: LogLevel;
  /** Null where no service manager has started this process. */
  readonly systemd: SystemdAccess | null;
  /** Present only where it was asked for. */
  readonly service: ServiceAccess | undefined;
  /** What `enroll` was given; undefined for every other command. */
  readonly enrolling: Enrolling | undefined;
}

/** How a host enrolls. */
export interface Enrolling {
  /** As it was enrolled before; null: it was not. */
  readonly before: Enrollment | null;
  readonly url: URL | undefined;
  readonly ca: string | null;
  /** Pins in the place of the token's; undefined for that one. */
  readonly pinnedKeys: readonly string[] | undefined;
  /** Undefined where it is not needed. */
  readonly token: string | undefined;
  /** File that held the token, and is deleted; null where it came otherwise. */
  readonly tokenFile: string | null;
  readonly name: string | undefined;
  readonly newKey: boolean;
}

/** Every setting: how it is read, and what `--help` and the README say of it. A flag is the name without the prefix. */
export const SETTINGS = {
  TRUSTCAST_SERVICE_URL: {
    says: 'URL of the Trustcast service, http(s) (required by enroll, and by run on a host that is not enrolled)',
    parse: httpUrl,
  },
  TRUSTCAST_ENROLLMENT_TOKEN: {
    secret: true,
    says: 'enrollment token (required by enroll, which also takes --token and --token-file)',
    parse: token,
  },
  TRUSTCAST_NAME: { says: 'name of the agent in its environment, read by enroll (default: the host name)' },
  TRUSTCAST_AGENT_TOKEN: {
    secret: true,
    says: 'token of an agent that was created with one (deprecated: enroll the host)',
    hint: 'the host is not enrolled: run trustcast-agent enroll, or set the token of createAgent',
    parse: token,
  },
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
    says: 'id of the root that names the signing keys of the service, or thumbprints of these keys, separated by commas (default on an enrolled host: as it was enrolled)',
    parse: parsePins,
  },
  TRUSTCAST_KEY_DAYS: {
    says: 'days after which an enrolled host renews its key, 0 for never',
    parse: integer(0, 3_650),
    standard: '90',
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
    says: 'path of trustcast-jvm.jar as the JVMs see it (required to attach; default of the single executable: the jar in the directory of the agent, where it writes its own)',
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
  enroll: [
    'TRUSTCAST_SERVICE_URL',
    'TRUSTCAST_ENROLLMENT_TOKEN',
    'TRUSTCAST_NAME',
    'TRUSTCAST_CA_FILE',
    'TRUSTCAST_PINNED_KEYS',
    ...DIRECTORY_SETTINGS,
  ],
} as const satisfies Readonly<Record<string, readonly Setting[]>>;

/** Flags by name, without the settings that must not be seen in a process list. */
export const FLAGS = flagsOf(SETTINGS);

/** Whether a command asks the service: with `if-told`, only where everything for that is set. */
export type NeedsService = 'yes' | 'if-told' | 'no' | 'enroll';

export interface LoadOptions {
  readonly needsService?: NeedsService;
  readonly flags?: Readonly<Partial<Record<Setting, string>>>;
  readonly readFile?: (path: string) => string;
  /** How the state directory of an enrolled host is read. */
  readonly readEnrollment?: (stateDirectory: string) => Enrollment | null;
  /** Whether `enroll` makes another key than the one that the host has. */
  readonly newKey?: boolean;
  /** Whether the agent has a jar of its own, which it unpacks. */
  readonly hasJar?: boolean;
}

const TO_REACH_THE_SERVICE = ['TRUSTCAST_SERVICE_URL', 'TRUSTCAST_AGENT_TOKEN', 'TRUSTCAST_PINNED_KEYS'] as const;

/**
 * Reads the configuration of the agent; a flag wins over the environment.
 *
 * @throws ConfigError naming all problems at once
 */
export function loadConfig(
  environment: Environment,
  {
    needsService = 'no',
    readEnrollment: read = readEnrollment,
    newKey = false,
    hasJar = isSingleExecutable,
    ...options
  }: LoadOptions = {},
): Readonly<Config> {
  const isSet = (name: Setting) => Boolean(options.flags?.[name] ?? environment[name]);
  const enrollment = needsService === 'no' ? null : read(join(directoryOf(environment, options.flags), 'state'));
  const isTold =
    isSet('TRUSTCAST_SERVICE_URL') &&
    (isSet('TRUSTCAST_AGENT_TOKEN') || isSet('TRUSTCAST_AGENT_TOKEN_FILE')) &&
    isSet('TRUSTCAST_PINNED_KEYS');
  const enrolls = needsService === 'enroll';
  const asksService = needsService === 'yes' || (needsService === 'if-told' && (isTold || enrollment !== null));
  const needsToken = enrolls && (enrollment === null || newKey);
  const settings = readSettings(SETTINGS, environment, {
    ...options,
    ...(enrolls && {
      required: needsToken ? (['TRUSTCAST_SERVICE_URL', 'TRUSTCAST_ENROLLMENT_TOKEN'] as const) : [],
      unread: ['TRUSTCAST_AGENT_TOKEN', ...(needsToken ? [] : (['TRUSTCAST_ENROLLMENT_TOKEN'] as const))] as const,
    }),
    ...(!enrolls && {
      required: asksService && enrollment === null ? TO_REACH_THE_SERVICE : [],
      unread: asksService
        ? ([
            'TRUSTCAST_ENROLLMENT_TOKEN',
            'TRUSTCAST_NAME',
            ...(enrollment ? (['TRUSTCAST_AGENT_TOKEN'] as const) : []),
          ] as const)
        : ([
            ...TO_REACH_THE_SERVICE,
            'TRUSTCAST_ENROLLMENT_TOKEN',
            'TRUSTCAST_NAME',
            'TRUSTCAST_CA_FILE',
            'TRUSTCAST_ALLOW_PLAIN_NATS',
          ] as const),
    }),
  });
  if (settings.values.TRUSTCAST_ATTACH?.length && !hasJar && !settings.has('TRUSTCAST_JVM_AGENT_JAR'))
    settings.problem('TRUSTCAST_ATTACH needs TRUSTCAST_JVM_AGENT_JAR');
  const directory = directoryOf(environment, options.flags);
  return settings.finish((values) => ({
    environment: values.TRUSTCAST_ENVIRONMENT,
    directory,
    base: values.TRUSTCAST_BASE ?? baseOf(environment),
    basePassword: values.TRUSTCAST_BASE_PASSWORD,
    truststorePassword: values.TRUSTCAST_TRUSTSTORE_PASSWORD,
    pemBundle: values.TRUSTCAST_PEM_BUNDLE,
    jvmAgentJar: values.TRUSTCAST_JVM_AGENT_JAR ?? (hasJar ? join(directory, JAR_NAME) : undefined),
    attach: values.TRUSTCAST_ATTACH ?? [],
    keyDays: values.TRUSTCAST_KEY_DAYS,
    logLevel: values.TRUSTCAST_LOG_LEVEL,
    systemd: systemdOf(environment),
    service: asksService ? accessOf(settings.values, enrollment) : undefined,
    enrolling: enrolls
      ? {
          before: enrollment,
          url: values.TRUSTCAST_SERVICE_URL,
          ca: values.TRUSTCAST_CA_FILE ?? null,
          pinnedKeys: values.TRUSTCAST_PINNED_KEYS,
          token: values.TRUSTCAST_ENROLLMENT_TOKEN,
          tokenFile: textOf('TRUSTCAST_ENROLLMENT_TOKEN_FILE', environment, options.flags) ?? null,
          name: values.TRUSTCAST_NAME,
          newKey,
        }
      : undefined,
  }));
}

type Flags = LoadOptions['flags'];

/** Settings win over what the host enrolled with: a service may move, and pins change. */
function accessOf(
  values: {
    readonly TRUSTCAST_SERVICE_URL?: URL | undefined;
    readonly TRUSTCAST_AGENT_TOKEN?: string | undefined;
    readonly TRUSTCAST_PINNED_KEYS?: readonly string[] | undefined;
    readonly TRUSTCAST_CA_FILE?: string | undefined;
    readonly TRUSTCAST_ALLOW_PLAIN_NATS?: boolean | undefined;
  },
  enrollment: Enrollment | null,
): ServiceAccess {
  return {
    url: values.TRUSTCAST_SERVICE_URL ?? new URL(enrollment?.serviceUrl ?? 'http://localhost'),
    token: enrollment ? null : (values.TRUSTCAST_AGENT_TOKEN ?? null),
    installation: enrollment?.installation ?? null,
    pinnedKeys: values.TRUSTCAST_PINNED_KEYS ?? enrollment?.pinnedKeys ?? [],
    ca: values.TRUSTCAST_CA_FILE ?? enrollment?.ca ?? null,
    allowPlainNats: values.TRUSTCAST_ALLOW_PLAIN_NATS ?? false,
  };
}

/** The directory, before its setting is checked: what the host is enrolled at lies there. */
function directoryOf(environment: Environment, flags: Flags): string {
  const directory = textOf('TRUSTCAST_DIRECTORY', environment, flags);
  return resolve(directory ?? defaultDirectory(textOf('TRUSTCAST_ENVIRONMENT', environment, flags) ?? 'apimanager'));
}

/** The text of a setting; an empty one counts as none. */
function textOf(name: Setting, environment: Environment, flags: Flags): string | undefined {
  return [flags?.[name], environment[name]].find((text) => text !== undefined && text !== '');
}

function defaultDirectory(environment: string): string {
  return `/var/lib/trustcast/${environment}`;
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
    : { problem: 'must be ids of roots or RFC 7638 SHA-256 thumbprints (43 characters), separated by commas' };
}

function parseEnvironment(text: string): Parsed<string> {
  return isEnvironmentName(text) ? { value: text } : { problem: ENVIRONMENT_NAME_RULE };
}

function parseTruststorePassword(text: string): Parsed<string> {
  return isPkcs12Password(text) ? { value: text } : { problem: 'must be printable ASCII, at least one character' };
}

/** Reads the variables of sd_notify(3) and sd_watchdog_enabled(3), unless they address another process. */
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
