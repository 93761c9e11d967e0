import { readFileSync } from 'node:fs';
import { trustedAuthorities } from '@trustcast/http-client';
import { unknownSettings } from '@trustcast/schema';
import { ConfigError } from './errors.js';

/** Every setting, for `--help` and for the README's table. A secret can also be given as `<name>_FILE`. */
export const SETTINGS = {
  TRUSTCAST_URL: { secret: false, says: 'URL of the Trustcast service, http(s) (required)' },
  TRUSTCAST_TOKEN: { secret: true, says: 'API token (required)' },
  TRUSTCAST_CA_FILE: { secret: false, says: 'PEM file of CAs to trust in addition to the public ones' },
} as const;

export interface Config {
  readonly url: URL;
  readonly token: string;
  /** Where the token was read from: a setting, or a file. */
  readonly tokenFrom: string;
  /** PEM of CAs that are trusted beside Node's; null for Node's alone. */
  readonly ca: string | null;
}

type Environment = Readonly<Record<string, string | undefined>>;

const NAMES = Object.entries(SETTINGS).flatMap(([name, { secret }]) => (secret ? [name, `${name}_FILE`] : [name]));

/**
 * Reads the settings; an empty one counts as none.
 *
 * @throws ConfigError naming all problems at once
 */
export function loadConfig(
  settings: Environment,
  { readFile = (path: string) => readFileSync(path, 'utf8') } = {},
): Config {
  const problems = unknownSettings(settings).map((name) => `${name} is not a setting; there are ${NAMES.join(', ')}`);
  const text = (name: string): string | undefined => (settings[name] === '' ? undefined : settings[name]);

  const given = text('TRUSTCAST_URL');
  const url = given !== undefined && URL.canParse(given) ? new URL(given) : undefined;
  if (given === undefined)
    problems.push('TRUSTCAST_URL is required: the URL of the service, such as https://trustcast.example');
  else if (!url || !['http:', 'https:'].includes(url.protocol) || url.username || url.search)
    problems.push('TRUSTCAST_URL must be an http or https URL without user and query');

  const file = text('TRUSTCAST_TOKEN_FILE');
  let token = text('TRUSTCAST_TOKEN');
  if (file !== undefined && token !== undefined)
    problems.push('TRUSTCAST_TOKEN and TRUSTCAST_TOKEN_FILE contradict each other');
  else if (file !== undefined)
    try {
      token = readFile(file).trim();
    } catch (error) {
      problems.push(unreadable('TRUSTCAST_TOKEN_FILE (--token-file)', file, error));
    }
  else if (token === undefined)
    problems.push('TRUSTCAST_TOKEN or TRUSTCAST_TOKEN_FILE is required: the first start of the service printed one');
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token))
    problems.push(
      `${file === undefined ? 'TRUSTCAST_TOKEN' : `the token in ${file}`} must be printable ASCII without spaces`,
    );
  const caFile = text('TRUSTCAST_CA_FILE');
  let ca: string | null = null;
  if (caFile !== undefined)
    try {
      ca = readFile(caFile);
      trustedAuthorities(ca);
    } catch (error) {
      problems.push(
        ca === null
          ? unreadable('TRUSTCAST_CA_FILE', caFile, error)
          : `TRUSTCAST_CA_FILE: ${caFile} must hold certificates in PEM`,
      );
    }
  if (problems.length > 0 || !url || token === undefined) throw new ConfigError(problems);
  const tokenFrom = file === undefined ? 'TRUSTCAST_TOKEN' : `the file ${file}`;
  return Object.freeze({ url, token, tokenFrom, ca });
}

/** A path is no secret, unless somebody gave the token in its place. */
function unreadable(setting: string, path: string, error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
  return /^tc[ah]_/.test(path)
    ? `${setting} must be the path of a file, and is a token`
    : `${setting}: ${path} cannot be read (${code})`;
}

/** The process's environment. */
export function environment(): Environment {
  return process.env;
}
