import { type Environment, httpUrl, readSettings, token } from '@trustcast/config';
import { parseAuthorities } from '@trustcast/http-client';

/** Every setting: how it is read, and what `--help` and the README say of it. */
export const SETTINGS = {
  TRUSTCAST_URL: {
    required: true,
    hint: 'the URL of the service, such as https://trustcast.example',
    says: 'URL of the Trustcast service, http(s)',
    parse: httpUrl,
  },
  TRUSTCAST_TOKEN: {
    secret: true,
    says: 'API token (default: the sign-in of trustcast login)',
    parse: token,
  },
  TRUSTCAST_CA_FILE: {
    content: true,
    says: 'PEM file of CAs to trust in addition to the public ones',
    parse: parseAuthorities,
  },
} as const;

export interface Config {
  readonly url: URL;
  /** null: whoever is signed in. */
  readonly token: string | null;
  /** Where the token comes from: a setting, a file, or a sign-in. */
  readonly tokenFrom: string;
  /** PEM of CAs that are trusted beside Node's; null for Node's alone. */
  readonly ca: string | null;
}

export interface LoadOptions {
  readonly flags?: Readonly<Partial<Record<'TRUSTCAST_URL' | 'TRUSTCAST_TOKEN_FILE', string>>>;
}

/**
 * Reads the configuration of `trustcast`; a flag wins over the environment.
 *
 * @throws ConfigError naming all problems at once
 */
export function loadConfig(environment: Environment, { flags = {} }: LoadOptions = {}): Readonly<Config> {
  const settings = readSettings(SETTINGS, environment, {
    flags,
    label: (name) => (name === 'TRUSTCAST_TOKEN_FILE' ? `${name} (--token-file)` : name),
  });
  const file = settings.fileOf('TRUSTCAST_TOKEN');
  return settings.finish((values) => ({
    url: values.TRUSTCAST_URL,
    token: values.TRUSTCAST_TOKEN ?? null,
    tokenFrom:
      values.TRUSTCAST_TOKEN === undefined ? 'trustcast login' : file === null ? 'TRUSTCAST_TOKEN' : `the file ${file}`,
    ca: values.TRUSTCAST_CA_FILE ?? null,
  }));
}

/** The process's environment. */
export function environment(): Environment {
  return process.env;
}
